// SPDX-License-Identifier: Apache-2.0
#include "fold/outages.h"

#include <algorithm>

namespace postern::fold {

bool Outages::network_fails(uint32_t line, uint64_t network, Time now) {
  if (networks_.size() >= kNetworksMax && !networks_.contains(network)) {
    std::erase_if(networks_, [&](const auto& n) {
      return std::ranges::all_of(n.second.at, [&](Time t) { return now - t > kWindow; });
    });
    if (networks_.size() >= kNetworksMax) {
      networks_.clear();
      ++overflows_;
    }
  }
  Failing& f = networks_[network];
  auto place = std::ranges::find(f.lines, line);
  if (place == f.lines.end()) place = f.lines.begin() + (std::ranges::min_element(f.at) - f.at.begin());
  *place = line;
  f.at[static_cast<size_t>(place - f.lines.begin())] = now;
  return std::ranges::all_of(f.at, [&](Time t) { return t && now - t <= kWindow; });
}

bool Outages::excuses(uint32_t line, uint64_t network, size_t lines, Time now) {
  if (now - window_ > kWindow) {
    failing_.clear();
    window_ = now;
  }
  failing_.insert(line);
  const bool of_network = network_fails(line, network, now);
  const bool of_all = failing_.size() >= kLinesAtLeast && failing_.size() * kShare > lines;
  excused_ += of_network || of_all ? 1 : 0;
  return of_network || of_all;
}

}  // namespace postern::fold
