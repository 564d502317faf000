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

// Why the restriction of this case is held now, or nothing: go on. Text that starts the same for the same reason.
[[nodiscard]] std::optional<std::string> held(const Book& book, const model::Case& c, const Governor& governor,
                                              Time now);

// The same before the plug of a restricted line is pulled. `needs_person`: the class's rule that an operator agrees.
[[nodiscard]] std::optional<std::string> held_plug(const Book& book, const model::Case& c, const Governor& governor,
                                                   bool needs_person, Time now);

}  // namespace postern::decide::casework
