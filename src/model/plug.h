// SPDX-License-Identifier: Apache-2.0
// PlugAsk: what the NAS of one session is to be asked (RFC 5176), by an actuator that keeps nothing. Idempotent by
// order, step and round: the same ask twice is asked once. It is answered by a receipt of kPlugActuator:
//   accepted   the NAS says that it did it: acknowledged, which is a claim
//   refused    the NAS says no, or the ask cannot be put
//   lost       no answer that could be believed, so that it may have been done
//   withdrawn  nobody can be asked (no such NAS), or there is nothing left to undo
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "base/ip.h"
#include "model/ids.h"
#include "model/order.h"

namespace postern::model {

inline constexpr std::string_view kPlugActuator = "radius_coa";
// RADIUS Class of a session that authorisation put into the garden.
inline constexpr std::string_view kGardenClass = "postern-garden";

struct PlugAsk {
  OrderId order;
  uint8_t step = 0;    // place in the NAS's list of methods
  uint32_t round = 0;  // the list was gone through so often before
  SessionId session;
  bool garden = true;  // false: the paired restore
  std::string nas;
  std::string session_key;
  std::string line_key;
  std::string class_name;
  std::vector<Prefix> prefixes;
  bool operator==(const PlugAsk&) const = default;
  PN_FIELDS(order, step, round, session, garden, nas, session_key, line_key, class_name, prefixes)
};

struct PlugAnswer {
  Receipt receipt;
  uint8_t step = 0;  // of the ask
  uint32_t round = 0;
  PN_FIELDS(receipt, step, round)
};

// "acknowledged", "verified" and so on: the words every face of the product has for what an actuator said.
[[nodiscard]] constexpr std::string_view word_of(const Receipt& receipt) {
  if (receipt.actuator != kPlugActuator) return to_string(receipt.state);
  if (receipt.state == ReceiptState::accepted) return "acknowledged";
  if (receipt.state == ReceiptState::in_force) return "verified";
  return to_string(receipt.state);
}

}  // namespace postern::model
