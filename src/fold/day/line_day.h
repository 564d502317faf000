// SPDX-License-Identifier: Apache-2.0
// What happened on a line today, for its owner and for the operator who looks at it: exact counts from the gate's sums
// and the newest first contacts. Traffic, so it is in memory only: never in the journal, gone with the day (UTC) or a
// restart of the brain. Pure.
#pragma once

#include <cstdint>
#include <list>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "model/observation.h"

namespace postern::fold {

struct Attempt {
  Time at;
  IpAddress destination;
  uint16_t port = 25;
  model::Verdict verdict = model::Verdict::explain;
};

struct DaySums {
  uint64_t passed = 0;
  uint64_t blocked = 0;
  uint64_t explained = 0;
  uint64_t over_limit = 0;
  uint64_t inbound_dropped = 0;
  std::vector<Attempt> last;  // newest first, at most kAttemptsKept
};

class LineDay {
 public:
  static constexpr size_t kLinesMax = 65'536;  // lines with mail traffic on one day; the one silent longest gives way
  static constexpr size_t kAttemptsKept = 8;

  void see(const model::Observation& observation);  // FirstContact and LineSum of known lines; the rest is not its
  [[nodiscard]] DaySums of(model::SubscriberId line, Time now) const;
  [[nodiscard]] size_t lines() const { return lines_.size(); }
  [[nodiscard]] uint64_t evicted() const { return evicted_; }

 private:
  struct Line {
    int64_t day = 0;
    DaySums sums;
    std::list<model::SubscriberId>::iterator place;  // in order_
  };
  Line& today(model::SubscriberId line, Time at);

  std::unordered_map<model::SubscriberId, Line> lines_;
  std::list<model::SubscriberId> order_;  // silent longest first
  uint64_t evicted_ = 0;
};

}  // namespace postern::fold
