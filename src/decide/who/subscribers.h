// SPDX-License-Identifier: Apache-2.0
// The subscribers, by number, by the operator's name for them, and by the names DHCP servers know them by. Numbers
// count from 1 and are never reused.
#pragma once

#include <array>
#include <deque>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/codec.h"
#include "model/lease.h"
#include "model/subscriber.h"

namespace postern::decide::who {

// A lease's name of one of these kinds, which the network itself writes, may also be the subscriber's key.
inline constexpr std::array kSubscriberNames{model::LeaseNameKind::circuit, model::LeaseNameKind::remote};

class Subscribers {
 public:
  void apply(const model::Subscriber& subscriber);
  // The number stays taken; nothing finds it any more.
  void erase(model::SubscriberId id);
  [[nodiscard]] const model::Subscriber* find(model::SubscriberId id) const;
  [[nodiscard]] const model::Subscriber* find(std::string_view key) const;
  // Whose the first of these names is that is anybody's; nobody's when it is two subscribers'.
  [[nodiscard]] const model::Subscriber* of_lease(std::span<const std::string> names) const;
  // By number; erased ones have an empty key.
  [[nodiscard]] const std::deque<model::Subscriber>& all() const { return all_; }
  [[nodiscard]] model::SubscriberId next_id() const { return {static_cast<uint32_t>(all_.size() + 1)}; }

  void encode(Encoder& out) const;
  void decode(Decoder& in);

 private:
  std::deque<model::Subscriber> all_;
  void name(const model::Subscriber& subscriber);
  void unname(const model::Subscriber& subscriber);

  std::unordered_map<std::string, model::SubscriberId> by_key_;
  std::unordered_map<std::string, std::set<model::SubscriberId>> by_lease_;
};

}  // namespace postern::decide::who
