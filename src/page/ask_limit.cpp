// SPDX-License-Identifier: Apache-2.0
#include "page/ask_limit.h"

#include <algorithm>

namespace postern::page {

void AskLimit::fill(Bucket& b, Time now) const {
  // A clock set back fills nothing.
  b.left_us = std::min(b.left_us + std::max<int64_t>(0, (now - b.filled).us), capacity_ * unit_us_);
  b.filled = now;
}

AskLimit::Bucket& AskLimit::bucket_of(const IpAddress& a, Time now) {
  const Prefix who = a.family == Family::v6 ? Prefix::of(a, 64) : Prefix::host(a);
  const auto [it, is_new] = buckets_.try_emplace(who, Bucket{capacity_ * unit_us_, now});
  if (is_new) {
    order_.push_back(who);
    if (order_.size() > addresses_max_) {
      const auto oldest = buckets_.find(order_.front());
      fill(oldest->second, now);
      if (oldest->second.left_us < capacity_ * unit_us_) ++evicted_;
      buckets_.erase(oldest);
      order_.pop_front();
    }
  } else {
    fill(it->second, now);
  }
  return it->second;
}

bool AskLimit::may_ask(const IpAddress& a, Time now) {
  Bucket& b = bucket_of(a, now);
  if (b.left_us < unit_us_) return false;
  b.left_us -= unit_us_;
  return true;
}

void AskLimit::was_wrong(const IpAddress& a, Time now) {
  Bucket& b = bucket_of(a, now);
  b.left_us = std::max<int64_t>(0, b.left_us - (kWrongCost - 1) * unit_us_);
}

}  // namespace postern::page
