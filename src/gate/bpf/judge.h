/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * The decision: relay, line, expiry, source, verdict; every governed packet, not only SYNs. */
#pragma once

static __always_inline int pn_find_line(struct pn_case* c, __u32 slot) {
  c->slot = slot;
  c->state = pn_slot_at(slot);
  if (!c->state) return -1;
  c->policy = c->state;
  c->policy_slot = slot;
  if (PN_UNLIKELY(!slot)) {
    PN_COUNT(c->pc, unknown);
  } else if (c->state->expires && (__u32)(c->now >> PN_TICK_SHIFT) >= c->state->expires) {
    PN_COUNT(c->pc, expired);
    c->policy_slot = 0;
    c->policy = pn_slot_at(0);
    if (!c->policy) return -1;
  }
  return 0;
}

static __always_inline int pn_blocked(struct pn_case* c) {
  __sync_fetch_and_add(&c->state->blocked, 1);
  pn_touched(c->state, c->slot);
  return TC_ACT_SHOT;
}

/* Of the past: counted before what is in the slot, whose mark is for both. */
#define PN_COUNT_PAST(c, name)                      \
  do {                                              \
    struct pn_past* past = pn_past_at((c)->slot);   \
    if (past) __sync_fetch_and_add(&past->name, 1); \
  } while (0)

static __always_inline int pn_is_steered(struct __sk_buff* skb, struct pn_case* c, int steered) {
  if (steered == PN_STEERED)
    PN_COUNT(c->pc, steered);
  else
    PN_COUNT(c->pc, steered_established);
  PN_COUNT_PAST(c, explained);
  pn_blocked(c);
  skb->mark = pn_fwmark;
  return TC_ACT_OK;
}

/* To the explainer: 554 for closed lines, 421 over a limit; it reads which from the line table. */
static __always_inline int pn_explain(struct __sk_buff* skb, struct pn_packet* p, struct pn_case* c, int link) {
  if (PN_UNLIKELY(p->first_fragment)) {
    pn_blocked(c);
    PN_COUNT(c->pc, drop_fragment);
    return TC_ACT_SHOT;
  }
  if (PN_UNLIKELY(p->pppoe)) { /* no local route out of a session */
    pn_blocked(c);
    return pn_reject(skb, p, c->config, c->pc, c->now, link);
  }
  int banner = PN_IS_SYN(p) ? pn_spend_banner(c->state, c->config, c->now) : 0;
  int steered = pn_steer(skb, p, banner, PN_LISTENER_EXPLAINER);
  if (steered != PN_STEERED && steered != PN_STEERED_ESTABLISHED) pn_blocked(c);
  switch (steered) {
    case PN_STEERED:
    case PN_STEERED_ESTABLISHED:
      return pn_is_steered(skb, c, steered);
    case PN_NO_LISTENER:
      PN_COUNT(c->pc, drop_no_listener);
      return TC_ACT_SHOT;
    case PN_NOT_ASSIGNED:
      PN_COUNT(c->pc, drop_not_assigned);
      return TC_ACT_SHOT;
    case PN_OVER_BANNERS:
      PN_COUNT(c->pc, over_banners);
      break;
    default:
      break;
  }
  return pn_reject(skb, p, c->config, c->pc, c->now, link);
}

static __always_inline int pn_refuse(struct __sk_buff* skb, struct pn_packet* p, struct pn_case* c, __u32 verdict,
                                     int link) {
  if (PN_IS_SYN(p)) {
    __u32 f = pn_fingerprint(p, c->slot, c->seed);
    if (!pn_remembers(c->state, f, c->now)) {
      pn_rate rate = pn_rate_of(c->config->contact_interval, c->config->contact_burst);
      int known = pn_remember(c->state, c->slot, c->now, f, rate);
      if (known == PN_NEW)
        pn_contact(p, c->config, c->pc, c->slot, 0);
      else if (known == PN_DENIED)
        PN_COUNT(c->pc, contacts_unreported);
      else if (known == PN_BUSY)
        PN_COUNT(c->pc, memory_busy);
    }
  }
  if (verdict == PN_EXPLAIN || verdict == PN_LISTED) return pn_explain(skb, p, c, link);
  pn_blocked(c);
  if (verdict == PN_REJECT) return pn_reject(skb, p, c->config, c->pc, c->now, link);
  if (verdict == PN_DROP)
    PN_COUNT(c->pc, drop_verdict);
  else
    PN_COUNT(c->pc, drop_unset);
  return TC_ACT_SHOT;
}

/* A SYN of a line that may connect. 1 = go on, 0 = over its limits. */
static __always_inline int pn_admit(struct pn_packet* p, struct pn_case* c, int limits) {
  struct pn_slot* policy = c->policy;
  __u64 interval = limits ? policy->connection_interval : 0;
  if (!pn_spend(&c->state->connection_tat, c->now >> PN_UNIT_SHIFT, interval, policy->connection_burst)) {
    c->now = bpf_ktime_get_boot_ns(); /* a token may have come since this jiffy began */
    if (!pn_spend(&c->state->connection_tat, c->now >> PN_UNIT_SHIFT, interval, policy->connection_burst)) return 0;
  }
  __u32 f = pn_fingerprint(p, c->slot, c->seed);
  if (PN_LIKELY(pn_remembers(c->state, f, c->now))) return 1;
  struct pn_past* limited = limits ? pn_past_at(c->policy_slot) : 0;
  int network = limited && limited->network_interval;
  int known = pn_remember(c->state, c->slot, c->now, f,
                          network ? pn_rate_of(limited->network_interval, limited->network_burst)
                                  : pn_rate_of(c->config->contact_interval, c->config->contact_burst));
  if (known == PN_NEW) {
    pn_contact(p, c->config, c->pc, c->slot, 1);
  } else if (known != PN_KNOWN) {
    if (known == PN_BUSY)
      PN_COUNT(c->pc, memory_busy);
    else if (!network)
      PN_COUNT(c->pc, contacts_unreported);
    if (network) {
      if (interval) __sync_fetch_and_add(&c->state->connection_tat, -interval); /* unspent */
      return 0;
    }
  }
  return 1;
}

