// SPDX-License-Identifier: Apache-2.0
// AllowSet: which addresses the names of the garden's allow-list have, and how long each stays. Pure; the clock is the
// caller's. An address stays max(time to live, keep) after its name last had it, so that a name that is served from
// many addresses in turn does not lose the one a customer's device still knows. A name that cannot be looked up keeps
// what it has for as long. At most addresses_max addresses; beyond them the one seen longest ago goes (counted by
// `evicted`).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ip.h"
#include "base/time.h"

namespace postern::act::allow_list {

inline constexpr Duration kAgainAtLeast = seconds(30);  // however short the time to live
inline constexpr Duration kAgainAtMost = hours(1);      // however long
inline constexpr Duration kAgainFailed = minutes(1);

class AllowSet {
 public:
  AllowSet(std::span<const std::string> names, Duration keep, size_t addresses_max);

  // A name whose time has come; it is not due again before answered() or failed().
  [[nodiscard]] std::optional<std::string> due(Time now);
  // true: the set of addresses changed.
  bool answered(const std::string& name, std::span<const IpAddress> addresses, Duration ttl, Time now);
  void failed(const std::string& name, Time now);
  bool expire(Time now);

  // Sorted, each once. Only addresses that a host on the Internet can have: nothing that is private, loopback,
  // link-local or multicast is ever let in by a name.
  [[nodiscard]] std::vector<Prefix> prefixes() const;
  [[nodiscard]] size_t names() const { return names_.size(); }
  [[nodiscard]] size_t addresses() const { return addresses_.size(); }
  // Names without an address at the moment.
  [[nodiscard]] size_t unresolved() const;
  [[nodiscard]] uint64_t evicted() const { return evicted_; }
  [[nodiscard]] uint64_t refused() const { return refused_; }

 private:
  struct Name {
    Time due;  // 0 = at once
    bool asked = false;
    size_t found = 0;
  };
  struct Held {
    Time seen;
    Time until;
  };
  std::map<std::string, Name> names_;
  Duration keep_;
  size_t addresses_max_;
  std::map<IpAddress, Held> addresses_;
  uint64_t evicted_ = 0;
  uint64_t refused_ = 0;
};

// Whether a name may let the address in.
[[nodiscard]] bool is_public(const IpAddress& address);

}  // namespace postern::act::allow_list
