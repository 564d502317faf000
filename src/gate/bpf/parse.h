/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Bytes to the few fields the gate judges by. Ethernet or none, VLAN tags in metadata and in the frame, PPPoE sessions,
 * IPv4 options, IPv6 extension headers. Stops at the first sign that the packet is not governed. */
#pragma once

#include <bpf/bpf_endian.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include "maps.h"

enum pn_parsed {
  PN_P_FOREIGN, /* not governed */
  PN_P_GOVERNED,
  PN_P_SHORT, /* a header reaches past the linear part */
  PN_P_TRUNCATED,
  PN_P_FRAGMENT, /* non-first, of TCP or unknown protocol */
  PN_P_TINY_FRAGMENT,
  PN_P_HEADERS,
};

/* Where the headers are, in one register: the parser runs on every packet of the network and must not touch memory for
 * it, and the verifier forgets here by which of its many paths it came. */
typedef __u64 pn_where;
#define PN_W_PARSED(w) ((w) & 7)
#define PN_W_IS6(w) ((w) >> 3 & 1)
#define PN_W_PPPOE(w) ((w) >> 4 & 3) /* length of the PPP protocol field */
#define PN_W_FIRST(w) ((w) >> 6 & 1) /* first fragment of several */
#define PN_W_L3(w) ((__u32)((w) >> 8 & 0xff))
#define PN_W_L4(w) ((__u32)((w) >> 20 & 0x7ff))
#define PN_W_OUTER(w) ((__u16)((w) >> 36 & 0xfff)) /* tags in the frame */
#define PN_W_INNER(w) ((__u16)((w) >> 48 & 0xfff))
#define PN_W_OF_IS6 (1ULL << 3)
#define PN_W_OF_PPPOE(n) ((pn_where)(n) << 4)
#define PN_W_OF_FIRST (1ULL << 6)
#define PN_W_OF_L3(n) ((pn_where)(n) << 8)
#define PN_W_OF_L4(n) ((pn_where)(n) << 20)
#define PN_W_OF_OUTER(n) ((pn_where)(n) << 36)
#define PN_W_OF_INNER(n) ((pn_where)(n) << 48)

/* What is judged, once the packet is known to be governed. */
struct pn_packet {
  __u64 source_high, source_low; /* IPv6 as host order halves; IPv4 as host order in source_low */
  __u64 destination_high, destination_low;
  __u32 l3, l4; /* offsets */
  __u32 ifindex;
  __be16 source_port, destination_port;
  __u16 vlan_outer, vlan_inner;
  __u8 tcp_flags;
  __u8 family; /* 4 or 6 */
  __u8 pppoe;
  __u8 first_fragment;
  __u8 verdict;
  __u8 contact; /* PN_CONTACT_* */
  __u8 zero[2];
};

#define PN_TCP_FIN 1
#define PN_TCP_SYN 2
#define PN_TCP_RST 4
#define PN_TCP_ACK 16
#define PN_IS_SYN(p) (((p)->tcp_flags & (PN_TCP_SYN | PN_TCP_ACK | PN_TCP_RST)) == PN_TCP_SYN)

#define PN_ETH_TAGS 3
#define PN_IP6_HEADERS 8
#define PN_HEADERS_MAX 1024 /* where TCP may begin at the latest */

struct pn_tag {
  __be16 id;
  __be16 protocol;
};
struct pn_pppoe {
  __u8 version;
  __u8 code;
  __be16 session;
  __be16 length;
  __u8 protocol[2];
};
struct pn_tcp {
  __be16 source, destination;
  __be32 sequence, acknowledgement;
  __u8 offset;
  __u8 flags;
  __be16 window, checksum, urgent;
};
struct pn_extension {
  __u8 next;
  __u8 length;
  __be16 fragment;
};

static __always_inline int pn_governs(__be16 be_port) {
  __u32 port = bpf_ntohs(be_port);
  __u32 key = port >> 6;
  __u64* word = bpf_map_lookup_elem(&pn_service, &key);
  return word && *word >> (port & 63) & 1;
}

static __always_inline pn_where pn_parse_tcp(void* data, void* end, pn_where w, __u32 off, int inbound) {
  struct pn_tcp* tcp = data + off;
  w |= PN_W_OF_L4(off);
  if (PN_UNLIKELY((void*)(tcp + 1) > end)) return w | PN_P_SHORT;
  return PN_UNLIKELY(pn_governs(inbound ? tcp->source : tcp->destination)) ? w | PN_P_GOVERNED : PN_P_FOREIGN;
}

