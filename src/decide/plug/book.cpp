// SPDX-License-Identifier: Apache-2.0
#include "decide/plug/book.h"

#include <algorithm>

namespace postern::decide::plug {

using model::ReceiptState;

void Book::apply(const model::Order& order) {
  const bool wanted = order.plug && order.mode == model::Mode::on;
  const auto it = plugs_.find(order.session);
  if (it == plugs_.end()) {
    if (wanted) plugs_[order.session] = {.order = order.id, .line = order.subject, .since = order.since};
    return;
  }
  Plug& plug = it->second;
  const bool untouched = plug.stage == Stage::gate_alone && !plug.touched;
  if (plug.garden == wanted) {
    plug.order = order.id;  // the same for another reason: what the NAS was told stands
  } else if (!wanted && untouched) {
    plugs_.erase(it);
  } else {
    plug = {.order = order.id, .line = plug.line, .garden = wanted, .touched = plug.touched, .since = order.since};
  }
}

model::SessionId Book::meant(const model::Receipt& receipt) const {
  if (receipt.actuator != model::kPlugActuator) return {};
  const auto it = std::ranges::find_if(plugs_, [&](const auto& p) { return p.second.order == receipt.order; });
  return it == plugs_.end() ? model::SessionId{} : it->first;
}

bool Book::expects(const model::PlugAnswer& answer) const {
  const Plug* plug = of(meant(answer.receipt));
  return plug != nullptr && plug->stage == Stage::pending && plug->step == answer.step && plug->round == answer.round;
}

void Book::next_step(Plug& plug, Time now) {
  if (plug.stage == Stage::verified) {
    // It held before and holds no more: from the first method on.
    plug.step = 0;
    ++plug.round;
  } else if (++plug.step >= kStepsMax && !plug.garden) {
    // The line is to be let out: for ever again.
    plug.step = 0;
    const int64_t pause_us = kRestoreAgain.us << std::min<uint32_t>(plug.round, 10);
    plug.not_before = now + std::min(Duration{pause_us}, kRestoreAgainMax);
    ++plug.round;
  }
  plug.stage = Stage::pending;
  if (plug.garden && (plug.step >= kStepsMax || plug.round >= kRoundsMax)) plug.stage = Stage::gate_alone;
}

void Book::apply(const model::Receipt& receipt) {
  const auto it = plugs_.find(meant(receipt));
  if (it == plugs_.end()) return;
  Plug* plug = &it->second;
  plug->since = receipt.at;
  switch (receipt.state) {
    case ReceiptState::accepted:
      plug->stage = Stage::acknowledged;
      plug->touched = true;
      return;
    case ReceiptState::in_force:
      plug->stage = Stage::verified;
      plug->touched = true;
      return;
    case ReceiptState::lost:
      plug->touched = true;
      return next_step(*plug, receipt.at);
    case ReceiptState::refused:
      return next_step(*plug, receipt.at);
    case ReceiptState::withdrawn:
    case ReceiptState::expired:
      if (plug->garden) {
        plug->stage = Stage::gate_alone;
      } else {
        plugs_.erase(it);
      }
      return;
  }
}

const Plug* Book::of(model::SessionId session) const {
  const auto it = plugs_.find(session);
  return it == plugs_.end() ? nullptr : &it->second;
}

}  // namespace postern::decide::plug
