// SPDX-License-Identifier: Apache-2.0
// How old the mail in the relay's queue is, as far as its log says: a message that could not be delivered is told with
// each try, and when it is gone. At most kMessagesMax are kept (later ones are counted by left_out(): the old ones
// matter), and one that nothing was heard of for kForget is taken to be gone: its end was not seen. Pure; one thread.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/time.h"

namespace postern::fold {

class QueueAge {
 public:
  static constexpr size_t kMessagesMax = 65'536;
  static constexpr Duration kForget = hours(6);  // Postfix tries again within 4,000 s

  void put_off(std::string_view queue_id, Time since, Time now);
  void removed(std::string_view queue_id);
  // Of the oldest; 0 = nothing waits.
  [[nodiscard]] Duration oldest(Time now);
  [[nodiscard]] size_t waiting() const { return messages_.size(); }
  [[nodiscard]] uint64_t left_out() const { return left_out_; }

 private:
  struct Message {
    Time since;
    Time heard;
  };
  std::unordered_map<std::string, Message> messages_;
  std::set<std::pair<Time, std::string>> by_age_;
  uint64_t left_out_ = 0;
};

}  // namespace postern::fold
