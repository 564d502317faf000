// SPDX-License-Identifier: Apache-2.0
#include "observe/radius_acct/session_event.h"

#include <algorithm>

#include "base/check.h"

namespace postern::observe::radius_acct {
namespace {

Prefix network(std::string_view text) {
  auto p = parse_prefix(text);
  PN_CHECK(p);
  return *p;
}

bool is_class_name(std::string_view text) {
  constexpr size_t kOctetsMax = 64;
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  };
  return !text.empty() && text.size() <= kOctetsMax && std::ranges::all_of(text, allowed);
}

model::SessionEventKind kind_of(wire::AcctStatus status) {
  switch (status) {
    case wire::AcctStatus::start:
      return model::SessionEventKind::start;
    case wire::AcctStatus::stop:
      return model::SessionEventKind::stop;
    case wire::AcctStatus::interim:
      return model::SessionEventKind::interim;
    case wire::AcctStatus::accounting_on:
      return model::SessionEventKind::nas_on;
    case wire::AcctStatus::accounting_off:
      return model::SessionEventKind::nas_off;
    case wire::AcctStatus::other:
      break;
  }
  PN_CHECK(false);
  return model::SessionEventKind::start;
}

}  // namespace

EventTime event_time(const wire::RadiusAccounting& request, Time now) {
  const Duration delay = std::min(seconds(request.delay_s.value_or(0)), kLateMax);
  const Time by_delay = now - delay;
  if (!request.timestamp) return {.at = by_delay};
  const Time stamped{seconds(*request.timestamp).us};
  const Duration apart{std::abs((stamped - by_delay).us)};
  const bool believed = stamped <= now && stamped >= now - kLateMax && (!request.delay_s || apart <= kClockSkewMax);
  if (believed) return {.at = stamped};
  // A clock a moment ahead of ours is clamped, but is not worth a word.
  return {.at = by_delay, .clock_off = apart > kClockSkewMax};
}

bool is_line_prefix(const Prefix& p) {
  static const std::vector<Prefix> kNever{network("0.0.0.0/8"),   network("127.0.0.0/8"), network("169.254.0.0/16"),
                                          network("224.0.0.0/3"), network("::/96"),       network("fe80::/10"),
                                          network("ff00::/8")};
  constexpr uint8_t kV6BitsMin = 32;
  if (p.address.family == Family::v6 && p.length < kV6BitsMin) return false;
  return std::ranges::none_of(kNever, [&](const Prefix& never) { return never.overlaps(p); });
}

Mapped session_event(const wire::RadiusAccounting& request, const IpAddress& client) {
  Mapped out;
  out.event.kind = kind_of(request.status);
  out.event.nas = !request.nas_identifier.empty() ? request.nas_identifier
                  : request.nas_address           ? to_string(request.nas_address)
                                                  : to_string(client);
  if (out.event.kind == model::SessionEventKind::nas_on || out.event.kind == model::SessionEventKind::nas_off)
    return out;
  out.event.session_key = request.session_id;
  out.event.line_key = request.user_name;
  out.event.access = request.nas_port_id;
  const auto name = std::ranges::find_if(request.classes, is_class_name);
  if (name != request.classes.end()) out.event.class_name = *name;
  for (const Prefix& p : request.prefixes) (is_line_prefix(p) ? out.event.prefixes : out.left_out).push_back(p);
  return out;
}

}  // namespace postern::observe::radius_acct
