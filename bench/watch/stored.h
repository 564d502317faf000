// SPDX-License-Identifier: Apache-2.0
// Recordings (the folder POSTERN_DATA), as deeds of lines; and a bot of one laid over a benign line of another.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "bench/report.h"
#include "bench/watch/judge.h"

namespace postern::bench {

struct Recording {
  std::vector<Deed> deeds;
  std::map<uint32_t, std::string> names;  // of lines that mailed
};
[[nodiscard]] Result<Recording> record(const std::string& path, const model::Policy& policy);

// residential and hosting as DETECTION says them, the recording's own network governed.
[[nodiscard]] model::Policy policy_for(std::string_view network, std::string_view class_name);

// The rows of the table on stored data, and bots laid over benign senders at x1, x10, x100.
[[nodiscard]] Status stored(Report& report, const std::string& folder);
[[nodiscard]] Status overlays(Report& report, const std::string& folder);

}  // namespace postern::bench
