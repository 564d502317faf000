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
  int32_t mnat = kWordMnat;
  if (const auto* complaint = std::get_if<model::Complaint>(&body)) {
    mark = fingerprint_of("r" + complaint->reporter, (complaint->sent ? complaint->sent : context.now).unix_day());
  } else if (const auto* listing = std::get_if<model::Listing>(&body)) {
    mark = fingerprint_of("l" + listing->list, context.now.unix_day());
  } else if (std::holds_alternative<model::ProxyUse>(body)) {
    mark = fingerprint_of("proxy");
  } else if (std::holds_alternative<model::C2Contact>(body)) {
    mark = fingerprint_of("c2", context.now.unix_day());
    mnat = kC2Mnat;
  }
  return mark != 0 && state.seen.is_new(mark) ? mnat : 0;
}

// The watch writes a complaint down as a failure: a receiver did not want it; a proxied connection as a success. Of the
// others only a control server has an address.
std::string Detector::note(const Entry& entry) {
  if (entry.outcome == model::Outcome::success)
    return fmt::format("carried a connection of {} to a mail server", to_string(entry.destination));
  if (entry.outcome == model::Outcome::failure) return "complaint of a receiver";
  if (entry.destination)
    return fmt::format("talked to {}, which is on the list of control servers", to_string(entry.destination));
  return "listed on a blocklist";
}

std::string Detector::explain(std::span<const Entry> mine, const Context&) {
  const auto complaints = static_cast<size_t>(std::ranges::count(mine, model::Outcome::failure, &Entry::outcome));
  const auto proxied = static_cast<size_t>(std::ranges::count(mine, model::Outcome::success, &Entry::outcome));
  const auto controlled = static_cast<size_t>(std::ranges::count_if(
      mine, [](const Entry& e) { return e.outcome == model::Outcome::unknown && e.destination; }));
  const size_t listings = mine.size() - complaints - proxied - controlled;
  std::vector<std::string> said;
  if (complaints != 0) said.push_back(counted(complaints, "complaint of a receiver", "complaints of receivers"));
  if (listings != 0) said.push_back(counted(listings, "listing on a blocklist", "listings on blocklists"));
  if (proxied != 0) said.emplace_back("a proxy that carried somebody's connection to a mail server");
  if (controlled != 0)
    said.push_back(counted(controlled, "day with a control server of botnets", "days with control servers of botnets"));
  return fmt::format("{}", fmt::join(said, ", "));
}

}  // namespace postern::decide::detect::complaint
