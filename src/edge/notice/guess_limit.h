// SPDX-License-Identifier: Apache-2.0
// How much one address may ask. A look-up costs one, a reference that is none costs kWrongCost: people mistype,
// programs guess. Neighbours behind one shared IPv4 address share a bucket, so right look-ups are cheap. IPv6 counts by
// /64. The table is bounded; the address that came first goes first (counted by the caller through `evicted`).
#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>

#include "base/ip.h"
#include "base/time.h"

namespace postern::edge::notice {

class GuessLimit {
 public:
  static constexpr int64_t kCapacity = 120;
  static constexpr int64_t kRefillPerMin = 120;
  static constexpr int64_t kWrongCost = 10;

  explicit GuessLimit(size_t addresses_max) : addresses_max_(addresses_max) {}

  // Something is left; takes one.
  [[nodiscard]] bool may_ask(const IpAddress& a, Time now);
  void was_wrong(const IpAddress& a, Time now);
  // Addresses forgotten before their bucket was full again.
  [[nodiscard]] uint64_t evicted() const { return evicted_; }
  [[nodiscard]] size_t size() const { return buckets_.size(); }

 private:
  struct Bucket {
    int64_t left_us = 0;  // kCapacity is so many times kUnitUs
    Time filled;
  };
  static constexpr int64_t kUnitUs = minutes(1).us / kRefillPerMin;  // the time one unit takes to come back
  Bucket& bucket_of(const IpAddress& a, Time now);
  static void fill(Bucket& b, Time now);

  size_t addresses_max_;
  std::unordered_map<Prefix, Bucket> buckets_;
  std::deque<Prefix> order_;
  uint64_t evicted_ = 0;
};

}  // namespace postern::edge::notice
