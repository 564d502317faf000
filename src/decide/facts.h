// SPDX-License-Identifier: Apache-2.0
// What the records say, and nothing else: the fold of the journal. Live operation and replay change it through apply()
// alone. Decides nothing.
#pragma once

#include <set>
#include <string_view>

#include "decide/casework/advices.h"
#include "decide/casework/book.h"
#include "decide/detect/account/book/book.h"
#include "decide/permits/permits.h"
#include "decide/plug/book.h"
#include "decide/policy/orders.h"
#include "decide/policy/verdict.h"
#include "decide/who/book.h"
#include "decide/who/subscribers.h"
#include "model/record.h"

namespace postern::decide {

struct Facts {
  uint32_t revision = 0;
  model::Policy policy;
  who::Subscribers subscribers;
  who::Book sessions;
  permits::Book permits;
  casework::Book cases;
  policy::Orders orders;
  plug::Book plugs;
  detect::account::Book accounts;
  casework::Advices advices;
  // Subscribers with a fixed prefix that somebody else's session took: it comes back when it is free. Follows from the
  // above; may name a subscriber too many, never one too few.
  std::set<model::SubscriberId> waiting;

  // What a table that was full let go.
  struct Forgotten {
    size_t sessions = 0;  // ended ones, before kHistoryKept
    size_t past = 0;      // lines whose last case is no longer known: a relapse of theirs counts as a first time
    size_t undo = 0;      // cases closed by hand
  };
  Forgotten apply(const model::Record& record);

  [[nodiscard]] const model::Subscriber* subscriber_of(const model::Session& session) const {
    return subscribers.find(session.subscriber);
  }
  [[nodiscard]] std::string_view class_of(const model::Session& session) const;
  // The settings a line is judged by, on line or not.
  [[nodiscard]] const model::ClassPolicy& class_of(model::SubscriberId line) const;
  [[nodiscard]] policy::Decision decide(const who::Held& held, Time now) const;
  [[nodiscard]] who::Doubt doubt() const { return {policy.clock_skew, policy.interim_interval}; }
  // The entry of the published table for a prefix that live sessions claim.
  [[nodiscard]] model::LineEntry entry_of(const Prefix& prefix) const;

  void encode(Encoder& out) const;
  void decode(Decoder& in);
};

}  // namespace postern::decide
