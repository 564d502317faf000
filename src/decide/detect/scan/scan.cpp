// SPDX-License-Identifier: Apache-2.0
#include "decide/detect/scan/scan.h"

#include <fmt/format.h>

#include "decide/frame/decay.h"

namespace postern::decide::detect::scan {

int32_t Detector::level(const Level& level, const Context& context) { return halved(level, context.now, kHalfLife); }

int32_t Detector::see(State&, const model::ObservationBody& body, const Context&) {
  return std::holds_alternative<model::PortScan>(body) ? kTenHostsMnat : 0;
}

std::string Detector::note(const Entry& entry) {
  return fmt::format("ten hosts that do not answer on port {} within a minute, the last {}", entry.port,
                     to_string(entry.destination));
}

std::string Detector::explain(std::span<const Entry> mine, const Context&) {
  if (mine.empty()) return {};
  return fmt::format("{} hosts or more on port {} that did not answer, within {}", mine.size() * 10, mine.back().port,
                     in_words(mine.back().at - mine.front().at + minutes(1)));
}

}  // namespace postern::decide::detect::scan
