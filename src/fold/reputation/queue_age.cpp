// SPDX-License-Identifier: Apache-2.0
#include "fold/reputation/queue_age.h"

#include <algorithm>

namespace postern::fold {

void QueueAge::put_off(std::string_view queue_id, Time since, Time now) {
  const std::string id(queue_id);
  if (const auto it = messages_.find(id); it != messages_.end()) {
    it->second.heard = now;
    return;
  }
  if (messages_.size() >= kMessagesMax) {
    ++left_out_;
    return;
  }
  messages_[id] = {since, now};
  by_age_.emplace(since, id);
}

void QueueAge::removed(std::string_view queue_id) {
  const auto it = messages_.find(std::string(queue_id));
  if (it == messages_.end()) return;
  by_age_.erase({it->second.since, it->first});
  messages_.erase(it);
}

Duration QueueAge::oldest(Time now) {
  while (!by_age_.empty()) {
    const auto& [since, id] = *by_age_.begin();
    if (now - messages_.at(id).heard < kForget) return std::max(now - since, Duration{});
    messages_.erase(id);
    by_age_.erase(by_age_.begin());
  }
  return {};
}

}  // namespace postern::fold
