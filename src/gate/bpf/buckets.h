/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Token buckets without locks: one theoretical arrival time (TAT) each, moved by compare-and-swap. */
#pragma once

#include "maps.h"

/* The new TAT, or 0 when there is no token. */
static __always_inline __u64 pn_tat_after(__u64 tat, __u64 now, __u64 interval, __u64 burst) {
  if (tat < now) tat = now;
  return tat - now > (burst ? burst - 1 : 0) * interval ? 0 : tat + interval;
}

/* Two CPUs may meet: a few tries, then no token (closed side). */
#define PN_SPEND_TRIES 4
static __always_inline int pn_spend(__u64* word, __u64 now, __u64 interval, __u64 burst) {
  if (!interval) return 1;
#pragma clang loop unroll(full)
  for (int i = 0; i < PN_SPEND_TRIES; i++) {
    __u64 old = *(volatile __u64*)word;
    __u64 next = pn_tat_after(old, now, interval, burst);
    if (!next) return 0;
    if (__sync_val_compare_and_swap(word, old, next) == old) return 1;
  }
  return 0;
}

/* How long after its last banner a line may still have a connection to the explainer: 10 min. */
#define PN_EXPLAINED_TICKS 8941
static __always_inline int pn_had_banner(const struct pn_slot* s, __u64 now) {
  __u32 tick = now >> PN_TICK_SHIFT;
  return s->banner_tat && (__s32)(tick - s->banner_tat) < PN_EXPLAINED_TICKS;
}

static __always_inline int pn_spend_banner(struct pn_slot* s, const struct pn_config* config, __u64 now) {
  __u32 tick = now >> PN_TICK_SHIFT;
  if (!config->banner_interval) {
    s->banner_tat = tick;
    return 1;
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < PN_SPEND_TRIES; i++) {
    __u32 old = *(volatile __u32*)&s->banner_tat;
    __u64 next = pn_tat_after(old, tick, config->banner_interval, config->banner_burst);
    if (!next) return 0;
    if (__sync_val_compare_and_swap(&s->banner_tat, old, (__u32)next) == old) return 1;
  }
  return 0;
}
