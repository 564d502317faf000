// SPDX-License-Identifier: Apache-2.0
#include "model/account.h"

#include <algorithm>

namespace postern::model {

std::string account_name(std::string_view as_said) {
  std::string out(as_said.substr(0, kAccountNameMax));
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

AccountId account_id(std::string_view name) {
  uint64_t h = 14'695'981'039'346'656'037ULL;
  for (const char c : name) h = (h ^ static_cast<uint8_t>(c)) * 1'099'511'628'211ULL;
  return {std::max<uint64_t>(h, 1)};
}

}  // namespace postern::model
