/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * First contacts: the line's memory of destination networks, and the report of a new one. Memory is written only when a
 * token was spent, under the line's lock, so a contact is new exactly once; a lock that stays taken (another CPU was
 * halted by its hypervisor) puts the contact off to the SYN's retry. The slot has a copy of what was written last. */
#pragma once

#include "buckets.h"
#include "identity.h"

enum pn_known { PN_KNOWN, PN_NEW, PN_DENIED, PN_BUSY };

#define PN_LOCK_TRIES 64
#define PN_LANES 0x0001000100010001ULL

/* /24 or /48 of the destination; the shared slot of unknown sources remembers pairs. */
static __always_inline __u32 pn_fingerprint(const struct pn_packet* p, __u32 slot, __u64 seed) {
  __u64 h = p->family == 4 ? p->destination_low >> 8 : p->destination_high >> 16 | 1ULL << 63;
  if (!slot) h += (p->source_high ^ p->source_low) * 0xd6e8feb86659fd93ULL;
  h = (h ^ seed) * 0x9e3779b97f4a7c15ULL;
  h = (h ^ h >> 32) * 0xd6e8feb86659fd93ULL;
  __u32 f = h >> 48;
  return f ? f : 1;
}

/* 1 + the lowest of four lanes that has the fingerprint, or 0. */
static __always_inline __u32 pn_lane_of(__u64 word, __u32 fingerprint) {
  __u64 x = word ^ fingerprint * PN_LANES;
  __u64 hit = (x - PN_LANES) & ~x & PN_LANES << 15;
  if (!hit) return 0;
  return hit & 0x8000 ? 1 : hit & 0x80000000 ? 2 : hit & 0x800000000000 ? 3 : 4;
}

/* Another CPU may have written a tick ahead of ours: pn_now() of two CPUs is up to a jiffy apart. */
static __always_inline int pn_is_fresh(const struct pn_slot* s, __u32 tick) {
  return (__s32)(tick - s->memory_tick) <= (__s32)(s->memory_units << (s->memory_shift & 31));
}

/* Without the lock: remembered, fresh, and its age needs no write. */
static __always_inline int pn_remembers(const struct pn_slot* s, __u32 fingerprint, __u64 now) {
  __u32 tick = now >> PN_TICK_SHIFT;
  __u32 lane = pn_lane_of(s->recent, fingerprint);
  return lane && (__u8)(s->recent_age >> ((lane - 1) & 3) * 8) == (__u8)(tick >> (s->memory_shift & 31)) &&
         pn_is_fresh(s, tick);
}

/* The same of all sixteen. */
static __always_inline int pn_has(const struct pn_slot* s, const struct pn_past* past, __u32 fingerprint, __u32 tick) {
  const __u64* words = (const __u64*)past->memory;
#pragma clang loop unroll(full)
  for (int i = 0; i < PN_MEMORY / 4; i++) {
    __u32 lane = pn_lane_of(words[i], fingerprint);
    if (!lane) continue;
    return past->age[(i * 4 + lane - 1) & (PN_MEMORY - 1)] == (__u8)(tick >> (s->memory_shift & 31)) &&
           pn_is_fresh(s, tick);
  }
  return 0;
}

/* Under the lock. Who reads meanwhile finds nothing and comes to wait for the lock. */
static __always_inline void pn_make_recent(struct pn_slot* s, __u32 fingerprint, __u8 age) {
  __u64 recent = s->recent << 16 | fingerprint;
  *(volatile __u64*)&s->recent = 0;
  *(volatile __u32*)&s->recent_age = s->recent_age << 8 | age;
  *(volatile __u64*)&s->recent = recent;
}

/* a < b as 1 or 0 without a branch, for values below 2^31 or a 32-bit difference cut there. */
static __always_inline __u32 pn_below(__u32 a, __u32 b) {
  __u64 d = (__u64)a - b;
  asm volatile("" : "+r"(d)); /* or the compiler makes it a branch again */
  d >>= 63;
  asm volatile("" : "+r"(d));
  return d;
}

PN_GLOBAL int pn_lock(struct pn_past* past) {
  if (!past) return 0;
  for (int tries = 0; tries < PN_LOCK_TRIES; tries++)
    if (__sync_val_compare_and_swap(&past->lock, 0, 1) == 0) return 1;
  return 0;
}

/* Tokens of new networks: interval, burst << 32. */
typedef __u64 pn_rate;
static __always_inline pn_rate pn_rate_of(__u32 interval, __u32 burst) { return (__u64)burst << 32 | interval; }

