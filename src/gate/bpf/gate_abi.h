/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * What the kernel programs and the loader both know: map keys and values, counters, codes. Everything here is pinned
 * and outlives processes: a change of any shape or meaning raises PN_ABI_VERSION. */
#ifndef POSTERN_GATE_ABI_H
#define POSTERN_GATE_ABI_H

#include <linux/types.h>

#ifdef __cplusplus
#define PN_SIZE(type, size) static_assert(sizeof(struct type) == (size), #type)
#else
#define PN_SIZE(type, size) _Static_assert(sizeof(struct type) == (size), #type)
#endif

#define PN_ABI_VERSION 3
#define PN_PORT_MAIL 25

/* Time in slots: u64 ns of CLOCK_BOOTTIME, cut to what each field needs. */
#define PN_UNIT_SHIFT 10 /* bucket times: 1.024 us */
#define PN_TICK_SHIFT 26 /* expiry, banners, memory: 67 ms; a u32 of it is nine years of uptime */
#define PN_SEEN_SHIFT 30 /* how long a source address stays validated: 1.07 s */

/* model::Verdict + 1, so that a slot nobody filled is closed. */
enum pn_verdict { PN_UNSET, PN_OPEN, PN_LIMITED, PN_LISTED, PN_EXPLAIN, PN_REJECT, PN_DROP };
#define PN_POLICY(verdict, reason) ((__u8)((verdict) | (reason) << 3))
#define PN_POLICY_VERDICT(policy) ((policy) & 7)
#define PN_POLICY_REASON(policy) ((policy) >> 3)

#define PN_MEMORY 16 /* destination networks a line remembers */

/* Per-line state, in two arrays. One cache line has all that a packet needs which brings nothing new: with a million
 * lines, fetching it is most of what a decision costs. The loader writes policy fields in place through a mapping, the
 * programs write the rest; neither writes the other's, but for `marked`.
 * Buckets are GCRA: one theoretical arrival time each; a token is there when tat <= now + (burst - 1) * interval. */
struct pn_slot {
  __u8 policy;          /* PN_POLICY */
  __u8 memory_shift;    /* age unit = 1 << shift ticks */
  __u8 memory_units;    /* T_mem in age units, at most 127 */
  __u8 seen_at;         /* when seen_ifindex was validated, PN_SEEN_SHIFT */
  __u32 expires;        /* tick; 0 = never */
  __u32 access_ifindex; /* 0 = validate by route */
  __u16 vlan_outer;     /* 0 = not checked */
  __u16 vlan_inner;
  __u32 connection_interval; /* units per token; 0 = no limit */
  __u16 connection_burst;
  __u8 marked; /* 1 = its bit in pn_dirty is set, or the program that wrote the 1 is about to */
  __u8 zero;
  __u64 connection_tat;
  __u64 recent;      /* four of `memory`, newest in the low 16 bits, so that most SYNs do not look there; 0 = free */
  __u32 recent_age;  /* theirs, a byte each */
  __u32 memory_tick; /* last write of `memory`; older than T_mem = all of it is void */
  __u32 seen_ifindex;
  __u32 banner_tat; /* ticks */
  __u32 passed;     /* counters as model::LineSum */
  __u32 blocked;
};
PN_SIZE(pn_slot, 64);

/* The rest of a line's state: for what is new, over a limit, explained. */
struct pn_past {
  __u32 lock;              /* 1 = `memory` is being changed; held for nanoseconds by a program, never by the loader */
  __u32 network_interval;  /* as connection_interval */
  __u64 network_tat;       /* new networks, or reported contacts where no network limit holds */
  __u16 memory[PN_MEMORY]; /* fingerprints, 0 = free */
  __u8 age[PN_MEMORY];
  __u16 network_burst;
  __u16 zero;
  __u32 explained;
  __u32 over_limit;
  __u32 inbound_dropped;
  __u32 held_stopped; /* packets of a held line, by its hold */
  __u32 held_passed;
};
PN_SIZE(pn_past, 88);

/* Beside each slot, for the loader alone: what it needs to take the table over after a restart. */
struct pn_note {
  __u32 line; /* SubscriberId */
  __u32 revision;
  __u8 address[16];  /* one address of the line, IPv4 as ::ffff:a.b.c.d */
  __u32 used;        /* 1 = the slot belongs to `line` */
  __u32 reported[7]; /* counters as last reported, in the order of model::LineSum */
};
PN_SIZE(pn_note, 56);

/* Sixteen u32 in one cache line: arrays of bare u32 spend eight bytes on each. */
struct pn_u32x16 {
  __u32 v[16];
};
PN_SIZE(pn_u32x16, 64);