static __always_inline int pn_judge(struct __sk_buff* skb, struct pn_packet* p, struct pn_case* c,
                                    const struct pn_live* live, int link) {
  __u32 nets = pn_net_of(c->config, p->family, p->destination_high, p->destination_low);
  if (nets & PN_NET_RELAY) {
    PN_COUNT(c->pc, pass_relay);
    return pn_pass(skb);
  }
  if (PN_UNLIKELY(pn_is_local_source(p)) && pn_is_local_destination(p)) {
    PN_COUNT(c->pc, pass_local);
    return TC_ACT_UNSPEC;
  }
  c->now = pn_now(c->pc);
  __u32 slot = p->family == 4 ? pn_slot_of4(p->source_low) : pn_slot_of6(live, p->source_high, p->source_low);
  if (pn_find_line(c, slot)) return TC_ACT_SHOT;
  int validity = pn_validate(skb, p, c->state, c->config, slot, c->now);
  if (PN_UNLIKELY(validity != PN_VALID)) { /* never steered, never counted against the line it pretends to be */
    if (validity == PN_SPOOFED)
      PN_COUNT(c->pc, drop_spoofed_source);
    else
      PN_COUNT(c->pc, drop_wrong_access);
    return TC_ACT_SHOT;
  }
  __u32 verdict = PN_POLICY_VERDICT(c->policy->policy);
  p->verdict = verdict;
  int limits = verdict == PN_LIMITED || verdict == PN_LISTED;
  if (verdict == PN_LISTED && !pn_is_listed(slot, p->family, p->destination_high, p->destination_low))
    return pn_refuse(skb, p, c, verdict, link);
  if (verdict != PN_OPEN && !limits) return pn_refuse(skb, p, c, verdict, link);
  if (PN_IS_SYN(p)) {
    if (!pn_admit(p, c, limits)) {
      PN_COUNT(c->pc, over_limit);
      PN_COUNT_PAST(c, over_limit);
      return pn_explain(skb, p, c, link);
    }
    __sync_fetch_and_add(&c->state->passed, 1);
    pn_touched(c->state, slot);
  } else if (PN_UNLIKELY(pn_had_banner(c->state, c->now))) {
    /* Over its limit, or closed, a moment ago: what belongs to the explainer's connection goes on going there. */
    int steered = pn_steer(skb, p, 0, PN_LISTENER_EXPLAINER);
    if (steered == PN_STEERED || steered == PN_STEERED_ESTABLISHED) return pn_is_steered(skb, c, steered);
  }
  if (verdict == PN_OPEN)
    PN_COUNT(c->pc, pass_open);
  else if (verdict == PN_LIMITED)
    PN_COUNT(c->pc, pass_limited);
  else
    PN_COUNT(c->pc, pass_listed);
  return pn_pass(skb);
}

/* Toward a line, from source port 25: half of the trick that walks round a block with spoofed, asymmetric paths. */
static __always_inline int pn_judge_inbound(struct __sk_buff* skb, struct pn_packet* p, struct pn_case* c,
                                            const struct pn_live* live) {
  /* Made by this machine: it has a socket and came in nowhere. The mark is on our RSTs; what is marked so and not made
   * here went to the local table. */
  if (skb->mark == pn_fwmark || (skb->sk && !skb->ingress_ifindex)) {
    PN_COUNT(c->pc, inbound_local);
    return TC_ACT_UNSPEC;
  }
  if (pn_net_of(c->config, p->family, p->source_high, p->source_low) & PN_NET_RELAY) {
    PN_COUNT(c->pc, inbound_relay);
    return TC_ACT_UNSPEC;
  }
  c->now = pn_now(c->pc);
  __u32 slot =
      p->family == 4 ? pn_slot_of4(p->destination_low) : pn_slot_of6(live, p->destination_high, p->destination_low);
  if (pn_find_line(c, slot)) return TC_ACT_SHOT;
  __u32 verdict = PN_POLICY_VERDICT(c->policy->policy);
  if (verdict == PN_OPEN || verdict == PN_LIMITED ||
      (verdict == PN_LISTED && pn_is_listed(slot, p->family, p->source_high, p->source_low))) {
    if (p->tcp_flags & PN_TCP_RST || (p->tcp_flags & (PN_TCP_SYN | PN_TCP_ACK)) == (PN_TCP_SYN | PN_TCP_ACK))
      pn_answered(p);
    PN_COUNT(c->pc, inbound_passed);
    return TC_ACT_UNSPEC;
  }
  PN_COUNT(c->pc, drop_inbound);
  PN_COUNT_PAST(c, inbound_dropped);
  pn_touched(c->state, slot);
  return TC_ACT_SHOT;
}
