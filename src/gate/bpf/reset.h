/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * reject: the packet becomes the RST that answers it (RFC 9293 section 3.10.7.1) and leaves where it came in. Link
 * header, tags and PPPoE session stay as they are, options and extension headers go. */
#pragma once

#include "buckets.h"
#include "parse.h"

static __always_inline __u16 pn_fold(__u64 sum) {
  sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32 & 0xffff) + (sum >> 48);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return ~sum;
}

static __always_inline void pn_rst_of(struct pn_tcp* rst, const struct pn_tcp* in, __u32 payload) {
  rst->source = in->destination;
  rst->destination = in->source;
  rst->offset = 5 << 4;
  rst->window = rst->checksum = rst->urgent = 0;
  if (in->flags & PN_TCP_ACK) {
    rst->sequence = in->acknowledgement;
    rst->acknowledgement = 0;
    rst->flags = PN_TCP_RST;
  } else {
    rst->sequence = 0;
    rst->acknowledgement = bpf_htonl(bpf_ntohl(in->sequence) + payload + (in->flags & PN_TCP_SYN ? 1 : 0) +
                                     (in->flags & PN_TCP_FIN ? 1 : 0));
    rst->flags = PN_TCP_RST | PN_TCP_ACK;
  }
}

PN_GLOBAL int pn_rst4(struct __sk_buff* skb, __u32 l3, __u32 l4) {
  struct {
    struct iphdr ip;
    struct pn_tcp tcp;
  } out = {};
  struct iphdr in;
  struct pn_tcp tcp;
  if (bpf_skb_load_bytes(skb, l3, &in, sizeof in) || bpf_skb_load_bytes(skb, l4, &tcp, sizeof tcp)) return -1;
  pn_rst_of(&out.tcp, &tcp, bpf_ntohs(in.tot_len) - (l4 - l3) - (tcp.offset >> 4) * 4);
  out.ip.version = 4;
  out.ip.ihl = 5;
  out.ip.tot_len = bpf_htons(sizeof out);
  out.ip.frag_off = bpf_htons(0x4000);
  out.ip.ttl = 64;
  out.ip.protocol = IPPROTO_TCP;
  out.ip.saddr = in.daddr;
  out.ip.daddr = in.saddr;
  out.ip.check = pn_fold(bpf_csum_diff(0, 0, (__be32*)&out.ip, sizeof out.ip, 0));
  __be32 pseudo[3] = {in.daddr, in.saddr, bpf_htonl(IPPROTO_TCP << 16 | sizeof out.tcp)};
  __s64 sum = bpf_csum_diff(0, 0, pseudo, sizeof pseudo, 0);
  out.tcp.checksum = pn_fold(bpf_csum_diff(0, 0, (__be32*)&out.tcp, sizeof out.tcp, (__u32)sum));
  if (bpf_skb_change_tail(skb, l3 + sizeof out, 0)) return -1;
  return (int)bpf_skb_store_bytes(skb, l3, &out, sizeof out, BPF_F_INVALIDATE_HASH);
}

PN_GLOBAL int pn_rst6(struct __sk_buff* skb, __u32 l3, __u32 l4) {
  struct {
    struct ipv6hdr ip;
    struct pn_tcp tcp;
  } out = {};
  struct {
    struct in6_addr source, destination;
    __be32 length, next;
  } pseudo = {};
  struct ipv6hdr in;
  struct pn_tcp tcp;
  if (bpf_skb_load_bytes(skb, l3, &in, sizeof in) || bpf_skb_load_bytes(skb, l4, &tcp, sizeof tcp)) return -1;
  pn_rst_of(&out.tcp, &tcp, bpf_ntohs(in.payload_len) + sizeof in - (l4 - l3) - (tcp.offset >> 4) * 4);
  out.ip.version = 6;
  out.ip.payload_len = bpf_htons(sizeof out.tcp);
  out.ip.nexthdr = IPPROTO_TCP;
  out.ip.hop_limit = 64;
  pseudo.source = out.ip.saddr = in.daddr;
  pseudo.destination = out.ip.daddr = in.saddr;
  pseudo.length = bpf_htonl(sizeof out.tcp);
  pseudo.next = bpf_htonl(IPPROTO_TCP);
  __s64 sum = bpf_csum_diff(0, 0, (__be32*)&pseudo, sizeof pseudo, 0);
  out.tcp.checksum = pn_fold(bpf_csum_diff(0, 0, (__be32*)&out.tcp, sizeof out.tcp, (__u32)sum));
  if (bpf_skb_change_tail(skb, l3 + sizeof out, 0)) return -1;
  return (int)bpf_skb_store_bytes(skb, l3, &out, sizeof out, BPF_F_INVALIDATE_HASH);
}

PN_GLOBAL int pn_turn_round(struct __sk_buff* skb, const struct pn_packet* p, int link) {
  if (!p) return -1;
  if (p->pppoe == 2) {
    __be16 length = bpf_htons(2 + (p->family == 4 ? 40 : 60));
    if (bpf_skb_store_bytes(skb, p->l3 - 4, &length, sizeof length, 0)) return -1;
  } else if (p->pppoe) {
    return -1; /* compressed protocol field: nobody negotiates it on PPPoE (RFC 2516 section 7) */
  }
  if (link) {
    struct {
      __u8 to[6], from[6];
    } mac, swapped;
    if (bpf_skb_load_bytes(skb, 0, &mac, sizeof mac)) return -1;
    __builtin_memcpy(swapped.to, mac.from, 6);
    __builtin_memcpy(swapped.from, mac.to, 6);
    if (bpf_skb_store_bytes(skb, 0, &swapped, sizeof swapped, 0)) return -1;
  }
  return p->family == 4 ? pn_rst4(skb, p->l3, p->l4) : pn_rst6(skb, p->l3, p->l4);
}

/* The mark lets our own egress program know it. */
static __always_inline int pn_reject(struct __sk_buff* skb, struct pn_packet* p, const struct pn_config* config,
                                     struct pn_percpu* pc, __u64 now, int link) {
  if (p->tcp_flags & PN_TCP_RST) {
    PN_COUNT(pc, drop_stray);
    return TC_ACT_SHOT;
  }
  if (config->reset_interval) {
    __u64 next = pn_tat_after(pc->reset_tat, now >> PN_UNIT_SHIFT, config->reset_interval, config->reset_burst);
    if (!next) {
      PN_COUNT(pc, drop_reset_rate);
      return TC_ACT_SHOT;
    }
    pc->reset_tat = next;
  }
  if (p->first_fragment || pn_turn_round(skb, p, link)) {
    PN_COUNT(pc, drop_reset_failed);
    return TC_ACT_SHOT;
  }
  PN_COUNT(pc, reset);
  skb->mark = pn_fwmark;
  return (int)bpf_redirect(skb->ifindex, 0);
}
