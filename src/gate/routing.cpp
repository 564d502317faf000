// SPDX-License-Identifier: Apache-2.0
#include "gate/routing.h"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <linux/fib_rules.h>
#include <net/if.h>

#include "gate/netlink.h"

namespace postern::gate {
namespace {

Request rule(const Routing& r, uint16_t type, uint16_t flags, uint8_t family) {
  fib_rule_hdr h{};
  h.family = family;
  h.action = FR_ACT_TO_TBL;
  Request q(type, flags, h);
  q.number(FRA_FWMARK, r.fwmark);
  q.number(FRA_TABLE, r.table);
  q.number(FRA_PRIORITY, r.priority);
  return q;
}

Request route(const Routing& r, uint16_t type, uint16_t flags, uint8_t family) {
  rtmsg m{};
  m.rtm_family = family;
  m.rtm_table = RT_TABLE_UNSPEC;
  m.rtm_protocol = RTPROT_STATIC;
  m.rtm_scope = RT_SCOPE_HOST;
  m.rtm_type = RTN_LOCAL;
  Request q(type, flags, m);
  q.number(RTA_TABLE, r.table);
  q.number(RTA_OIF, if_nametoindex("lo"));
  return q;
}

bool is_absent_family(int error) { return error == -EAFNOSUPPORT || error == -EOPNOTSUPP; }

Status answer(int error, const char* what) {
  if (error == 0) return {};
  errno = -error;
  return fail_errno(what);
}

Result<bool> has_rule(Netlink& link, const Routing& r, uint8_t family) {
  fib_rule_hdr h{};
  h.family = family;
  Request q(RTM_GETRULE, 0, h);
  bool found = false;
  PN_TRY_VOID(link.dump(q, [&](const nlmsghdr& m) {
    const auto is = [&](uint16_t type, uint32_t value) {
      const rtattr* a = find_attribute(m, sizeof(fib_rule_hdr), type);
      uint32_t got = 0;
      if (a != nullptr && RTA_PAYLOAD(a) == sizeof got) std::memcpy(&got, RTA_DATA(a), sizeof got);
      return a != nullptr && got == value;
    };
    found |= is(FRA_FWMARK, r.fwmark) && is(FRA_TABLE, r.table);
  }));
  return found;
}

Result<bool> has_route(Netlink& link, const Routing& r, uint8_t family) {
  rtmsg m{};
  m.rtm_family = family;
  Request q(RTM_GETROUTE, 0, m);
  bool found = false;
  PN_TRY_VOID(link.dump(q, [&](const nlmsghdr& n) {
    const auto& got = *static_cast<const rtmsg*>(NLMSG_DATA(&n));
    const rtattr* a = find_attribute(n, sizeof(rtmsg), RTA_TABLE);
    uint32_t table = got.rtm_table;
    if (a != nullptr && RTA_PAYLOAD(a) == sizeof table) std::memcpy(&table, RTA_DATA(a), sizeof table);
    found |= table == r.table && got.rtm_type == RTN_LOCAL && got.rtm_dst_len == 0;
  }));
  return found;
}

}  // namespace

Status ensure_routing(const Routing& r) {
  Netlink link = PN_TRY(Netlink::open());
  for (const uint8_t family : {AF_INET, AF_INET6}) {
    Request to = route(r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, family);
    const int error = link.change(to);
    if (family == AF_INET6 && is_absent_family(error)) continue;
    PN_TRY_VOID(answer(error, "add the local route of steered packets"));
    if (PN_TRY(has_rule(link, r, family))) continue;
    Request what = rule(r, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, family);
    PN_TRY_VOID(answer(link.change(what), "add the rule of steered packets"));
  }
  return {};
}

Result<bool> routing_in_force(const Routing& r) {
  Netlink link = PN_TRY(Netlink::open());
  for (const uint8_t family : {AF_INET, AF_INET6}) {
    if (family == AF_INET6 && if_nametoindex("lo") == 0) continue;
    if (!PN_TRY(has_rule(link, r, family)) || !PN_TRY(has_route(link, r, family))) return false;
  }
  return true;
}

Status remove_routing(const Routing& r) {
  Netlink link = PN_TRY(Netlink::open());
  for (const uint8_t family : {AF_INET, AF_INET6}) {
    for (int i = 0; i < 16; ++i) {
      Request what = rule(r, RTM_DELRULE, 0, family);
      if (link.change(what) != 0) break;
    }
    Request to = route(r, RTM_DELROUTE, 0, family);
    (void)link.change(to);
  }
  return {};
}

}  // namespace postern::gate
