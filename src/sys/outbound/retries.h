// SPDX-License-Identifier: Apache-2.0
// Retries: things that another machine is to take, at least once, each under a number of its own. One that is refused
// for good ends; one that could not be handed over now is tried again with growing pauses until `retry_for` is over.
// The same number again while it waits is the same thing. Bounded in how many wait and how many are under way. One
// thread.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "base/fields.h"
#include "sys/loop.h"

namespace postern::sys {

class Retries {
 public:
  enum class Outcome : uint8_t { taken, refused, not_now };
  // Called with what came of the attempt and the other side's words; once, later or at once.
  using Report = std::function<void(Outcome, std::string)>;
  using Attempt = std::function<void(Report)>;
  using Settled = std::function<void(uint64_t id, bool taken, std::string words)>;

  struct Bounds {
    size_t waiting_max = 10'000;
    size_t at_once_max = 8;
    Duration retry_for = hours(2);
    Duration first_pause = seconds(5);
    Duration longest_pause = minutes(10);
  };
  struct Stats {
    uint64_t accepted = 0;
    uint64_t taken = 0;
    uint64_t failed = 0;
    uint64_t tried_again = 0;
    uint64_t full = 0;
    PN_FIELDS(accepted, taken, failed, tried_again, full)
  };

  Retries(std::string name, Bounds bounds, Loop& loop, Settled settled);

  // `waited`: what is gone of `retry_for` already; there is one attempt in any case. Full: counted, logged, dropped;
  // whoever ordered it orders it again.
  void add(uint64_t id, Attempt attempt, Duration waited = {});
  [[nodiscard]] const Stats& stats() const { return stats_; }
  [[nodiscard]] size_t waiting() const { return waiting_.size(); }

 private:
  struct Waiting {
    Attempt attempt;
    Duration since;
    Duration next;
    uint32_t tries = 0;
    bool under_way = false;
  };
  void look();
  void on_report(uint64_t id, Outcome outcome, std::string words);
  void end(uint64_t id, bool taken, std::string words);

  std::string name_;
  Bounds bounds_;
  Loop& loop_;
  Settled settled_;
  std::map<uint64_t, Waiting> waiting_;
  size_t under_way_ = 0;
  Stats stats_;
};

}  // namespace postern::sys
