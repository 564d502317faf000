/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * explain, and HTTP of the garden: hand the packet to the local listener. An established connection of exactly these
 * addresses comes first, else the listener. Always assigns a socket or says why not; it never only marks, so a lost
 * route rule fails closed.
 */
#pragma once

#include "buckets.h"
#include "parse.h"

enum pn_steered { PN_STEERED, PN_STEERED_ESTABLISHED, PN_NOT_OURS, PN_NO_LISTENER, PN_NOT_ASSIGNED, PN_OVER_BANNERS };

static __always_inline int pn_tuple_of(struct bpf_sock_tuple* t, const struct pn_packet* p) {
  if (p->family == 4) {
    t->ipv4.saddr = bpf_htonl((__u32)p->source_low);
    t->ipv4.daddr = bpf_htonl((__u32)p->destination_low);
    t->ipv4.sport = p->source_port;
    t->ipv4.dport = p->destination_port;
    return sizeof t->ipv4;
  }
  pn_address16((__u8*)t->ipv6.saddr, 6, p->source_high, p->source_low);
  pn_address16((__u8*)t->ipv6.daddr, 6, p->destination_high, p->destination_low);
  t->ipv6.sport = p->source_port;
  t->ipv6.dport = p->destination_port;
  return sizeof t->ipv6;
}

/* An ACK that carries our SYN cookie: the explainer's backlog was full when its SYN came. */
static __always_inline int pn_is_cookie(struct __sk_buff* skb, struct bpf_sock* listener, const struct pn_packet* p) {
  struct pn_tcp tcp;
  if (bpf_skb_load_bytes(skb, p->l4, &tcp, sizeof tcp)) return 0;
  if (p->family == 4) {
    struct iphdr ip;
    return !bpf_skb_load_bytes(skb, p->l3, &ip, sizeof ip) &&
           !bpf_tcp_check_syncookie(listener, &ip, sizeof ip, (void*)&tcp, sizeof tcp);
  }
  struct ipv6hdr ip;
  return !bpf_skb_load_bytes(skb, p->l3, &ip, sizeof ip) &&
         !bpf_tcp_check_syncookie(listener, &ip, sizeof ip, (void*)&tcp, sizeof tcp);
}

PN_GLOBAL int pn_steer(struct __sk_buff* skb, const struct pn_packet* p, int banner, __u32 listener) {
  if (!p) return PN_NOT_OURS;
  struct bpf_sock_tuple tuple = {};
  struct bpf_sock* sk;
  if (p->family == 4)
    sk = bpf_skc_lookup_tcp(skb, &tuple, (pn_tuple_of(&tuple, p), sizeof tuple.ipv4), BPF_F_CURRENT_NETNS, 0);
  else
    sk = bpf_skc_lookup_tcp(skb, &tuple, (pn_tuple_of(&tuple, p), sizeof tuple.ipv6), BPF_F_CURRENT_NETNS, 0);
  if (sk) {
    if (sk->state != BPF_TCP_LISTEN) {
      long refused = bpf_sk_assign(skb, sk, 0);
      bpf_sk_release(sk);
      return refused ? PN_NOT_ASSIGNED : PN_STEERED_ESTABLISHED;
    }
    bpf_sk_release(sk); /* a mail server of this machine that listens on port 25 of any address */
  }
  int syn = PN_IS_SYN(p);
  if (!syn && (p->tcp_flags & (PN_TCP_SYN | PN_TCP_ACK | PN_TCP_RST)) != PN_TCP_ACK) return PN_NOT_OURS;
  if (syn && !banner) return PN_OVER_BANNERS;
  __u32 key = listener + (p->family == 6);
  sk = bpf_map_lookup_elem(&pn_listener, &key);
  if (!sk) return syn ? PN_NO_LISTENER : PN_NOT_OURS;
  int result = PN_NOT_OURS;
  if (syn || pn_is_cookie(skb, sk, p)) result = bpf_sk_assign(skb, sk, 0) ? PN_NOT_ASSIGNED : PN_STEERED;
  bpf_sk_release(sk);
  return result;
}
