/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Holds: what a restriction takes from a line beside port 25. Every packet of a held line is judged, not only the first
 * of a flow. Port 25 itself goes on to the judge, which closes it, explains and reports; the relay always passes. */
#pragma once

#include "judge.h"

#define PN_NOT_HELD (-2) /* goes on as anybody's */

static __always_inline int pn_hold_bit(const struct pn_hold_filter* f, __u64 head) {
  __u32 bit = PN_HOLD_HASH(head);
  return f->bits[bit >> 6 & (PN_HOLD_BITS / 64 - 1)] >> (bit & 63) & 1;
}

/* Every packet of the network comes by here. Tagged and odd ones are looked at again inside. */
static __always_inline int pn_may_be_held(struct __sk_buff* skb, int link, int inbound) {
  __u32 zero = 0;
  const struct pn_hold_filter* f = bpf_map_lookup_elem(&pn_hold_filter, &zero);
  if (!f || PN_LIKELY(!f->holds)) return 0;
  void* data = (void*)(long)skb->data;
  void* end = (void*)(long)skb->data_end;
  __be16 type = skb->protocol;
  if (link) {
    struct ethhdr* eth = data;
    if ((void*)(eth + 1) > end) return 1;
    type = eth->h_proto;
    data = eth + 1;
  }
  if (type == bpf_htons(ETH_P_IP)) {
    struct iphdr* ip = data;
    if ((void*)(ip + 1) > end) return 1;
    return pn_hold_bit(f, bpf_ntohl(inbound ? ip->daddr : ip->saddr) >> 8);
  }
  if (type == bpf_htons(ETH_P_IPV6)) {
    struct ipv6hdr* ip = data;
    if ((void*)(ip + 1) > end) return 1;
    const struct in6_addr* a = inbound ? &ip->daddr : &ip->saddr;
    return pn_hold_bit(f, (__u64)bpf_ntohl(a->s6_addr32[0]) << 16 | bpf_ntohl(a->s6_addr32[1]) >> 16);
  }
  return type == bpf_htons(ETH_P_8021Q) || type == bpf_htons(ETH_P_8021AD) || type == bpf_htons(ETH_P_PPP_SES);
}

/* Where IP begins: PN_W_L3, IS6, PPPoE and tags with PN_P_GOVERNED, or 0. */
PN_GLOBAL pn_where pn_locate(struct __sk_buff* skb, int link) {
  pn_where w = PN_P_GOVERNED;
  __u32 off = 0;
  __be16 type = skb->protocol;
  if (link) {
    if (bpf_skb_load_bytes(skb, 12, &type, sizeof type)) return 0;
    off = sizeof(struct ethhdr);
#pragma clang loop unroll(full)
    for (int i = 0; i < PN_ETH_TAGS; i++) {
      if (type != bpf_htons(ETH_P_8021Q) && type != bpf_htons(ETH_P_8021AD)) break;
      struct pn_tag tag;
      if (bpf_skb_load_bytes(skb, off, &tag, sizeof tag)) return 0;
      __u16 id = bpf_ntohs(tag.id) & 0xfff;
      if (i < 2) w |= i ? PN_W_OF_INNER(id) : PN_W_OF_OUTER(id);
      type = tag.protocol;
      off += sizeof tag;
    }
    if (type == bpf_htons(ETH_P_PPP_SES)) {
      struct pn_pppoe s;
      if (bpf_skb_load_bytes(skb, off, &s, sizeof s) || s.version != 0x11 || s.code) return 0;
      __u32 field = s.protocol[0] & 1 ? 1 : 2;
      __u8 ppp = field == 1 ? s.protocol[0] : s.protocol[0] ? 0 : s.protocol[1];
      type = ppp == 0x21 ? bpf_htons(ETH_P_IP) : ppp == 0x57 ? bpf_htons(ETH_P_IPV6) : 0;
      w |= PN_W_OF_PPPOE(field);
      off += 6 + field;
    }
  }
  if (type == bpf_htons(ETH_P_IPV6)) w |= PN_W_OF_IS6;
  return type == bpf_htons(ETH_P_IP) || type == bpf_htons(ETH_P_IPV6) ? w | PN_W_OF_L3(off) : 0;
}

