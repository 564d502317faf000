// SPDX-License-Identifier: Apache-2.0
// From who is behind a session and what was agreed with them to what happens to its mail packets. Pure.
#pragma once

#include <string>
#include <string_view>

#include "model/case.h"
#include "model/order.h"
#include "model/permit.h"
#include "model/policy.h"
#include "model/subscriber.h"

namespace postern::decide::policy {

inline constexpr std::string_view kUnknown = "unknown";

// What a verdict rests on; null where there is none.
struct Ground {
  const model::Policy* policy = nullptr;
  const model::Session* session = nullptr;
  const model::Subscriber* subscriber = nullptr;  // null: a line no import knows
  const model::Permit* permit = nullptr;          // in force
  const model::Permit* ended = nullptr;           // the last that ended
  const model::Case* restricted = nullptr;        // the case that holds the line back
  bool contested = false;                         // another line claims the same address: nobody is acted on
};

struct Decision {
  std::string_view class_name;
  model::Verdict verdict = model::Verdict::explain;
  model::Reason reason = model::Reason::class_policy;
  std::string because;  // without the policy revision
  model::Limits limits;
  std::vector<Prefix> listed;
  Time until;
  model::Hold hold = model::Hold::none;
  std::vector<model::Service> closed;
  bool plug = false;
};

// The session's class when policy has it, else the subscriber's, else the default, else "unknown"; "unknown" for a line
// that no import knows.
[[nodiscard]] std::string_view class_of(const model::Policy& policy, const model::Session& session,
                                        const model::Subscriber* subscriber);
// The class's own settings; those of "unknown" for one policy does not have.
[[nodiscard]] const model::ClassPolicy& settings_of(const model::Policy& policy, std::string_view class_name);

// Rules, first match: contested or unknown line -> class unknown; a case that holds the line back; a permit in force ->
// its verdict until it ends; else the class's verdict, with the reason of a permit that ended when the line was better
// off with it.
[[nodiscard]] Decision decide(const Ground& ground);

// The order that says so. `because` carries the revision: "class residential, policy revision 3".
[[nodiscard]] model::Order order_of(const Decision& decision, const model::Session& session, uint32_t revision,
                                    Time since);
// The order in force already says all of it; the revision it was made under does not count.
[[nodiscard]] bool says(const model::Order& in_force, const Decision& decision);

}  // namespace postern::decide::policy
