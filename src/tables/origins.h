// SPDX-License-Identifier: Apache-2.0
// Origins: where addresses are, from the operator's table: lines of prefix,as,country,latitude,longitude (the last
// three may be missing or empty; `#` starts a comment). The longest prefix wins. Which data that is the operator
// decides.
//
// Bounds: kOriginsBytesMax, kOriginsMax lines. A table with a fault is not taken at all; the error names the line.
#pragma once

#include <map>
#include <string_view>
#include <unordered_map>

#include "base/ip.h"
#include "base/result.h"
#include "model/account.h"

namespace postern::tables {

inline constexpr size_t kOriginsBytesMax = size_t{64} << 20;
inline constexpr size_t kOriginsMax = 1'000'000;

class Origins {
 public:
  [[nodiscard]] static Result<Origins> parse(std::string_view text);
  // All 0 when the table says nothing of it.
  [[nodiscard]] model::Place find(const IpAddress& address) const;
  [[nodiscard]] size_t size() const { return size_; }

 private:
  struct Hash {
    size_t operator()(const IpAddress& a) const noexcept;
  };
  using ByAddress = std::unordered_map<IpAddress, model::Place, Hash>;
  std::map<uint8_t, ByAddress, std::greater<>> v4_;  // by length, longest first
  std::map<uint8_t, ByAddress, std::greater<>> v6_;
  size_t size_ = 0;
};

}  // namespace postern::tables
