// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "decide/frame/contract.h"

namespace postern::decide::detect {

std::string in_words(Duration d) {
  const int64_t s = d.seconds();
  if (s < 120 && s % 60 != 0) return fmt::format("{} s", s);
  if (s < 7200 && s % 3600 != 0) return fmt::format("{} min", s / 60);
  if (s < 172'800 && s % 86'400 != 0) return fmt::format("{} h", s / 3600);
  if (s == 0) return "a second";
  return s < 86'400 ? fmt::format("{} h", s / 3600) : fmt::format("{} d", s / 86'400);
}

std::string counted(size_t n, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", n, n == 1 ? one : many);
}

}  // namespace postern::decide::detect
