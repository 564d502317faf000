// SPDX-License-Identifier: Apache-2.0
// The plug: sessions whose NAS is to put them into the garden, and those that are to come out again. A fold of orders
// and receipts and nothing else, so a replay has the same. The chain: the NAS's methods in their order (CoA, then
// Disconnect), then the gate alone. What a NAS says is a claim; only the data plane verifies it. Nothing that may have
// reached a NAS is forgotten before its paired restore is done, or the session is over.
#pragma once

#include <map>

#include "base/codec.h"
#include "model/order.h"
#include "model/plug.h"

namespace postern::decide::plug {

inline constexpr uint8_t kStepsMax = 2;                // methods of a NAS
inline constexpr uint32_t kRoundsMax = 3;              // then the gate alone
inline constexpr Duration kRestoreAgain = minutes(1);  // doubled from round to round
inline constexpr Duration kRestoreAgainMax = minutes(30);

//   pending       the NAS is to be asked, or is being asked
//   acknowledged  it says it did it
//   verified      the data plane shows it
//   gate_alone    it cannot or does not: what the gate holds is all there is
PN_ENUM(Stage, pending, acknowledged, verified, gate_alone)

struct Plug {
  model::OrderId order;
  model::SubscriberId line;
  bool garden = true;  // false: the paired restore
  Stage stage = Stage::pending;
  uint8_t step = 0;
  uint32_t round = 0;
  bool touched = false;  // a request may have changed something at the NAS
  Time since;            // of the stage
  Time not_before;       // pending: not asked before
  bool operator==(const Plug&) const = default;
  PN_FIELDS(order, line, garden, stage, step, round, touched, since, not_before)
};

class Book {
 public:
  void apply(const model::Order& order);
  void apply(const model::Receipt& receipt);
  void end(model::SessionId session) { plugs_.erase(session); }
  // Nullptr: the NAS of that session was never asked for anything, or all is undone.
  [[nodiscard]] const Plug* of(model::SessionId session) const;
  // The answer is to what is being asked now.
  [[nodiscard]] bool expects(const model::PlugAnswer& answer) const;
  [[nodiscard]] const std::map<model::SessionId, Plug>& all() const { return plugs_; }

  void encode(Encoder& out) const { out.put(plugs_); }
  void decode(Decoder& in) { in.get(plugs_); }

 private:
  // The session whose plug the receipt is about; 0 = none.
  [[nodiscard]] model::SessionId meant(const model::Receipt& receipt) const;
  static void next_step(Plug& plug, Time now);

  std::map<model::SessionId, Plug> plugs_;  // bounded by live sessions
};

}  // namespace postern::decide::plug
