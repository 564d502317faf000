// SPDX-License-Identifier: Apache-2.0
// What the garden's page is told about the line that asks. Nobody else is ever shown it: the asker's address is the
// question.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/line.h"
#include "page/facts.h"

namespace postern::edge::garden {

inline constexpr std::string_view kPortal = "/garden";  // path of the page, below provider.url

struct Facts {
  bool known = false;  // the address belongs to exactly one line now
  model::Hold hold = model::Hold::none;
  Time since;  // of the hold; 0 = not known
  uint64_t blocked_today = 0;
  std::vector<page::Attempt> last;  // newest first
  std::optional<page::CaseFacts> case_;
  std::optional<page::RelayUsage> relay;  // none: no mail server asks Postern here
  PN_FIELDS(known, hold, since, blocked_today, last, case_, relay)
};

}  // namespace postern::edge::garden
