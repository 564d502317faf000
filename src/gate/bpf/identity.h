/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Address to slot, and which well-known set an address is in. Slot 0 is class unknown, so "no entry" needs no branch.
 */
#pragma once

#include "parse.h"

#ifdef PN_BENCH_LPM /* the same decision on the kernel's trie, to compare with (bench/gate) */
struct pn_lpm4_key {
  __u32 bits;
  __be32 address;
};
struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 1 << 21);
  __type(key, struct pn_lpm4_key);
  __type(value, __u32);
} bench_lpm SEC(".maps");
static __always_inline __u32 pn_slot_of4(__u32 address) {
  struct pn_lpm4_key key = {.bits = 32, .address = bpf_htonl(address)};
  __u32* slot = bpf_map_lookup_elem(&bench_lpm, &key);
  return slot ? *slot : 0;
}
static __always_inline void pn_expect4(struct __sk_buff* skb, pn_where w) {}
#else
/* The page of an address, or PN_BLOCK_SLOT and the slot all of its block has, or 0. */
static __always_inline __u32 pn_page_of4(__u32 address) {
  __u32 key = address >> 16;
  struct pn_u32x16* block = bpf_map_lookup_elem(&pn_block, &key);
  return block ? block->v[address >> 12 & 15] : 0;
}

static __always_inline __u32 pn_leaf_of4(__u32 page, __u32 address) {
  return page * (PN_PAGE_ADDRESSES / 16) + (address >> 4 & 255);
}

/* With a million lines, leaf and slot are far from the processor. Asked for as soon as the packet is known to be
 * governed, they are on their way while it is read and its destination looked up. Where the loader puts the slot if it
 * can is no more than a guess: pn_slot_of4() says where it is. */
static __always_inline void pn_expect4(struct __sk_buff* skb, pn_where w) {
  void* end = (void*)(long)skb->data_end;
  struct iphdr* ip = (void*)(long)skb->data + PN_W_L3(w);
  if ((void*)(ip + 1) > end) return;
  __u32 address = bpf_ntohl(ip->saddr);
  __u32 page = pn_page_of4(address);
  if (page & PN_BLOCK_SLOT) return;
  __u32 key = PN_HOME(page, address);
  struct pn_slot* home = bpf_map_lookup_elem(&pn_slot, &key);
  if (home) (void)*(volatile __u32*)&home->expires;
  key = pn_leaf_of4(page, address);
  struct pn_u32x16* leaf = bpf_map_lookup_elem(&pn_leaf, &key);
  if (leaf) (void)*(volatile __u32*)&leaf->v[0];
}

static __always_inline __u32 pn_slot_of4(__u32 address) {
  __u32 page = pn_page_of4(address);
  if (page & PN_BLOCK_SLOT) return page & ~PN_BLOCK_SLOT;
  __u32 key = pn_leaf_of4(page, address);
  struct pn_u32x16* leaf = bpf_map_lookup_elem(&pn_leaf, &key);
  return leaf ? leaf->v[address & 15] : 0;
}

#endif

static __always_inline __u64 pn_mask64(__u32 bits) { return bits >= 64 ? ~0ULL : bits ? ~0ULL << (64 - bits) : 0; }

static __always_inline __u32 pn_slot_of6(const struct pn_live* live, __u64 high, __u64 low) {
#pragma clang loop unroll(full)
  for (int i = 0; i < PN_LENGTHS6; i++) {
    __u32 length = live->lengths6[i];
    if (!length) break;
    struct pn_key6 key = {.high = high & pn_mask64(length), .length = length};
    key.low = length > 64 ? low & pn_mask64(length - 64) : 0;
    __u32* slot = bpf_map_lookup_elem(&pn_prefix6, &key);
    if (slot) return *slot;
  }
  return 0;
}

static __always_inline void pn_address16(__u8* to, __u8 family, __u64 high, __u64 low) {
  if (family == 4) {
    high = 0;
    low |= 0xffff00000000ULL;
  }
  __u64 h = bpf_cpu_to_be64(high), l = bpf_cpu_to_be64(low);
  __builtin_memcpy(to, &h, 8);
  __builtin_memcpy(to + 8, &l, 8);
}

PN_GLOBAL int pn_net_lookup(__u32 generation, __u32 family, __u64 high, __u64 low) {
  struct pn_net_key key = {.bits = family == 4 ? 64 : 160, .generation = generation, .family = family};
  if (family == 4) {
    __be32 a = bpf_htonl((__u32)low);
    __builtin_memcpy(key.address, &a, 4);
  } else {
    pn_address16(key.address, 6, high, low);
  }
  __u32* flags = bpf_map_lookup_elem(&pn_net, &key);
  return flags ? *flags : 0;
}

static __always_inline __u32 pn_filter6(__u64 high) { return (__u32)(high >> 32) * 0x9e3779b1U >> 20; }

/* PN_NET_RELAY and PN_NET_DARK; the filter keeps most destinations away from the trie. */
static __always_inline __u32 pn_net_of(const struct pn_config* config, __u8 family, __u64 high, __u64 low) {
  __u32 bit = family == 4 ? (__u32)low >> 20 : pn_filter6(high);
  __u32 word = bit >> 6 & (PN_FILTER_WORDS - 1);
  __u64 filter = family == 4 ? config->filter4[word] : config->filter6[word];
  if (PN_LIKELY(!(filter >> (bit & 63) & 1))) return 0;
  return pn_net_lookup(config->generation, family, high, low);
}

PN_GLOBAL int pn_is_listed(__u32 slot, __u32 family, __u64 high, __u64 low) {
  struct pn_listed_key key = {.bits = 160, .slot = slot};
  pn_address16(key.address, family, high, low);
  return bpf_map_lookup_elem(&pn_listed, &key) != 0;
}

/* Link-local or unspecified. */
static __always_inline int pn_is_local_source(const struct pn_packet* p) {
  if (p->family == 4) return (__u32)p->source_low >> 16 == 0xa9fe || !(__u32)p->source_low;
  return p->source_high >> 54 == 0xfe80 >> 6 || !(p->source_high | p->source_low);
}
/* Link-local or multicast: never leaves the link. */
static __always_inline int pn_is_local_destination(const struct pn_packet* p) {
  if (p->family == 4) return (__u32)p->destination_low >> 16 == 0xa9fe || (__u32)p->destination_low >> 28 >= 14;
  return p->destination_high >> 54 == 0xfe80 >> 6 || p->destination_high >> 56 == 0xff;
}
