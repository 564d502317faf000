// SPDX-License-Identifier: Apache-2.0
// What the settings say: who may send how much. Windows and quantities are those of meters.h.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/ip.h"
#include "edge/relay/meters.h"
#include "fold/outside/nats.h"

namespace postern::edge::relay {

// 0 = no such limit. Of Quantity::invalid only `invalid_percent` counts.
struct Limits {
  std::array<std::array<uint32_t, kQuantities>, kWindows> most{};
  uint32_t invalid_percent = 0;
  uint32_t recipients_per_message = 0;
  std::array<uint32_t, kWindows> class_recipients{};  // of the class together
  // What a held line keeps: so much of each that is its own, never less than 1.
  [[nodiscard]] Limits part(uint32_t percent) const;
  // Those of a class together.
  [[nodiscard]] Limits of_class() const;
};
inline constexpr uint32_t kInvalidFrom = 20;  // recipients within the hour, before their share says anything

struct Config {
  std::string provider;
  std::string url;
  std::string relay_host;
  std::vector<Prefix> subscriber_prefixes;
  std::vector<Prefix> trusted;
  fold::Nats nats;            // between lines and the relay
  std::vector<Prefix> relay;  // addresses that lines reach it by
  std::map<std::string, Limits> classes;
  Limits otherwise;  // for a class that `classes` has not
  Limits account;
  std::string account_class;  // whose limits `account` has
  uint32_t restricted_percent = 10;
  bool refuse_auth_on_25 = false;
  uint32_t warn_percent = 80;               // of a limit: its owner is told; 0 = not
  std::vector<std::string> honey_accounts;  // nobody's: who has one of these passwords stole it
  // Whether anybody's mail is limited by its size.
  [[nodiscard]] bool limits_size() const;
};

}  // namespace postern::edge::relay
