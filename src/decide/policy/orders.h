// SPDX-License-Identifier: Apache-2.0
// The orders in force: at most one per live session, with what each of its actuators last said.
#pragma once

#include <map>
#include <string>
#include <unordered_map>

#include "base/codec.h"
#include "model/order.h"

namespace postern::decide::policy {

struct InForce {
  model::Order order;
  std::map<std::string, model::Receipt> receipts;  // by actuator
  PN_FIELDS(order, receipts)
};

class Orders {
 public:
  void apply(const model::Order& order);
  void apply(const model::Receipt& receipt);
  // The session ended, and its order with it.
  void end(model::SessionId session);
  [[nodiscard]] const InForce* of(model::SessionId session) const;
  [[nodiscard]] const InForce* find(model::OrderId id) const;
  [[nodiscard]] const std::map<model::SessionId, InForce>& all() const { return in_force_; }
  [[nodiscard]] model::OrderId next_id() const { return {last_id_.value + 1}; }
  // The receipt says something new of an order in force; "accepted" after "in force" came late.
  [[nodiscard]] bool is_news(const model::Receipt& receipt) const;

  void encode(Encoder& out) const;
  void decode(Decoder& in);

 private:
  model::OrderId last_id_;
  std::map<model::SessionId, InForce> in_force_;
  std::unordered_map<model::OrderId, model::SessionId> by_id_;
};

}  // namespace postern::decide::policy
