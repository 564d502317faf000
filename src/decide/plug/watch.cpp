// SPDX-License-Identifier: Apache-2.0
#include "decide/plug/watch.h"

#include <algorithm>
#include <fmt/format.h>

namespace postern::decide::plug {
namespace {

model::Receipt say(const Plug& plug, model::ReceiptState state, std::string detail, Time now) {
  return {.order = plug.order,
          .actuator = std::string(model::kPlugActuator),
          .state = state,
          .detail = std::move(detail),
          .at = now};
}

bool is_claimed(const Plug& plug) {
  return plug.garden && (plug.stage == Stage::acknowledged || plug.stage == Stage::verified);
}

}  // namespace

std::optional<model::Receipt> contradicted(const Plug& plug, const model::LineSum& sum, Time now) {
  // A packet to a governed port may be counted as both.
  const uint64_t stopped = std::max(sum.blocked, sum.held_stopped);
  if (!is_claimed(plug) || stopped == 0 || now < plug.since + kSettle) return std::nullopt;
  const bool before = plug.stage == Stage::verified;
  return say(plug, model::ReceiptState::lost,
             fmt::format("{}, but the gate sees {} packets of the line outside the garden",
                         before ? "it held before" : "acknowledged", stopped),
             now);
}

std::optional<model::Receipt> verified(const Plug& plug, const model::Session& session, Time gate_heard, Time now) {
  if (!plug.garden || plug.stage == Stage::verified) return std::nullopt;
  if (session.class_name == model::kGardenClass)
    return say(plug, model::ReceiptState::in_force,
               fmt::format("the NAS reports the session with Class {}", model::kGardenClass), now);
  if (plug.stage != Stage::acknowledged || now < plug.since + kVerifyAfter) return std::nullopt;
  // Silence proves nothing unless the gate was heard for as long.
  if (gate_heard < plug.since + kVerifyAfter - kSettle) return std::nullopt;
  return say(plug, model::ReceiptState::in_force,
             fmt::format("no packet of the line outside the garden for {} s while the gate saw others",
                         kVerifyAfter.seconds()),
             now);
}

std::optional<model::Receipt> ended(const Plug& plug, const model::Session& session, Time now) {
  if (plug.stage != Stage::acknowledged) return std::nullopt;
  return say(plug, model::ReceiptState::in_force, fmt::format("the session is over ({})", to_string(session.end)), now);
}

bool is_due(const Plug& plug, const std::optional<Asked>& asked, Time now) {
  if (plug.stage != Stage::pending || now < plug.not_before) return false;
  if (!asked || asked->order != plug.order || asked->step != plug.step || asked->round != plug.round) return true;
  return now >= asked->at + kAskAgain;
}

model::PlugAsk ask_of(const Plug& plug, const model::Session& session, std::string_view class_name) {
  return {.order = plug.order,
          .step = plug.step,
          .round = plug.round,
          .session = session.id,
          .garden = plug.garden,
          .nas = session.nas,
          .session_key = session.key,
          .line_key = session.line_key,
          .class_name = std::string(class_name),
          .prefixes = session.prefixes.value};
}

}  // namespace postern::decide::plug