/* IPv6 extension headers of any protocol, from `off` on: L4, NEXT, FIRST; PN_P_FRAGMENT when the ports are elsewhere.
 */
PN_GLOBAL pn_where pn_walk6(struct __sk_buff* skb, __u32 off, __u32 next) {
  pn_where first = 0;
  for (int i = 0; i < PN_IP6_HEADERS; i++) {
    if (!pn_is_extension(next)) break;
    struct pn_extension x;
    if (off > PN_HEADERS_MAX || bpf_skb_load_bytes(skb, off, &x, sizeof x)) return PN_P_FRAGMENT;
    __u32 size = next == IPPROTO_AH ? (x.length + 2) * 4 : (x.length + 1) * 8;
    if (next == IPPROTO_FRAGMENT) {
      if (x.fragment & bpf_htons(0xfff8)) return PN_P_FRAGMENT;
      if (x.fragment & bpf_htons(1)) first = PN_W_OF_FIRST;
      size = 8;
    }
    off += size;
    next = x.next;
  }
  if (off > PN_HEADERS_MAX || pn_is_extension(next)) return PN_P_FRAGMENT;
  return first | PN_W_OF_L4(off) | PN_W_OF_NEXT(next) | PN_P_GOVERNED;
}

/* Fills the packet. The protocol, 256 when its ports cannot be read, -1 when it is no packet. ICMP types come as the
 * source port. */
static __always_inline int pn_look(struct __sk_buff* skb, pn_where w, struct pn_packet* p) {
  p->l3 = PN_W_L3(w);
  p->pppoe = PN_W_PPPOE(w);
  p->vlan_outer = PN_W_OUTER(w);
  p->vlan_inner = PN_W_INNER(w);
  p->ifindex = skb->ifindex;
  int protocol;
  if (PN_W_IS6(w)) {
    struct ipv6hdr ip;
    if (bpf_skb_load_bytes(skb, p->l3, &ip, sizeof ip)) return -1;
    p->family = 6;
    p->source_high = pn_half(&ip.saddr, 0);
    p->source_low = pn_half(&ip.saddr, 2);
    p->destination_high = pn_half(&ip.daddr, 0);
    p->destination_low = pn_half(&ip.daddr, 2);
    pn_where to = pn_walk6(skb, p->l3 + sizeof ip, ip.nexthdr);
    if (PN_W_PARSED(to) != PN_P_GOVERNED) return 256;
    p->l4 = PN_W_L4(to);
    p->first_fragment = PN_W_FIRST(to);
    protocol = PN_W_NEXT(to);
  } else {
    struct iphdr ip;
    if (bpf_skb_load_bytes(skb, p->l3, &ip, sizeof ip)) return -1;
    p->family = 4;
    p->source_low = bpf_ntohl(ip.saddr);
    p->destination_low = bpf_ntohl(ip.daddr);
    if (ip.frag_off & bpf_htons(0x1fff)) return 256;
    p->first_fragment = !!(ip.frag_off & bpf_htons(0x2000));
    p->l4 = p->l3 + ip.ihl * 4;
    protocol = ip.protocol;
  }
  if (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6) {
    __u8 type;
    if (bpf_skb_load_bytes(skb, p->l4, &type, 1)) return 256;
    p->source_port = type;
    return protocol;
  }
  if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP) return protocol;
  if (bpf_skb_load_bytes(skb, p->l4, &p->source_port, 4)) return 256;
  if (protocol == IPPROTO_TCP && bpf_skb_load_bytes(skb, p->l4 + 13, &p->tcp_flags, 1)) return 256;
  return protocol;
}

static __always_inline int pn_is_relay_port(__u32 port) { return port == PN_PORT_MAIL || port == 465 || port == 587; }

