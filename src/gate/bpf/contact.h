/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * First contacts: the line's memory of destination networks, and the report of a new one. Memory is written only when a
 * token was spent, under the slot's lock, so a contact is new exactly once; a lock that stays taken (another CPU was
 * halted by its hypervisor) puts the contact off to the SYN's retry. */
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

/* Without the lock: remembered, fresh, and its age needs no write. All four words are compared at once. */
static __always_inline int pn_remembers(const struct pn_slot* s, __u32 fingerprint, __u64 now) {
  __u32 tick = now >> PN_TICK_SHIFT;
  __u8 age = tick >> (s->memory_shift & 31);
  __u64 pattern = fingerprint * PN_LANES;
  const __u64* words = (const __u64*)s->memory;
#pragma clang loop unroll(full)
  for (int i = 0; i < PN_MEMORY / 4; i++) {
    __u64 x = words[i] ^ pattern;
    __u64 hit = (x - PN_LANES) & ~x & PN_LANES << 15;
    if (!hit) continue;
    __u32 lane = hit & 0x8000 ? 0 : hit & 0x80000000 ? 1 : hit & 0x800000000000 ? 2 : 3;
    return s->age[(i * 4 + lane) & (PN_MEMORY - 1)] == age && tick - s->memory_tick <= (__u32)s->memory_units
                                                                                           << (s->memory_shift & 31);
  }
  return 0;
}

/* a < b as 1 or 0 without a branch, for values below 2^31 or a 32-bit difference cut there. */
static __always_inline __u32 pn_below(__u32 a, __u32 b) {
  __u64 d = (__u64)a - b;
  asm volatile("" : "+r"(d)); /* or the compiler makes it a branch again */
  d >>= 63;
  asm volatile("" : "+r"(d));
  return d;
}

PN_GLOBAL int pn_lock(struct pn_slot* s) {
  if (!s) return 0;
  for (int tries = 0; tries < PN_LOCK_TRIES; tries++)
    if (__sync_val_compare_and_swap(&s->lock, 0, 1) == 0) return 1;
  return 0;
}

/* The rest: look again under the lock, forget what is older than T_mem, refresh or, for a token, insert. */
PN_GLOBAL int pn_remember(struct pn_slot* s, __u64 now, __u32 fingerprint, __u64 interval, __u32 burst) {
  if (!s || !pn_lock(s)) return PN_BUSY;
  __u32 tick = now >> PN_TICK_SHIFT;
  __u32 shift = s->memory_shift & 31;
  __u32 units = s->memory_units & 127;
  __u8 age = tick >> shift;
  __u32 fresh = pn_below(tick - s->memory_tick, (units << shift) + 1);
  __u32 found = 0, oldest = 0;
  for (__u32 i = 0; i < PN_MEMORY; i++) { /* without branches: the verifier walks every path */
    __u32 f = s->memory[i];
    __u32 d = (__u8)(age - s->age[i]);
    __u32 live = fresh & pn_below(0, f) & pn_below(d, units + 1);
    s->memory[i] = f &= -live;
    found |= (i + 1) & (pn_below(0, f ^ fingerprint) - 1);
    __u32 rank = (((live - 1) & 512) | d) << 8 | ((i + fingerprint) & (PN_MEMORY - 1)); /* any of the oldest */
    oldest ^= (oldest ^ rank) & -pn_below(oldest, rank);
  }
  __u32 victim = (oldest - fingerprint) & (PN_MEMORY - 1);
  int result = PN_KNOWN;
  if (found) {
    s->age[(found - 1) & (PN_MEMORY - 1)] = age;
    s->memory_tick = tick;
  } else {
    __u64 next = interval ? pn_tat_after(s->network_tat, now >> PN_UNIT_SHIFT, interval, burst) : 1;
    if (!next) {
      result = PN_DENIED;
    } else {
      if (interval) s->network_tat = next;
      s->memory[victim] = fingerprint;
      s->age[victim] = age;
      s->memory_tick = tick;
      result = PN_NEW;
    }
  }
  __sync_lock_test_and_set(&s->lock, 0); /* an exchange: a full fence, which a plain store is not everywhere */
  return result;
}

static __always_inline void pn_flow_of(struct pn_flow* f, const struct pn_packet* p) {
  pn_address16(f->source, p->family, p->source_high, p->source_low);
  pn_address16(f->destination, p->family, p->destination_high, p->destination_low);
  f->source_port = p->source_port;
  f->destination_port = p->destination_port;
}

/* The outcome is unknown and stays so: at once into the ring. */
PN_GLOBAL int pn_report(const struct pn_packet* p, __u32 slot, __u64 now) {
  if (!p) return -1;
  struct pn_event* e = bpf_ringbuf_reserve(&pn_events, sizeof *e, 0);
  if (!e) return -1;
  e->time = now;
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
PN_GLOBAL int pn_await(const struct pn_packet* p, __u32 slot, __u64 now) {
  if (!p) return -1;
  struct pn_flow key;
  pn_flow_of(&key, p);
  struct pn_pending value = {
      .time = now, .slot = slot, .ifindex = p->ifindex, .verdict = p->verdict, .flags = p->contact};
  return bpf_map_update_elem(&pn_pending, &key, &value, BPF_ANY);
}

static __always_inline void pn_contact(struct pn_packet* p, const struct pn_config* config, struct pn_percpu* pc,
                                       __u32 slot, __u64 now, int passed) {
  PN_COUNT(pc, contacts);
  if (pn_net_of(config, p->family, p->destination_high, p->destination_low) & PN_NET_DARK)
    p->contact |= PN_CONTACT_DARK;
  if (passed) {
    if (!pn_await(p, slot, now)) return;
    PN_COUNT(pc, pending_full);
  }
  if (pn_report(p, slot, now)) PN_COUNT(pc, events_lost);
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
