// SPDX-License-Identifier: Apache-2.0
// What a customer is told when something on the connection signed in at a mail server of others without encryption:
// that it happened, where, and what to do. Nothing of the name or the password is known here. Pure. No case, no page.
#pragma once

#include "model/account_seen.h"
#include "tell/letter/letter.h"

namespace postern::tell::letter {

struct SignInFacts {
  Provider provider;
  std::string customer;  // name; empty = not known
  std::string language;
  std::string line_key;
  model::ClearSignIn seen;
  Time at;
};
// `short_` and `call` are empty. A decoy's address is not named.
[[nodiscard]] Text compose(const SignInFacts& facts);

}  // namespace postern::tell::letter
