// SPDX-License-Identifier: Apache-2.0
// The subscribers, by number and by the operator's name for them. Numbers count from 1 and are never reused.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/codec.h"
#include "model/subscriber.h"

namespace postern::decide::who {

class Subscribers {
 public:
  void apply(const model::Subscriber& subscriber);
  // The number stays taken; nothing finds it any more.
  void erase(model::SubscriberId id);
  [[nodiscard]] const model::Subscriber* find(model::SubscriberId id) const;
  [[nodiscard]] const model::Subscriber* find(std::string_view key) const;
  // By number; erased ones have an empty key.
  [[nodiscard]] const std::deque<model::Subscriber>& all() const { return all_; }
  [[nodiscard]] model::SubscriberId next_id() const { return {static_cast<uint32_t>(all_.size() + 1)}; }

  void encode(Encoder& out) const;
  void decode(Decoder& in);

 private:
  std::deque<model::Subscriber> all_;
  std::unordered_map<std::string, model::SubscriberId> by_key_;
};

}  // namespace postern::decide::who