/* IPv4, first level, by address >> 12: 0 = no entry (page 0 stays empty), a page of pn_leaf, or one slot for all of it.
 */
#define PN_BLOCKS (1U << 20)
#define PN_BLOCK_SLOT 0x80000000U
#define PN_PAGE_ADDRESSES 4096U
/* The slot a single address has when nobody else took it; a hint for the cache, never trusted. Page 0 has none. */
#define PN_HOME(page, address) (((page) - 1) * PN_PAGE_ADDRESSES + ((address) & (PN_PAGE_ADDRESSES - 1)) + 1)

/* IPv6: masked prefix, host order halves. */
struct pn_key6 {
  __u64 high;
  __u64 low;
  __u32 length;
  __u32 zero;
};
PN_SIZE(pn_key6, 24);
#define PN_LENGTHS6 4

/* Of pn_listener. */
#define PN_LISTENER_EXPLAINER 0U
#define PN_LISTENER_GARDEN 2U

/* Relay, dark and own prefixes: one trie, keyed by generation, so that a new set comes into force with the config. */
struct pn_net_key {
  __u32 bits; /* 32 + prefix length */
  __u8 generation;
  __u8 family; /* 4 or 6 */
  __u16 zero;
  __u8 address[16];
};
PN_SIZE(pn_net_key, 24);
#define PN_NET_RELAY 1U
#define PN_NET_DARK 2U
#define PN_NET_OWN 4U
#define PN_NET_ALLOW 8U /* what a line in the garden may reach */

struct pn_listed_key {
  __u32 bits; /* 32 + 96 for IPv4 + prefix length */
  __u32 slot;
  __u8 address[16];
};
PN_SIZE(pn_listed_key, 24);

/* A held prefix; the longest wins, and only while its addresses are of `slot`: nobody inherits a hold. */
struct pn_hold_key {
  __u32 bits; /* 96 for IPv4 + prefix length */
  __u8 address[16];
};
PN_SIZE(pn_hold_key, 20);
enum pn_hold_kind { PN_HOLD_NONE, PN_HOLD_SERVICES, PN_HOLD_GARDEN }; /* model::Hold */
#define PN_CLOSED_MAX 16
#define PN_CLOSED(protocol, port) ((__u32)(protocol) << 16 | (port))
struct pn_hold {
  __u32 slot;
  __u8 kind;
  __u8 zero[3];
  __u64 few_tat;               /* tokens of DNS and DHCP packets out of the garden */
  __u32 closed[PN_CLOSED_MAX]; /* PN_CLOSED, 0 = end */
};
PN_SIZE(pn_hold, 80);
#define PN_FEW_INTERVAL 19531U /* units: 50 packets a second */
#define PN_FEW_BURST 500U

/* One bit per hash of the first 24 (IPv4) or 48 bits (IPv6) any held prefix may cover: all that innocent packets see
 * of holds, and of it only the first word while there is no hold. */
#define PN_HOLD_BITS 32768U
#define PN_HOLD_HASH(head) ((__u32)((__u64)(head) * 0x9e3779b97f4a7c15ULL >> 49))
struct pn_hold_filter {
  __u64 holds;
  __u64 bits[PN_HOLD_BITS / 64];
};
PN_SIZE(pn_hold_filter, 4104);

#define PN_F_VALIDATE 1U       /* source validation by route */
#define PN_F_OWN 2U            /* own prefixes are known: a source outside is spoofed */
#define PN_F_DROP_FRAGMENTS 4U /* else they pass, counted */

/* Two of these and a switch. filter4/6: a bit per address >> 20 (IPv4) or hash of the first 32 bits (IPv6) that any
 * prefix of the trie may hold, so that most packets skip the trie. */
#define PN_FILTER_WORDS 64
struct pn_config {
  __u32 flags;
  __u32 generation;
  __u32 contact_interval; /* units */
  __u32 contact_burst;
  __u32 banner_interval; /* ticks */
  __u32 banner_burst;
  __u32 reset_interval; /* units, per CPU */
  __u32 reset_burst;
  __u64 filter4[PN_FILTER_WORDS];
  __u64 filter6[PN_FILTER_WORDS];
};
PN_SIZE(pn_config, 1056);

/* The switch, and what changes apart from the config. */
struct pn_live {
  __u32 active;               /* which pn_config */
  __u8 lengths6[PN_LENGTHS6]; /* longest first, 0 = end */
  __u64 seed;                 /* of fingerprints; set once */
  __u32 abi;
  __u32 lines_max;
  __u32 pages_max;
  __u32 slots_high; /* highest slot ever used */
  __u32 pages_high;
  __u32 spare;
};
PN_SIZE(pn_live, 40);

