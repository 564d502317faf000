// SPDX-License-Identifier: Apache-2.0
// Undo of an operator's last order on a case: a transition of its own, with the history left as it is.
#pragma once

#include <string>

#include "base/result.h"
#include "model/case.h"

namespace postern::decide::casework {

// `after`, which an order of `operator_name` made of `c`, remembers what it was.
void remember(const model::Case& c, model::CaseVerb verb, const std::string& operator_name, model::Case& after);
[[nodiscard]] Status may_undo(const model::Case& c);
// The case as it was where the order changed it; contacts, findings and what was seen since stay.
[[nodiscard]] model::Case undone(const model::Case& c);

}  // namespace postern::decide::casework
