// SPDX-License-Identifier: Apache-2.0
// Lines of any bytes give flows that are in order of time within themselves, at most two a line, or a reason.
#include <cstdint>

#include "base/check.h"
#include "rehearse/flow_csv.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::optional<postern::rehearse::Profile> profile;
  if (data[0] % 4 != 3) profile = static_cast<postern::rehearse::Profile>(data[0] % 4);
  postern::rehearse::FlowCsv csv(profile);
  std::vector<postern::model::Flow> flows;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const auto broken = csv.read(text.substr(0, end), flows);
    PN_CHECK(flows.size() <= 2);
    PN_CHECK(!broken || flows.empty());
    for (const auto& flow : flows) PN_CHECK(flow.begin <= flow.end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return 0;
}
