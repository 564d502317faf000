// SPDX-License-Identifier: Apache-2.0
// What a customer is told of a limit at the relay: that it is near, or reached. Pure. No case, no number, no page: it
// is no trouble yet, and mail that is put off is not lost. Where the class asks for a case, Notice::relay_limit says
// it. And of an account that signs in on port 25 (`what` is "auth_on_25"): that this ends, or has ended (100 percent).
#pragma once

#include "model/account_seen.h"
#include "tell/letter/letter.h"
#include "words/words.h"

namespace postern::tell::letter {

struct LimitFacts {
  Provider provider;
  std::string customer;  // name; empty = not known
  std::string language;
  std::string line_key;
  model::RelayLimit limit;
  std::string page = {};  // opened from the line it shows what was counted
};
// "400 recipients within one hour".
[[nodiscard]] std::string limit_words(const words::Words& w, const model::LimitReached& limit);
// `short_` and `call` are empty.
[[nodiscard]] Text compose(const LimitFacts& facts);

}  // namespace postern::tell::letter
