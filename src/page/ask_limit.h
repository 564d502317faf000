// SPDX-License-Identifier: Apache-2.0
// How much one address may ask. A look-up costs one, a reference that is none costs kWrongCost: people mistype,
// programs guess. Neighbours behind one shared IPv4 address share a bucket, so right look-ups are cheap. IPv6 counts by
// /64. A bucket holds what comes back in a minute. The table is bounded; the address that came first goes first
// (counted by the caller through `evicted`).
#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>

#include "base/ip.h"
#include "base/time.h"

namespace postern::page {

class AskLimit {
 public:
  static constexpr int64_t kWrongCost = 10;

  explicit AskLimit(size_t addresses_max, int64_t per_min = 120)
      : addresses_max_(addresses_max), capacity_(per_min), unit_us_(minutes(1).us / per_min) {}

  // Something is left; takes one.
  [[nodiscard]] bool may_ask(const IpAddress& a, Time now);
  void was_wrong(const IpAddress& a, Time now);
  // Addresses forgotten before their bucket was full again.
  [[nodiscard]] uint64_t evicted() const { return evicted_; }
  [[nodiscard]] size_t size() const { return buckets_.size(); }

 private:
  struct Bucket {
    int64_t left_us = 0;  // capacity_ times unit_us_ at most
    Time filled;
  };
  Bucket& bucket_of(const IpAddress& a, Time now);
  void fill(Bucket& b, Time now) const;

  size_t addresses_max_;
  int64_t capacity_;
  int64_t unit_us_;  // the time one unit takes to come back
  std::unordered_map<Prefix, Bucket> buckets_;
  std::deque<Prefix> order_;
  uint64_t evicted_ = 0;
};

}  // namespace postern::page
