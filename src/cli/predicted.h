// SPDX-License-Identifier: Apache-2.0
// What a rehearsal predicted against what became of it: the lines of `postern rehearse -o json` beside the cases that
// were opened since.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "cli/local.h"
#include "wire/json.h"

namespace postern::cli {

inline constexpr size_t kPredictionBytesMax = size_t{1} << 30;

struct Prediction {
  std::string line;     // a subscriber's key, or an address where the rehearsal knew no better
  std::string verdict;  // clear, watch, throttle, case or block
};

// One object per line; the error names FILE:LINE. `name` stands for the file.
[[nodiscard]] Result<std::vector<Prediction>> read_predictions(std::string_view text, const std::string& name);
// `cases`: items of GET /v1/cases, the newest first; those opened before `since` do not count. {"predicted", "became",
// "as_predicted", "no_case", "not_predicted", "clear", "items": [{"line", "predicted", "case", "state", "grade",
// "opened"}]}; what differs comes first.
[[nodiscard]] wire::Json compared(const std::vector<Prediction>& predictions, const wire::Json& cases, Time since);
[[nodiscard]] std::string predicted_text(const wire::Json& comparison);

// postern case predicted FILE.
[[nodiscard]] Printed predicted(const std::string& socket, const std::string& file, const std::string& since,
                                bool json);

}  // namespace postern::cli
