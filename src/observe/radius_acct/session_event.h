// SPDX-License-Identifier: Apache-2.0
// An Accounting-Request as an Observation. Pure.
#pragma once

#include <vector>

#include "base/ip.h"
#include "model/observation.h"
#include "wire/radius/accounting.h"

namespace postern::observe::radius_acct {

// When the event happened, by our clock. Never after `now`, never more than kLateMax before it.
//   A = now - Acct-Delay-Time (0 if absent; RFC 2866 section 5.2: since when the NAS has been trying to send this)
//   E = Event-Timestamp (RFC 2869 section 5.3), by the NAS's clock
// E when it is in that range and either no delay was given (a store-and-forward relay that keeps none) or A and E agree
// within kClockSkewMax. Otherwise A: a duration measured by a wrong clock is right, a date is not.
struct EventTime {
  Time at;
  bool clock_off = false;  // there was an Event-Timestamp and it was not used
};
inline constexpr Duration kLateMax = hours(24);
inline constexpr Duration kClockSkewMax = seconds(60);
[[nodiscard]] EventTime event_time(const wire::RadiusAccounting& request, Time now);

// Can one line hold this? Not: unspecified, loopback, link-local and multicast space, or IPv6 wider than a /32, which
// is a whole provider.
[[nodiscard]] bool is_line_prefix(const Prefix& p);

struct Mapped {
  model::SessionEvent event;
  std::vector<Prefix> left_out;  // by is_line_prefix
};
// status other than AcctStatus::other. nas = NAS-Identifier, else NAS-IP(v6)-Address, else the client's address.
[[nodiscard]] Mapped session_event(const wire::RadiusAccounting& request, const IpAddress& client);

}  // namespace postern::observe::radius_acct
