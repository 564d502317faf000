// SPDX-License-Identifier: Apache-2.0
// The governor: how much automation may do. Asked before every restriction that a person did not order by name.
#pragma once

#include <optional>
#include <string>

#include "decide/casework/book.h"
#include "model/policy.h"

namespace postern::decide::casework {

struct Governor {
  const model::GovernorRules* rules = nullptr;
  std::string line_key;  // of the subscriber
  std::string nas;       // empty = not known: counts only in all
};

struct Held {
  std::string why;
  bool over_limit = false;  // else: a person is to agree, or stopped everything
};

// Why the restriction of this case is held now, or nothing: go on.
[[nodiscard]] std::optional<Held> held(const Book& book, const model::Case& c, const Governor& governor, Time now);

// The same before the plug of a restricted line is pulled. `needs_person`: the class's rule that an operator agrees.
[[nodiscard]] std::optional<Held> held_plug(const Book& book, const model::Case& c, const Governor& governor,
                                            bool needs_person, Time now);

}  // namespace postern::decide::casework
