// SPDX-License-Identifier: Apache-2.0
#include "decide/detect/complaint/complaint.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <vector>

#include "decide/frame/decay.h"

namespace postern::decide::detect::complaint {

int32_t Detector::level(const Level& level, const Context& context) { return halved(level, context.now, kHalfLife); }

int32_t Detector::see(State& state, const model::ObservationBody& body, const Context& context) {
  uint32_t mark = 0;
  if (const auto* complaint = std::get_if<model::Complaint>(&body)) {
    mark = fingerprint_of("r" + complaint->reporter, (complaint->sent ? complaint->sent : context.now).unix_day());
  } else if (const auto* listing = std::get_if<model::Listing>(&body)) {
    mark = fingerprint_of("l" + listing->list, context.now.unix_day());
  }
  return mark != 0 && state.seen.is_new(mark) ? kWordMnat : 0;
}

// The watch writes a complaint down as a failure: a receiver did not want it.
std::string Detector::note(const Entry& entry) {
  return entry.outcome == model::Outcome::failure ? "complaint of a receiver" : "listed on a blocklist";
}

std::string Detector::explain(std::span<const Entry> mine, const Context&) {
  const auto complaints = static_cast<size_t>(std::ranges::count(mine, model::Outcome::failure, &Entry::outcome));
  const size_t listings = mine.size() - complaints;
  std::vector<std::string> said;
  if (complaints != 0) said.push_back(counted(complaints, "complaint of a receiver", "complaints of receivers"));
  if (listings != 0) said.push_back(counted(listings, "listing on a blocklist", "listings on blocklists"));
  return fmt::format("{}", fmt::join(said, ", "));
}

}  // namespace postern::decide::detect::complaint
