// SPDX-License-Identifier: Apache-2.0
// What casework keeps besides facts: when each open case is to be looked at again (after a restart every case is looked
// at once), and when a line with an open case last did what the case is about (kept by checkpoints).
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/codec.h"
#include "base/time.h"
#include "model/ids.h"

namespace postern::decide::casework {

class Looks {
 public:
  void set(model::CaseId id, Time at) {
    forget(id);
    due_.emplace(at, id);
    at_[id] = at;
  }
  void forget(model::CaseId id) {
    if (const auto it = at_.find(id); it != at_.end()) {
      due_.erase({it->second, id});
      at_.erase(it);
    }
  }
  // The case longest due, 0 = none.
  [[nodiscard]] model::CaseId due(Time now) const {
    return due_.empty() || due_.begin()->first > now ? model::CaseId{} : due_.begin()->second;
  }

 private:
  std::set<std::pair<Time, model::CaseId>> due_;
  std::map<model::CaseId, Time> at_;
};

// A new mail network, or packets that were held back.
class Seen {
 public:
  void see(model::SubscriberId line, Time at) {
    Time& last = seen_[line];
    last = std::max(last, at);
  }
  void forget(model::SubscriberId line) { seen_.erase(line); }
  [[nodiscard]] Time last(model::SubscriberId line) const {
    const auto it = seen_.find(line);
    return it == seen_.end() ? Time{} : it->second;
  }
  void encode(Encoder& out) const { out.put(seen_); }
  void decode(Decoder& in) { in.get(seen_); }

 private:
  std::map<model::SubscriberId, Time> seen_;  // at most one for each open case
};

}  // namespace postern::decide::casework
