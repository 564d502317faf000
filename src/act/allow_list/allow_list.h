// SPDX-License-Identifier: Apache-2.0
// AllowList: keeps the addresses of the garden's allow-list fresh and tells who enforces them. Every name is looked up
// when its time to live is over (30 s to 1 h); at most kInFlightMax questions are open. `changed` gets the whole set,
// fixed prefixes included, once at start and whenever it is another one. Without a resolver the set is the fixed one.
// Log: ALLOW_LIST_FULL when addresses_max is reached, ALLOW_NAME_REFUSED when a name points to an address that no name
// may let in. One thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "act/allow_list/allow_set.h"
#include "sys/loop.h"
#include "sys/resolver/resolver.h"

namespace postern::act::allow_list {

struct Config {
  std::vector<std::string> names;
  std::vector<Prefix> fixed;
  Duration keep = hours(24);
  size_t addresses_max = 4'096;
};

inline constexpr size_t kInFlightMax = 16;

class AllowList {
 public:
  using Changed = std::function<void(const std::vector<Prefix>&)>;

  // `resolver` may be null.
  AllowList(Config config, sys::Loop& loop, sys::Resolver* resolver, Changed changed, std::function<Time()> now);
  ~AllowList();
  AllowList(const AllowList&) = delete;
  AllowList& operator=(const AllowList&) = delete;

  // Sorted, each once.
  [[nodiscard]] std::vector<Prefix> prefixes() const;
  [[nodiscard]] const AllowSet& set() const { return set_; }
  [[nodiscard]] uint64_t lookups() const { return lookups_; }
  [[nodiscard]] uint64_t failures() const { return failures_; }

 private:
  void step();
  void ask(const std::string& name);

  Config config_;
  sys::Loop& loop_;
  sys::Resolver* resolver_;
  Changed changed_;
  std::function<Time()> now_;
  AllowSet set_;
  sys::Loop::TimerId timer_;
  size_t in_flight_ = 0;
  uint64_t lookups_ = 0;
  uint64_t failures_ = 0;
};

}  // namespace postern::act::allow_list
