// SPDX-License-Identifier: Apache-2.0
// What a campaign tells a customer in advance (model/campaign.h). Pure. No case, no deadline and no threat: what was
// seen, what will change, and what to use instead. Every text names a person to talk to.
#pragma once

#include "model/campaign.h"
#include "tell/letter/letter.h"

namespace postern::tell::letter {

struct AdviceFacts {
  Provider provider;
  std::string customer;  // name; empty = not known
  std::string language;
  std::string line_key;
  std::string page;  // of the provider, for what to use instead
  model::AdviceText text = model::AdviceText::relay;
};
// `call` is empty.
[[nodiscard]] Text compose(const AdviceFacts& facts);

}  // namespace postern::tell::letter