/* Errors, neighbour and router discovery, group membership: what keeps a link up. Echo is not in it. */
static __always_inline int pn_is_link_talk(int protocol, __u32 type) {
  if (protocol == IPPROTO_ICMP) return type == 3 || type == 11 || type == 12;
  if (protocol != IPPROTO_ICMPV6) return 0;
  return (type >= 1 && type <= 4) || (type >= 130 && type <= 137) || type == 143;
}

static __always_inline int pn_is_closed(const struct pn_hold* h, __u32 service) {
  int closed = 0;
#pragma clang loop unroll(full)
  for (int i = 0; i < PN_CLOSED_MAX; i++) closed |= h->closed[i] == service;
  return closed;
}

static __always_inline int pn_held_pass(struct pn_case* c) {
  PN_COUNT(c->pc, held_passed);
  PN_COUNT_PAST(c, held_passed);
  pn_touched(c->state, c->slot);
  return PN_NOT_HELD;
}

static __always_inline int pn_held_stop(struct __sk_buff* skb, struct pn_packet* p, struct pn_case* c, int protocol,
                                        int link) {
  PN_COUNT_PAST(c, held_stopped);
  pn_touched(c->state, c->slot);
  return protocol == IPPROTO_TCP ? pn_reject(skb, p, c->config, c->pc, c->now, link) : TC_ACT_SHOT;
}

static __always_inline int pn_held_page(struct __sk_buff* skb, struct pn_packet* p, struct pn_case* c, int link) {
  if (!p->pppoe && !p->first_fragment) {
    int steered = pn_steer(skb, p, 1, PN_LISTENER_GARDEN);
    if (steered == PN_STEERED || steered == PN_STEERED_ESTABLISHED) {
      PN_COUNT(c->pc, held_steered);
      PN_COUNT_PAST(c, held_stopped);
      pn_touched(c->state, c->slot);
      skb->mark = pn_fwmark;
      return TC_ACT_OK;
    }
  }
  PN_COUNT(c->pc, held_garden);
  return pn_held_stop(skb, p, c, IPPROTO_TCP, link);
}

/* A packet that neither the relay nor the allow-list explains. */
static __always_inline int pn_outside(struct __sk_buff* skb, struct pn_packet* p, struct pn_case* c, struct pn_hold* h,
                                      int protocol, int link) {
  __u32 port = bpf_ntohs(p->destination_port);
  int few =
      (protocol == IPPROTO_UDP && (port == 53 || port == 67 || port == 547)) || (protocol == IPPROTO_TCP && port == 53);
  if (few) {
    if (pn_spend(&h->few_tat, c->now >> PN_UNIT_SHIFT, PN_FEW_INTERVAL, PN_FEW_BURST)) return pn_held_pass(c);
    PN_COUNT(c->pc, held_few);
    PN_COUNT_PAST(c, held_stopped);
    pn_touched(c->state, c->slot);
    return TC_ACT_SHOT;
  }
  if (protocol == IPPROTO_TCP && port == PN_PORT_MAIL) {
    __u32 verdict = PN_POLICY_VERDICT(c->state->policy);
    if (verdict != PN_OPEN && verdict != PN_LIMITED && verdict != PN_LISTED) return PN_NOT_HELD;
  }
  if (protocol == IPPROTO_TCP && port == 80) return pn_held_page(skb, p, c, link);
  PN_COUNT(c->pc, held_garden);
  return pn_held_stop(skb, p, c, protocol, link);
}

/* Toward a line in the garden: answers of what it may reach. */
static __always_inline int pn_into_garden(struct pn_packet* p, struct pn_case* c, __u32 nets, int protocol) {
  __u32 port = bpf_ntohs(p->source_port);
  if (nets & PN_NET_ALLOW || pn_is_link_talk(protocol, p->source_port) || pn_is_local_source(p)) return PN_NOT_HELD;
  if (nets & PN_NET_RELAY && (protocol == 256 || (protocol == IPPROTO_TCP && pn_is_relay_port(port))))
    return PN_NOT_HELD;
  if (protocol == IPPROTO_UDP && (port == 53 || port == 67 || port == 547)) return PN_NOT_HELD;
  if (protocol == IPPROTO_TCP && port == 53) return PN_NOT_HELD;
  PN_COUNT(c->pc, held_inbound);
  return TC_ACT_SHOT;
}

