// SPDX-License-Identifier: Apache-2.0
// Permits: exceptions granted to one subscriber. The book holds what records say; ended ones stay, so that a closed
// line can be told "your permit 7 expired". Checks of a grant happen before it becomes an observation.
#pragma once

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/codec.h"
#include "model/observation.h"

namespace postern::decide::permits {

// Limits larger than this are a typing error: a line is not a bulk mailer.
inline constexpr uint32_t kRateMax = 100'000;
inline constexpr Duration kGrantMax = days(3660);

// A grant as it may be made at `now`; says every reason why not in one sentence each, joined by "; ".
//   own_server needs limits of connections and of networks, each rate with a burst; named_server needs 1 to kListedMax
//   destinations, none wider than IPv4 /16 or IPv6 /32 (then it is no named server); all need the terms' version and an
//   end in the future.
[[nodiscard]] Status validate(const model::GrantPermit& grant, bool subscriber_known, Time now);

class Book {
 public:
  void apply(const model::Permit& permit);
  [[nodiscard]] const model::Permit* find(model::PermitId id) const;
  [[nodiscard]] const std::map<model::PermitId, model::Permit>& all() const { return permits_; }
  // The one that decides now: of the active ones the widest (open_class, own_server, named_server), then the newest.
  [[nodiscard]] const model::Permit* in_force(model::SubscriberId subscriber, Time now) const;
  // The newest one that ended, when none is in force.
  [[nodiscard]] const model::Permit* last_ended(model::SubscriberId subscriber, Time now) const;
  [[nodiscard]] size_t active(model::SubscriberId subscriber) const;
  // Active ones whose end has come, by end and id.
  [[nodiscard]] std::vector<model::PermitId> due(Time now) const;
  [[nodiscard]] model::PermitId next_id() const { return {last_id_.value + 1}; }

  void encode(Encoder& out) const;
  void decode(Decoder& in);

 private:
  void index(const model::Permit& permit);

  model::PermitId last_id_;
  std::map<model::PermitId, model::Permit> permits_;
  std::set<std::pair<model::SubscriberId, model::PermitId>> by_subscriber_;
  std::set<std::pair<Time, model::PermitId>> ends_;
};

}  // namespace postern::decide::permits
