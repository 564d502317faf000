// SPDX-License-Identifier: Apache-2.0
// What the data plane says of a plug, and when a NAS is to be asked. Pure rules.
#pragma once

#include <optional>
#include <string>

#include "decide/plug/book.h"
#include "model/observation.h"
#include "model/subscriber.h"

namespace postern::decide::plug {

inline constexpr Duration kSettle = seconds(10);       // packets under way, and sums that count them late
inline constexpr Duration kVerifyAfter = seconds(60);  // without a packet outside, while the gate sees others
inline constexpr Duration kAskAgain = minutes(2);      // an ask without a receipt is put again

// What was asked in this life of the engine: not in checkpoints, so that after a restart all is asked again.
struct Asked {
  model::OrderId order;
  uint8_t step = 0;
  uint32_t round = 0;
  Time at;
};

// Where the NAS's garden holds, the gate behind it has nothing left to stop.
[[nodiscard]] std::optional<model::Receipt> contradicted(const Plug& plug, const model::LineSum& sum, Time now);
// The session says itself that it is in the garden, or nothing of it was seen outside for long enough, while the gate
// was heard of (`gate_heard`: the newest sum of any line).
[[nodiscard]] std::optional<model::Receipt> verified(const Plug& plug, const model::Session& session, Time gate_heard,
                                                     Time now);
// The session is over: what the NAS acknowledged is true.
[[nodiscard]] std::optional<model::Receipt> ended(const Plug& plug, const model::Session& session, Time now);

[[nodiscard]] bool is_due(const Plug& plug, const std::optional<Asked>& asked, Time now);
[[nodiscard]] model::PlugAsk ask_of(const Plug& plug, const model::Session& session, std::string_view class_name);

}  // namespace postern::decide::plug