/* The rest: look again under the lock, forget what is older than T_mem, refresh or, for a token, insert. */
PN_GLOBAL int pn_remember(struct pn_slot* s, __u32 slot, __u64 now, __u32 fingerprint, pn_rate rate) {
  struct pn_past* past = pn_past_at(slot);
  if (!s || !past) return PN_BUSY;
  __u32 tick = now >> PN_TICK_SHIFT;
  if (pn_has(s, past, fingerprint, tick)) return PN_KNOWN;
  if (!pn_lock(past)) return PN_BUSY;
  __u32 shift = s->memory_shift & 31;
  __u32 units = s->memory_units & 127;
  __u8 age = tick >> shift;
  __u32 since = tick - s->memory_tick;
  __u32 fresh = pn_below(since & -pn_below(since, 1U << 31), (units << shift) + 1);
  __u32 found = 0, oldest = 0;
  for (__u32 i = 0; i < PN_MEMORY; i++) { /* without branches: the verifier walks every path */
    __u32 f = past->memory[i];
    __u32 d = (__u8)(age - past->age[i] + 1); /* 0 = of the next unit already */
    __u32 live = fresh & pn_below(0, f) & pn_below(d, units + 2);
    past->memory[i] = f &= -live;
    found |= (i + 1) & (pn_below(0, f ^ fingerprint) - 1);
    __u32 rank = (((live - 1) & 512) | d) << 8 | ((i + fingerprint) & (PN_MEMORY - 1)); /* any of the oldest */
    oldest ^= (oldest ^ rank) & -pn_below(oldest, rank);
  }
  __u32 victim = (oldest - fingerprint) & (PN_MEMORY - 1);
  int result = PN_KNOWN;
  if (found) {
    past->age[(found - 1) & (PN_MEMORY - 1)] = age;
  } else {
    __u32 interval = rate;
    __u64 next = interval ? pn_tat_after(past->network_tat, now >> PN_UNIT_SHIFT, interval, rate >> 32) : 1;
    if (!next) {
      result = PN_DENIED;
    } else {
      if (interval) past->network_tat = next;
      past->memory[victim] = fingerprint;
      past->age[victim] = age;
      result = PN_NEW;
    }
  }
  if (result != PN_DENIED) {
    pn_make_recent(s, fingerprint, age);
    s->memory_tick = tick;
  }
  __sync_lock_test_and_set(&past->lock, 0); /* an exchange: a full fence, which a plain store is not everywhere */
  return result;
}

static __always_inline void pn_flow_of(struct pn_flow* f, const struct pn_packet* p) {
  pn_address16(f->source, p->family, p->source_high, p->source_low);
  pn_address16(f->destination, p->family, p->destination_high, p->destination_low);
  f->source_port = p->source_port;
  f->destination_port = p->destination_port;
}

/* The outcome is unknown and stays so: at once into the ring. */
PN_GLOBAL int pn_report(const struct pn_packet* p, __u32 slot) {
  if (!p) return -1;
  struct pn_event* e = bpf_ringbuf_reserve(&pn_events, sizeof *e, 0);
  if (!e) return -1;
  e->time = bpf_ktime_get_boot_ns();
  e->slot = slot;
  e->ifindex = p->ifindex;
  pn_flow_of(&e->flow, p);
  e->verdict = p->verdict;
  e->flags = p->contact;
  e->zero[0] = e->zero[1] = 0;
  bpf_ringbuf_submit(e, 0);
  return 0;
}

/* Passed: waits for SYN-ACK or RST in the pending table; user space sweeps it. */
PN_GLOBAL int pn_await(const struct pn_packet* p, __u32 slot) {
  if (!p) return -1;
  struct pn_flow key;
  pn_flow_of(&key, p);
  struct pn_pending value = {
      .time = bpf_ktime_get_boot_ns(), .slot = slot, .ifindex = p->ifindex, .verdict = p->verdict, .flags = p->contact};
  return bpf_map_update_elem(&pn_pending, &key, &value, BPF_ANY);
}

static __always_inline void pn_contact(struct pn_packet* p, const struct pn_config* config, struct pn_percpu* pc,
                                       __u32 slot, int passed) {
  PN_COUNT(pc, contacts);
  if (pn_net_of(config, p->family, p->destination_high, p->destination_low) & PN_NET_DARK)
    p->contact |= PN_CONTACT_DARK;
  if (passed) {
    if (!pn_await(p, slot)) return;
    PN_COUNT(pc, pending_full);
  }
  if (pn_report(p, slot)) PN_COUNT(pc, events_lost);
}

/* A SYN-ACK or RST toward a line that may use the service. */
PN_GLOBAL int pn_answered(const struct pn_packet* p) {
  if (!p) return 0;
  __u32 ifindex = p->ifindex;
  __u64* seen = bpf_map_lookup_elem(&pn_returns, &ifindex);
  if (seen) {
    __sync_fetch_and_add(seen, 1);
  } else {
    __u64 one = 1;
    bpf_map_update_elem(&pn_returns, &ifindex, &one, BPF_ANY);
  }
  struct pn_flow key;
  pn_address16(key.source, p->family, p->destination_high, p->destination_low);
  pn_address16(key.destination, p->family, p->source_high, p->source_low);
  key.source_port = p->destination_port;
  key.destination_port = p->source_port;
  struct pn_pending* pending = bpf_map_lookup_elem(&pn_pending, &key);
  if (pending && pending->state == PN_WAITING) pending->state = p->tcp_flags & PN_TCP_RST ? PN_RESET : PN_ANSWERED;
  return 0;
}
