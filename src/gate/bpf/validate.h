/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Is this source allowed to come in here? By the line's access key when it has one, else by the route back to it. */
#pragma once

#include "identity.h"

enum pn_validity { PN_VALID, PN_SPOOFED, PN_WRONG_ACCESS };

PN_GLOBAL int pn_routes_back(struct __sk_buff* skb, const struct pn_packet* p) {
  if (!p) return 0;
  struct bpf_fib_lookup fib = {.ifindex = skb->ifindex, .tot_len = 1};
  if (p->family == 4) {
    fib.family = 2; /* AF_INET */
    fib.ipv4_src = bpf_htonl((__u32)p->destination_low);
    fib.ipv4_dst = bpf_htonl((__u32)p->source_low);
  } else {
    fib.family = 10; /* AF_INET6 */
    pn_address16((__u8*)fib.ipv6_src, 6, p->destination_high, p->destination_low);
    pn_address16((__u8*)fib.ipv6_dst, 6, p->source_high, p->source_low);
  }
  int result = bpf_fib_lookup(skb, &fib, sizeof fib, 0);
  return (result == BPF_FIB_LKUP_RET_SUCCESS || result == BPF_FIB_LKUP_RET_NO_NEIGH) && fib.ifindex == skb->ifindex;
}

/* The answer of the route holds for a second per line and interface. */
static __always_inline int pn_validate(struct __sk_buff* skb, struct pn_packet* p, struct pn_slot* s,
                                       const struct pn_config* config, __u32 slot, __u64 now) {
  if (s->access_ifindex) {
    if (s->access_ifindex != p->ifindex) return PN_WRONG_ACCESS;
    if (s->vlan_outer | s->vlan_inner) {
      __u16 outer = p->vlan_outer, inner = p->vlan_inner;
      if (skb->vlan_present) { /* the outer tag was taken off into metadata */
        inner = outer;
        outer = skb->vlan_tci & 0xfff;
      }
      if ((s->vlan_outer && s->vlan_outer != outer) || (s->vlan_inner && s->vlan_inner != inner))
        return PN_WRONG_ACCESS;
    }
    p->contact |= PN_CONTACT_VALIDATED;
    return PN_VALID;
  }
  if (!(config->flags & PN_F_VALIDATE)) return PN_VALID;
  p->contact |= PN_CONTACT_VALIDATED;
  __u8 at = now >> PN_SEEN_SHIFT;
  if (slot && s->seen_ifindex == p->ifindex && s->seen_at == at) return PN_VALID;
  if (!slot && config->flags & PN_F_OWN &&
      !(pn_net_lookup(config->generation, p->family, p->source_high, p->source_low) & PN_NET_OWN))
    return PN_SPOOFED;
  if (!pn_routes_back(skb, p)) return PN_SPOOFED;
  if (slot) {
    s->seen_ifindex = p->ifindex;
    s->seen_at = at;
  }
  return PN_VALID;
}
