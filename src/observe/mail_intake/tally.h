// SPDX-License-Identifier: Apache-2.0
// How often each name was heard, and when last. At most kNamesMax names: the one heard longest ago gives way, counted
// by gone().
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>

#include "base/time.h"

namespace postern::observe::mail_intake {

class Tally {
 public:
  static constexpr size_t kNamesMax = 256;
  struct Heard {
    uint64_t times = 0;
    Time last;
    bool listed = false;  // the operator named it
  };

  void add(const std::string& name, Time at, bool listed) {
    if (!heard_.contains(name) && heard_.size() >= kNamesMax) {
      heard_.erase(std::ranges::min_element(heard_, {}, [](const auto& h) { return h.second.last; }));
      ++gone_;
    }
    Heard& h = heard_[name];
    ++h.times;
    h.last = at;
    h.listed = listed;
  }
  [[nodiscard]] const std::map<std::string, Heard>& all() const { return heard_; }
  [[nodiscard]] uint64_t gone() const { return gone_; }

 private:
  std::map<std::string, Heard> heard_;
  uint64_t gone_ = 0;
};

}  // namespace postern::observe::mail_intake
