// SPDX-License-Identifier: Apache-2.0
#include "settings/table/report.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace postern::settings {

void Report::add(Position at, std::string what, std::string fix, Errc code) {
  if (faults_.size() == kFaultsMax) {
    ++more_;
    return;
  }
  faults_.push_back({at, faults_.size(), {code, std::move(what), where(at), std::move(fix)}});
}

std::string Report::where(Position at) const {
  if (at.line == 0) return file_;
  if (at.column == 0) return fmt::format("{}:{}", file_, at.line);
  return fmt::format("{}:{}:{}", file_, at.line, at.column);
}

Faults Report::take() {
  std::ranges::sort(faults_, {}, [](const Fault& f) { return std::pair(f.at, f.order); });
  Faults out;
  out.reserve(faults_.size() + 1);
  for (Fault& f : faults_) out.push_back(std::move(f.error));
  if (more_ > 0) out.push_back({Errc::limit, fmt::format("{} more faults are not shown", more_), file_, {}});
  faults_.clear();
  more_ = 0;
  return out;
}

}  // namespace postern::settings