static __always_inline pn_where pn_parse4(void* data, void* end, pn_where w, __u32 off, int inbound) {
  struct iphdr* ip = data + off;
  if (PN_UNLIKELY((void*)(ip + 1) > end)) return PN_P_SHORT;
  if (ip->protocol != IPPROTO_TCP) return PN_P_FOREIGN;
  if (PN_UNLIKELY(ip->version != 4 || ip->ihl < 5)) return PN_P_FOREIGN; /* every stack drops it */
  if (PN_UNLIKELY(ip->frag_off & bpf_htons(0x3fff))) {
    __u32 at = bpf_ntohs(ip->frag_off) & 0x1fff;
    if (at) return at * 8 < sizeof(struct pn_tcp) ? PN_P_TINY_FRAGMENT : PN_P_FRAGMENT;
    w |= PN_W_OF_FIRST;
  }
  return pn_parse_tcp(data, end, w | PN_W_OF_L3(off), off + ip->ihl * 4, inbound);
}

static __always_inline int pn_is_extension(__u8 next) {
  return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS || next == IPPROTO_FRAGMENT ||
         next == IPPROTO_AH || next == IPPROTO_MH;
}

/* A walk along extension headers in one register: what a pn_where has, the offset as L4, and the next header. */
#define PN_W_NEXT(w) ((__u8)((w) >> 56))
#define PN_W_OF_NEXT(n) ((pn_where)(n) << 56)

/* One header. Verified by itself: its branches do not multiply along the chain. Leaves PN_W_PARSED set at the end. */
PN_GLOBAL pn_where pn_parse_extension(struct __sk_buff* skb, pn_where w) {
  void* data = (void*)(long)skb->data;
  void* end = (void*)(long)skb->data_end;
  __u32 off = PN_W_L4(w);
  __u8 next = PN_W_NEXT(w);
  struct pn_extension* x = data + off;
  if ((void*)(x + 1) > end) return PN_P_SHORT;
  __u32 size = next == IPPROTO_AH ? (x->length + 2) * 4 : (x->length + 1) * 8;
  if (next == IPPROTO_FRAGMENT) {
    __u16 fragment = bpf_ntohs(x->fragment);
    if (fragment & 0xfff8) {
      if (x->next != IPPROTO_TCP) return x->next == IPPROTO_DSTOPTS ? PN_P_FRAGMENT : PN_P_FOREIGN;
      return (fragment & 0xfff8) < sizeof(struct pn_tcp) ? PN_P_TINY_FRAGMENT : PN_P_FRAGMENT;
    }
    if (fragment & 1) w |= PN_W_OF_FIRST;
    size = 8;
  }
  if (off + size > PN_HEADERS_MAX) return PN_P_HEADERS;
  w &= ~(PN_W_OF_L4(0x7ff) | PN_W_OF_NEXT(0xff));
  return w | PN_W_OF_L4(off + size) | PN_W_OF_NEXT(x->next) | PN_P_GOVERNED;
}

/* The chain from w's L4 on; ends at TCP with PN_P_GOVERNED, or with what else it found. */
PN_GLOBAL pn_where pn_parse_chain(struct __sk_buff* skb, pn_where w) {
  for (int i = 0; i < PN_IP6_HEADERS; i++) {
    if (!pn_is_extension(PN_W_NEXT(w))) return PN_W_NEXT(w) == IPPROTO_TCP ? w : PN_P_FOREIGN;
    w = pn_parse_extension(skb, w);
    if (PN_W_PARSED(w) != PN_P_GOVERNED) return w;
  }
  return PN_W_NEXT(w) == IPPROTO_TCP ? w : pn_is_extension(PN_W_NEXT(w)) ? PN_P_HEADERS : PN_P_FOREIGN;
}

static __always_inline pn_where pn_parse6(struct __sk_buff* skb, void* data, void* end, pn_where w, __u32 off,
                                          int inbound) {
  struct ipv6hdr* ip = data + off;
  if (PN_UNLIKELY((void*)(ip + 1) > end)) return PN_P_SHORT;
  __u8 next = ip->nexthdr;
  w |= PN_W_OF_L3(off) | PN_W_OF_IS6;
  off += sizeof *ip;
  if (PN_LIKELY(next == IPPROTO_TCP)) return pn_parse_tcp(data, end, w, off, inbound);
  if (!pn_is_extension(next)) return PN_P_FOREIGN;
  pn_where chain = pn_parse_chain(skb, PN_W_OF_L4(off) | PN_W_OF_NEXT(next));
  if (PN_W_PARSED(chain) != PN_P_GOVERNED) return chain;
  return pn_parse_tcp(data, end, w | (chain & PN_W_OF_FIRST), PN_W_L4(chain), inbound);
}

static __always_inline pn_where pn_parse_ip(struct __sk_buff* skb, void* data, void* end, __be16 protocol, pn_where w,
                                            __u32 off, int inbound) {
  if (protocol == bpf_htons(ETH_P_IP)) return pn_parse4(data, end, w, off, inbound);
  if (protocol == bpf_htons(ETH_P_IPV6)) return pn_parse6(skb, data, end, w, off, inbound);
  return PN_P_FOREIGN;
}

