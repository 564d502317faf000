// SPDX-License-Identifier: Apache-2.0
// One token bucket and the folded counts of each source that called lately: what keeps a flood from one line small, and
// what is reported of it. Fixed size, no allocation after construction; pure, one thread.
//
// A source is a line; for addresses of no line the IPv4 address or the IPv6 /64. The table is eight-way associative;
// when all eight places of a new source are taken, the one nearest to a full bucket gives way, its counts reported
// first. If that one's bucket was not full again, its source gets back tokens it had spent: that is counted (crowded).
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/ip.h"
#include "base/time.h"
#include "model/ids.h"

namespace postern::edge::explainer {

// What one source was told since the last report; counts only.
struct Served {
  model::SubscriberId line;  // 0 = unknown
  IpAddress source;          // one address of it
  uint32_t closed = 0;       // greeted 554
  uint32_t limited = 0;      // greeted 421
  uint32_t refused = 0;      // reset, the bucket was empty
};
using Report = std::function<void(const Served&)>;

class SourceTable {
 public:
  struct Entry {
    uint64_t key = 0;     // 0 = free
    int64_t full_us = 0;  // when the bucket is full again
    Served served;
  };

  // per_min: tokens a minute and the bucket's size, at least 1. `report` may be empty.
  SourceTable(uint32_t sources_max, uint32_t per_min, Report report);

  // The source's entry; valid until the next call.
  [[nodiscard]] Entry& find(model::SubscriberId line, const IpAddress& source, Duration now);
  // Takes one token; false when there is none.
  [[nodiscard]] bool take(Entry& entry, Duration now) const;
  // Reports every source with counts, and zeroes them.
  void flush();
  [[nodiscard]] uint64_t crowded() const { return crowded_; }

 private:
  static constexpr size_t kWays = 8;
  void report_one(Entry& entry);

  std::vector<Entry> entries_;
  uint64_t set_mask_;
  int64_t token_us_;
  int64_t bucket_us_;
  uint64_t crowded_ = 0;
  Report report_;
};

}  // namespace postern::edge::explainer
