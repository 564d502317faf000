// SPDX-License-Identifier: Apache-2.0
#include "decide/policy/orders.h"

#include <algorithm>

namespace postern::decide::policy {

void Orders::apply(const model::Order& order) {
  last_id_ = std::max(last_id_, order.id);
  end(order.session);
  in_force_[order.session] = {order, {}};
  by_id_[order.id] = order.session;
}

void Orders::apply(const model::Receipt& receipt) {
  if (const auto it = by_id_.find(receipt.order); it != by_id_.end())
    in_force_.at(it->second).receipts[receipt.actuator] = receipt;
}

void Orders::end(model::SessionId session) {
  const auto it = in_force_.find(session);
  if (it == in_force_.end()) return;
  by_id_.erase(it->second.order.id);
  in_force_.erase(it);
}

const InForce* Orders::of(model::SessionId session) const {
  const auto it = in_force_.find(session);
  return it == in_force_.end() ? nullptr : &it->second;
}

const InForce* Orders::find(model::OrderId id) const {
  const auto it = by_id_.find(id);
  return it == by_id_.end() ? nullptr : of(it->second);
}

bool Orders::is_news(const model::Receipt& receipt) const {
  const InForce* mine = find(receipt.order);
  if (mine == nullptr) return false;
  const auto last = mine->receipts.find(receipt.actuator);
  if (last == mine->receipts.end()) return true;
  const model::Receipt& before = last->second;
  if (receipt.state == model::ReceiptState::accepted && before.state == model::ReceiptState::in_force) return false;
  return before.state != receipt.state;
}

void Orders::encode(Encoder& out) const {
  out.put(last_id_);
  out.put(static_cast<uint64_t>(in_force_.size()));
  for (const auto& [session, in_force] : in_force_) out.put(in_force);
}

void Orders::decode(Decoder& in) {
  *this = Orders{};
  in.get(last_id_);
  uint64_t n = 0;
  in.get(n);
  for (uint64_t i = 0; i < n && in.ok(); ++i) {
    InForce in_force;
    in.get(in_force);
    by_id_[in_force.order.id] = in_force.order.session;
    in_force_.insert_or_assign(in_force.order.session, std::move(in_force));
  }
}

}  // namespace postern::decide::policy