/* Tags and PPPoE sessions; `type` is the EtherType of the frame. */
static __always_inline pn_where pn_parse_tagged(struct __sk_buff* skb, void* data, void* end, __be16 type,
                                                int inbound) {
  __u32 off = sizeof(struct ethhdr);
  pn_where w = 0;
#pragma clang loop unroll(full)
  for (int i = 0; i < PN_ETH_TAGS; i++) {
    if (type != bpf_htons(ETH_P_8021Q) && type != bpf_htons(ETH_P_8021AD)) break;
    struct pn_tag* tag = data + off;
    if ((void*)(tag + 1) > end) return PN_P_SHORT;
    __u16 id = bpf_ntohs(tag->id) & 0xfff;
    if (i < 2) w |= i ? PN_W_OF_INNER(id) : PN_W_OF_OUTER(id);
    type = tag->protocol;
    off += sizeof *tag;
  }
  if (type != bpf_htons(ETH_P_PPP_SES)) return pn_parse_ip(skb, data, end, type, w, off, inbound);
  struct pn_pppoe* pppoe = data + off;
  if ((void*)(pppoe + 1) > end) return PN_P_SHORT;
  if (pppoe->version != 0x11 || pppoe->code != 0) return PN_P_FOREIGN;
  /* RFC 1661 section 6.5: one byte when the first is odd. */
  __u32 field = pppoe->protocol[0] & 1 ? 1 : 2;
  __u8 ppp = field == 1 ? pppoe->protocol[0] : pppoe->protocol[0] ? 0 : pppoe->protocol[1];
  type = ppp == 0x21 ? bpf_htons(ETH_P_IP) : ppp == 0x57 ? bpf_htons(ETH_P_IPV6) : 0;
  return pn_parse_ip(skb, data, end, type, w | PN_W_OF_PPPOE(field), off + 6 + field, inbound);
}

/* The rare shapes, out of the way of the others. */
PN_GLOBAL pn_where pn_parse_rare(struct __sk_buff* skb, int link, int inbound) {
  void* data = (void*)(long)skb->data;
  void* end = (void*)(long)skb->data_end;
  if (!link) return pn_parse_ip(skb, data, end, skb->protocol, 0, 0, inbound);
  struct ethhdr* eth = data;
  if ((void*)(eth + 1) > end) return PN_P_SHORT;
  return pn_parse_tagged(skb, data, end, eth->h_proto, inbound);
}

static __always_inline pn_where pn_parse(struct __sk_buff* skb, int link, int inbound) {
  void* data = (void*)(long)skb->data;
  void* end = (void*)(long)skb->data_end;
  if (!link) return pn_parse_ip(skb, data, end, skb->protocol, 0, 0, inbound);
  struct ethhdr* eth = data;
  if (PN_UNLIKELY((void*)(eth + 1) > end)) return PN_P_FOREIGN;
  __be16 type = eth->h_proto;
  if (PN_LIKELY(type == bpf_htons(ETH_P_IP) || type == bpf_htons(ETH_P_IPV6)))
    return pn_parse_ip(skb, data, end, type, 0, sizeof *eth, inbound);
  if (type == bpf_htons(ETH_P_8021Q) || type == bpf_htons(ETH_P_8021AD) || type == bpf_htons(ETH_P_PPP_SES))
    return pn_parse_tagged(skb, data, end, type, inbound);
  return PN_P_FOREIGN;
}

static __always_inline __u64 pn_half(const struct in6_addr* a, int i) {
  return (__u64)bpf_ntohl(a->s6_addr32[i]) << 32 | bpf_ntohl(a->s6_addr32[i + 1]);
}

/* The fields of a governed packet. 0 = the parser was wrong about the packet, which it cannot be. */
static __always_inline int pn_read(struct __sk_buff* skb, pn_where w, struct pn_packet* p) {
  void* data = (void*)(long)skb->data;
  void* end = (void*)(long)skb->data_end;
  p->l3 = PN_W_L3(w);
  p->l4 = PN_W_L4(w);
  if (PN_W_IS6(w)) {
    struct ipv6hdr* ip = data + p->l3;
    if ((void*)(ip + 1) > end) return 0;
    p->family = 6;
    p->source_high = pn_half(&ip->saddr, 0);
    p->source_low = pn_half(&ip->saddr, 2);
    p->destination_high = pn_half(&ip->daddr, 0);
    p->destination_low = pn_half(&ip->daddr, 2);
  } else {
    struct iphdr* ip = data + p->l3;
    if ((void*)(ip + 1) > end) return 0;
    p->family = 4;
    p->source_low = bpf_ntohl(ip->saddr);
    p->destination_low = bpf_ntohl(ip->daddr);
  }
  struct pn_tcp* tcp = data + p->l4;
  if ((void*)(tcp + 1) > end) return 0;
  p->source_port = tcp->source;
  p->destination_port = tcp->destination;
  p->tcp_flags = tcp->flags;
  p->pppoe = PN_W_PPPOE(w);
  p->first_fragment = PN_W_FIRST(w);
  p->vlan_outer = PN_W_OUTER(w);
  p->vlan_inner = PN_W_INNER(w);
  p->ifindex = skb->ifindex;
  return 1;
}
