// SPDX-License-Identifier: Apache-2.0
#include "edge/relay/limits.h"

#include <algorithm>

namespace postern::edge::relay {

Limits Limits::part(uint32_t percent) const {
  Limits out = *this;
  const auto cut = [&](uint32_t& n) {
    if (n != 0) n = std::max<uint32_t>(static_cast<uint32_t>(uint64_t{n} * percent / 100), 1);
  };
  for (auto& window : out.most)
    for (uint32_t& n : window) cut(n);
  cut(out.recipients_per_message);
  return out;
}

Limits Limits::of_class() const {
  Limits out;
  for (size_t w = 0; w < kWindows; ++w) out.most[w][static_cast<size_t>(Quantity::recipients)] = class_recipients[w];
  return out;
}

bool Config::limits_size() const {
  const auto has = [](const Limits& limits) {
    return std::ranges::any_of(limits.most,
                               [](const auto& w) { return w[static_cast<size_t>(Quantity::kilobytes)] != 0; });
  };
  return has(otherwise) || has(account) || std::ranges::any_of(classes, [&](const auto& c) { return has(c.second); });
}

}  // namespace postern::edge::relay
