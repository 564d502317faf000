/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * The gate: one packet's way. Ingress = from a subscriber, egress = toward one. TC_ACT_UNSPEC lets later filters run.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "contact.h"
#include "reset.h"
#include "steer.h"
#include "validate.h"

char pn_license[] SEC("license") = "Dual BSD/GPL";

/* What a governed packet is judged with. */
struct pn_case {
  struct pn_percpu* pc;
  const struct pn_config* config;
  struct pn_slot* state;  /* of the line; slot 0 for unknown sources */
  struct pn_slot* policy; /* the same, or slot 0 when the entry expired */
  __u64 now;
  __u64 seed;
  __u32 slot;
  __u32 policy_slot;
};

static __always_inline int pn_pass(struct __sk_buff* skb) {
  skb->mark |= pn_pass_mark;
  return TC_ACT_UNSPEC;
}

#include "held.h"

/* What the parser could not finish: never luck. */
static __always_inline int pn_odd(struct pn_percpu* pc, const struct pn_config* config, int parsed) {
  switch (parsed) {
    case PN_P_FOREIGN:
      return TC_ACT_UNSPEC;
    case PN_P_FRAGMENT:
      if (config->flags & PN_F_DROP_FRAGMENTS) {
        PN_COUNT(pc, drop_any_fragment);
        return TC_ACT_SHOT;
      }
      PN_COUNT(pc, pass_fragment); /* its first fragment is judged */
      return TC_ACT_UNSPEC;
    case PN_P_TINY_FRAGMENT:
      PN_COUNT(pc, drop_tiny_fragment);
      return TC_ACT_SHOT;
    case PN_P_HEADERS:
      PN_COUNT(pc, drop_headers);
      return TC_ACT_SHOT;
    default:
      PN_COUNT(pc, drop_truncated);
      return TC_ACT_SHOT;
  }
}

/* A second look with the headers in the linear part; PN_P_SHORT now means the packet ends there. */
static __always_inline pn_where pn_pull(struct __sk_buff* skb, int link, int inbound) {
  if (bpf_skb_pull_data(skb, skb->len < PN_HEADERS_MAX ? skb->len : PN_HEADERS_MAX)) return PN_P_TRUNCATED;
  pn_where w = pn_parse_rare(skb, link, inbound);
  if (PN_W_PARSED(w) != PN_P_SHORT) return w;
  /* Not whole, but a port that is there and not governed is nobody's business here. */
  __be16 ports[2];
  if (!PN_W_L4(w) || bpf_skb_load_bytes(skb, PN_W_L4(w), ports, sizeof ports)) return PN_P_TRUNCATED;
  return pn_governs(ports[inbound ? 0 : 1]) ? PN_P_TRUNCATED : PN_P_FOREIGN;
}

PN_GLOBAL int pn_governed(struct __sk_buff* skb, pn_where w, int link, int inbound) {
  struct pn_packet p = {};
  struct pn_case c = {};
  __u32 zero = 0;
  if (!inbound && !PN_W_IS6(w)) pn_expect4(skb, w);
  c.pc = pn_my_percpu();
  const struct pn_live* live = bpf_map_lookup_elem(&pn_live, &zero);
  if (!c.pc || !live) return TC_ACT_SHOT;
  __u32 active = live->active & 1;
  c.config = bpf_map_lookup_elem(&pn_config, &active);
  if (!c.config) return TC_ACT_SHOT;
  if (PN_UNLIKELY(PN_W_PARSED(w) == PN_P_SHORT)) {
    PN_COUNT(c.pc, pulled);
    w = pn_pull(skb, link, inbound);
  }
  if (PN_UNLIKELY(PN_W_PARSED(w) != PN_P_GOVERNED || !pn_read(skb, w, &p)))
    return pn_odd(c.pc, c.config, PN_W_PARSED(w));
  if (PN_UNLIKELY(skb->gso_segs > 1)) PN_COUNT(c.pc, gro);
  c.seed = live->seed;
  return inbound ? pn_judge_inbound(skb, &p, &c, live) : pn_judge(skb, &p, &c, live, link);
}

static __always_inline int pn_run(struct __sk_buff* skb, int link, int inbound) {
  if (PN_UNLIKELY(pn_may_be_held(skb, link, inbound))) {
    int held = pn_held(skb, link, inbound);
    if (held != PN_NOT_HELD) return held;
  }
  pn_where w = pn_parse(skb, link, inbound);
  if (PN_LIKELY(PN_W_PARSED(w) == PN_P_FOREIGN)) return TC_ACT_UNSPEC;
  return pn_governed(skb, w, link, inbound);
}

SEC("tc")
int pn_tc_ingress(struct __sk_buff* skb) { return pn_run(skb, 1, 0); }
SEC("tc")
int pn_tc_egress(struct __sk_buff* skb) { return pn_run(skb, 1, 1); }
/* Devices without a link header: PPP, tun, WireGuard. */
SEC("tc")
int pn_tc_ingress_bare(struct __sk_buff* skb) { return pn_run(skb, 0, 0); }
SEC("tc")
int pn_tc_egress_bare(struct __sk_buff* skb) { return pn_run(skb, 0, 1); }
