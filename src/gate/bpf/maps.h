/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * The pinned maps. Sizes marked 1 are set by the loader. Mappable arrays are page aligned, so a slot is exactly one
 * cache line, and the loader writes them without a system call; the price is that they cannot hold a bpf_spin_lock
 * (contact.h has its own). */
#pragma once

#include <bpf/bpf_helpers.h>
#include <linux/bpf.h>

#include "gate_abi.h"

#define PN_ARRAY(name, value_type, entries) \
  struct {                                  \
    __uint(type, BPF_MAP_TYPE_ARRAY);       \
    __uint(map_flags, BPF_F_MMAPABLE);      \
    __uint(max_entries, entries);           \
    __type(key, __u32);                     \
    __type(value, value_type);              \
  } name SEC(".maps")

PN_ARRAY(pn_service, __u64, 65536 / 64); /* governed TCP ports, a bit each */
PN_ARRAY(pn_live, struct pn_live, 1);
PN_ARRAY(pn_config, struct pn_config, 2);
PN_ARRAY(pn_block, struct pn_u32x16, PN_BLOCKS / 16);
PN_ARRAY(pn_leaf, struct pn_u32x16, 1);
PN_ARRAY(pn_slot, struct pn_slot, 1);
PN_ARRAY(pn_past, struct pn_past, 1);
PN_ARRAY(pn_note, struct pn_note, 1);
PN_ARRAY(pn_dirty, __u64, 1); /* slots whose counters changed, a bit each */

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 1);
  __type(key, struct pn_key6);
  __type(value, __u32);
} pn_prefix6 SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 16384);
  __type(key, struct pn_net_key);
  __type(value, __u32);
} pn_net SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 1);
  __type(key, struct pn_listed_key);
  __type(value, __u32);
} pn_listed SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1);
  __type(key, struct pn_flow);
  __type(value, struct pn_pending);
} pn_pending SEC(".maps");

struct { /* interface -> SYN-ACKs and RSTs seen toward it: without any, the view is one-way */
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 65536);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, __u32);
  __type(value, __u64);
} pn_returns SEC(".maps");

PN_ARRAY(pn_hold_filter, struct pn_hold_filter, 1);

struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 1);
  __type(key, struct pn_hold_key);
  __type(value, struct pn_hold);
} pn_hold SEC(".maps");

struct { /* PN_LISTENER_*, + 1 for IPv6 */
  __uint(type, BPF_MAP_TYPE_SOCKMAP);
  __uint(max_entries, 4);
  __type(key, __u32);
  __type(value, __u64);
} pn_listener SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} pn_events SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct pn_percpu);
} pn_percpu SEC(".maps");

/* Set before load. */
const volatile __u32 pn_fwmark = 0x2525;
const volatile __u32 pn_pass_mark = 0x10000000;

#define PN_LIKELY(x) __builtin_expect(!!(x), 1)
#define PN_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define PN_COUNT(pc, name) ((pc)->counter[PN_C_##name]++)

static __always_inline struct pn_percpu* pn_my_percpu(void) {
  __u32 zero = 0;
  return bpf_map_lookup_elem(&pn_percpu, &zero);
}

static __always_inline struct pn_slot* pn_slot_at(__u32 slot) { return bpf_map_lookup_elem(&pn_slot, &slot); }
static __always_inline struct pn_past* pn_past_at(__u32 slot) { return bpf_map_lookup_elem(&pn_past, &slot); }

/* The boot clock as it stood at the start of this jiffy (1 to 10 ms): reading it costs more than the rest of most
 * decisions' arithmetic, and waits for every load under way. */
static __always_inline __u64 pn_now(struct pn_percpu* pc) {
  __u64 jiffies = bpf_jiffies64();
  if (PN_UNLIKELY(pc->jiffies != jiffies)) {
    pc->now = bpf_ktime_get_boot_ns();
    pc->jiffies = jiffies;
  }
  return pc->now;
}

/* After the counter. The reader takes the bit, then `marked`, then reads the counter (atomics are full fences). */
static __always_inline void pn_touched(struct pn_slot* s, __u32 slot) {
  if (PN_LIKELY(*(volatile __u8*)&s->marked)) return;
  __u32 key = slot >> 6;
  __u64* word = bpf_map_lookup_elem(&pn_dirty, &key);
  if (!word) return;
  *(volatile __u8*)&s->marked = 1;
  __sync_fetch_and_or(word, 1ULL << (slot & 63));
}

/* Verified once, by itself, not once per path that leads to it. Pointer arguments may be null for all it knows. */
#define PN_GLOBAL __attribute__((noinline))
