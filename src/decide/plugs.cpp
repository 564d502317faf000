// SPDX-License-Identifier: Apache-2.0
// The plug in the engine: what the data plane shows of it becomes receipts, and what is due is asked.
#include <algorithm>

#include "decide/work.h"

namespace postern::decide {

void Work::say(const std::optional<model::Receipt>& receipt) {
  if (!receipt) return;
  const policy::InForce* mine = facts_.orders.find(receipt->order);
  if (mine != nullptr) emit(mine->order.subject, *receipt);
}

void Work::answer(const model::PlugAnswer& answer) {
  if (!facts_.plugs.expects(answer)) {
    ++state_.counters.receipts_stale;
    return;
  }
  const bool bad =
      answer.receipt.state == model::ReceiptState::refused || answer.receipt.state == model::ReceiptState::lost;
  state_.counters.receipts_refused += bad ? 1 : 0;
  say(answer.receipt);
}

void Work::see_plug(const model::LineSum& sum) {
  if (facts_.plugs.all().empty()) return;
  state_.gate_heard = std::max(state_.gate_heard, at_);
  for (const model::SessionId id : facts_.sessions.of_subscriber(sum.line))
    if (const plug::Plug* plug = facts_.plugs.of(id)) say(plug::contradicted(*plug, sum, at_));
}

void Work::end_plug(const model::Session& session) {
  if (const plug::Plug* plug = facts_.plugs.of(session.id)) say(plug::ended(*plug, session, at_));
}

void Work::look_at_plugs() {
  const std::map<model::SessionId, plug::Plug> plugs = facts_.plugs.all();
  for (const auto& [id, before] : plugs) {
    const who::Held* held = facts_.sessions.live(id);
    if (held == nullptr) continue;
    say(plug::verified(before, held->session, state_.gate_heard, at_));
    const plug::Plug* plug = facts_.plugs.of(id);
    std::optional<plug::Asked> asked;
    if (const auto it = state_.plug_asked.find(id); it != state_.plug_asked.end()) asked = it->second;
    if (plug == nullptr || !plug::is_due(*plug, asked, at_)) continue;
    state_.plug_asked[id] = {plug->order, plug->step, plug->round, at_};
    step_.asks.push_back(plug::ask_of(*plug, held->session, facts_.class_of(held->session)));
  }
  std::erase_if(state_.plug_asked, [&](const auto& a) { return facts_.plugs.of(a.first) == nullptr; });
}

}  // namespace postern::decide
