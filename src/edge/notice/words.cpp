// SPDX-License-Identifier: Apache-2.0
#include "edge/notice/words.h"

namespace postern::edge::notice {

const Words& words_for(std::string_view accept_language) {
  static const std::array kAll{&words_en()};
  static constexpr std::array<std::string_view, 1> kLanguages{"en"};
  return *kAll[page::best_language(accept_language, kLanguages)];
}

}  // namespace postern::edge::notice
