// SPDX-License-Identifier: Apache-2.0
// A scenario: dated events and what is expected after them, as text (tests/replay/README.md has the words). The engine
// is ticked at each time named. Besides what the file expects, every finding's evidence must recount to its score, and
// replaying the records must give the facts the engine ended with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern::replay {

// Nothing = passed; else one line per fault, "file:line: what".
[[nodiscard]] std::vector<std::string> run_scenario(std::string_view file, std::string_view text);

}  // namespace postern::replay