static __always_inline int pn_out_of_line(struct __sk_buff* skb, struct pn_packet* p, struct pn_case* c,
                                          struct pn_hold* h, __u32 nets, int protocol, int link) {
  __u32 port = bpf_ntohs(p->destination_port);
  int has_port = protocol == IPPROTO_TCP || protocol == IPPROTO_UDP;
  if (nets & PN_NET_RELAY && (protocol == 256 || (protocol == IPPROTO_TCP && pn_is_relay_port(port))))
    return pn_held_pass(c);
  if (has_port && pn_is_closed(h, PN_CLOSED(protocol, port))) {
    PN_COUNT(c->pc, held_closed);
    __sync_fetch_and_add(&c->state->blocked, 1);
    return pn_held_stop(skb, p, c, protocol, link);
  }
  if (h->kind != PN_HOLD_GARDEN || nets & PN_NET_ALLOW || pn_is_local_destination(p) ||
      pn_is_link_talk(protocol, p->source_port))
    return pn_held_pass(c);
  return pn_outside(skb, p, c, h, protocol, link);
}

PN_GLOBAL int pn_held(struct __sk_buff* skb, int link, int inbound) {
  struct pn_packet p = {};
  struct pn_case c = {};
  pn_where w = pn_locate(skb, link);
  if (!PN_W_PARSED(w)) return PN_NOT_HELD;
  int protocol = pn_look(skb, w, &p);
  if (protocol < 0) return PN_NOT_HELD;
  __u64 high = inbound ? p.destination_high : p.source_high;
  __u64 low = inbound ? p.destination_low : p.source_low;
  __u32 zero = 0;
  const struct pn_hold_filter* f = bpf_map_lookup_elem(&pn_hold_filter, &zero);
  if (!f || !pn_hold_bit(f, p.family == 4 ? low >> 8 : high >> 16)) return PN_NOT_HELD;
  struct pn_hold_key key = {.bits = 128};
  pn_address16(key.address, p.family, high, low);
  struct pn_hold* h = bpf_map_lookup_elem(&pn_hold, &key);
  const struct pn_live* live = bpf_map_lookup_elem(&pn_live, &zero);
  c.pc = pn_my_percpu();
  if (!h || !live || !c.pc) return PN_NOT_HELD;
  c.slot = p.family == 4 ? pn_slot_of4((__u32)low) : pn_slot_of6(live, high, low);
  if (c.slot != h->slot) return PN_NOT_HELD;
  __u32 active = live->active & 1;
  c.config = bpf_map_lookup_elem(&pn_config, &active);
  c.state = pn_slot_at(c.slot);
  if (!c.config || !c.state) return PN_NOT_HELD;
  c.now = pn_now(c.pc);
  if (c.state->expires && (__u32)(c.now >> PN_TICK_SHIFT) >= c.state->expires) return PN_NOT_HELD;
  if (inbound) {
    if (h->kind != PN_HOLD_GARDEN || skb->mark == pn_fwmark || (skb->sk && !skb->ingress_ifindex)) return PN_NOT_HELD;
    return pn_into_garden(&p, &c, pn_net_lookup(c.config->generation, p.family, p.source_high, p.source_low), protocol);
  }
  int validity = pn_validate(skb, &p, c.state, c.config, c.slot, c.now);
  if (validity != PN_VALID) { /* not the line's: neither its counters nor its answers */
    if (validity == PN_SPOOFED)
      PN_COUNT(c.pc, drop_spoofed_source);
    else
      PN_COUNT(c.pc, drop_wrong_access);
    return TC_ACT_SHOT;
  }
  __u32 nets = pn_net_lookup(c.config->generation, p.family, p.destination_high, p.destination_low);
  return pn_out_of_line(skb, &p, &c, h, nets, protocol, link);
}
