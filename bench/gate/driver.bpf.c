/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * A test run repeats one packet. This makes it ten thousand: each round writes the next packet's headers and tail-calls
 * the program under test. Its own cost is in every row and in the bare one beside it. */
#include <bpf/bpf_endian.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>

#include "bench/gate/packets.h"

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, BENCH_PACKETS);
  __type(key, __u32);
  __type(value, struct bench_packet);
} bench_packets SEC(".maps");
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u32);
} bench_next SEC(".maps");
struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u32);
} bench_target SEC(".maps");

struct bench_state {
  __u64 words[2];
};
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1 << 20);
  __type(key, __u32);
  __type(value, struct bench_state);
} bench_floor_states SEC(".maps");

char bench_license[] SEC("license") = "Dual BSD/GPL";

SEC("tc")
int bench_driver(struct __sk_buff* skb) {
  __u32 zero = 0;
  __u32* next = bpf_map_lookup_elem(&bench_next, &zero);
  if (!next) return TC_ACT_SHOT;
  __u32 key = (*next)++;
  struct bench_packet* p = bpf_map_lookup_elem(&bench_packets, &key);
  if (!p) return TC_ACT_SHOT;
  void* data = (void*)(long)skb->data;
  void* end = (void*)(long)skb->data_end;
  if (data + sizeof p->headers > end) return TC_ACT_SHOT;
  __builtin_memcpy(data, p->headers, sizeof p->headers);
  skb->mark = 0;
  bpf_tail_call(skb, &bench_target, 0);
  return TC_ACT_SHOT;
}

SEC("tc")
int bench_bare(struct __sk_buff* skb) { return TC_ACT_UNSPEC; }

/* What any program that keeps state per line pays at least: the hook, one place in memory, one write to it. */
SEC("tc")
int bench_floor(struct __sk_buff* skb) {
  void* data = (void*)(long)skb->data;
  void* end = (void*)(long)skb->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  if ((void*)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP)) return TC_ACT_UNSPEC;
  __u32 key = bpf_ntohl(ip->saddr) & ((1 << 20) - 1);
  struct bench_state* s = bpf_map_lookup_elem(&bench_floor_states, &key);
  if (s) s->words[0]++;
  return TC_ACT_UNSPEC;
}