enum pn_pending_state { PN_WAITING, PN_ANSWERED, PN_RESET };
struct pn_flow {
  __u8 source[16]; /* the line */
  __u8 destination[16];
  __be16 source_port;
  __be16 destination_port;
};
PN_SIZE(pn_flow, 36);
#define PN_CONTACT_DARK 1
#define PN_CONTACT_VALIDATED 2
struct pn_pending {
  __u64 time; /* boot ns */
  __u32 slot;
  __u32 ifindex;
  __u8 state;
  __u8 verdict;
  __u8 flags;
  __u8 zero[5];
};
PN_SIZE(pn_pending, 24);

/* A first contact whose outcome will not become known. */
struct pn_event {
  __u64 time;
  __u32 slot;
  __u32 ifindex;
  struct pn_flow flow;
  __u8 verdict;
  __u8 flags;
  __u8 zero[2];
};
PN_SIZE(pn_event, 56);

/* Every reason has one. A drop without a counter does not exist. */
#define PN_COUNTERS(X)                                                       \
  X(pass_relay) /* to the provider's relay */                                \
  X(pass_open)                                                               \
  X(pass_limited)                                                            \
  X(pass_listed)                                                             \
  X(pass_local)          /* both ends link-local or unspecified */           \
  X(pass_fragment)       /* non-first, without a port */                     \
  X(steered)             /* to the explainer's listener */                   \
  X(steered_established) /* to a connection the explainer has */             \
  X(reset)               /* RST sent */                                      \
  X(drop_verdict)                                                            \
  X(drop_unset) /* no policy yet */                                          \
  X(drop_spoofed_source)                                                     \
  X(drop_wrong_access) /* not the interface or VLAN of the line */           \
  X(drop_no_listener)                                                        \
  X(drop_not_assigned)  /* the kernel refused the socket */                  \
  X(drop_reset_rate)    /* would be a RST, over the rate */                  \
  X(drop_reset_failed)  /* would be a RST, the packet cannot be rewritten */ \
  X(drop_stray)         /* RST of a connection that is closed already */     \
  X(drop_truncated)     /* TCP header not whole, port governed or unknown */ \
  X(drop_fragment)      /* first fragment, governed and not passed */        \
  X(drop_tiny_fragment) /* fragment inside the TCP header (RFC 1858) */      \
  X(drop_any_fragment)  /* non-first, by setting */                          \
  X(drop_headers)       /* IPv6 extension headers without end */             \
  X(drop_inbound)       /* source port 25 toward a closed line */            \
  X(inbound_relay)                                                           \
  X(inbound_local) /* the explainer's own packets, our RSTs */               \
  X(inbound_passed)                                                          \
  X(over_limit)                                                              \
  X(over_banners)                                                            \
  X(expired)             /* judged by class unknown since the entry ended */ \
  X(unknown)             /* no entry */                                      \
  X(contacts)            /* first contacts recorded */                       \
  X(contacts_unreported) /* over contacts_per_min */                         \
  X(memory_busy)         /* put off to the retry */                          \
  X(events_lost)         /* ring full */                                     \
  X(pending_full)                                                            \
  X(pulled)       /* header not in the linear part */                        \
  X(gro)          /* governed packets that stand for several */              \
  X(held_passed)  /* of a held line, not taken by its hold */                \
  X(held_closed)  /* stopped: a service closed to the line */                \
  X(held_garden)  /* stopped: outside the garden */                          \
  X(held_few)     /* stopped: DNS or DHCP over its rate */                   \
  X(held_inbound) /* stopped: toward a line in the garden */                 \
  X(held_steered) /* HTTP, to the garden's page */

#define PN_COUNTER_ENUM(name) PN_C_##name,
enum pn_counter { PN_COUNTERS(PN_COUNTER_ENUM) PN_C_MAX };
#define PN_COUNTERS_SPACE 61
#ifdef __cplusplus
static_assert(PN_C_MAX <= PN_COUNTERS_SPACE, "counters");
#else
_Static_assert(PN_C_MAX <= PN_COUNTERS_SPACE, "counters");
#endif

struct pn_percpu {
  __u64 counter[PN_COUNTERS_SPACE];
  __u64 reset_tat; /* units */
  __u64 jiffies;   /* when `now` was read */
  __u64 now;
};
PN_SIZE(pn_percpu, 512);

/* The filter's place on every hook. */
#define PN_FILTER_HANDLE 0x706e
#define PN_FILTER_PRIORITY 0x2525

#endif
