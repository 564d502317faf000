// SPDX-License-Identifier: Apache-2.0
#include "decide/detect/account/complaint/complaint.h"

#include <algorithm>

#include "decide/frame/decay.h"

namespace postern::decide::detect::account::complaint {

int32_t Detector::level(const Level& level, const Context& context) {
  return detect::halved(level, context.now, kHalfLife);
}

int32_t Detector::see(State& state, const model::ObservationBody& body, const Context& context) {
  if (const auto* c = std::get_if<model::Complaint>(&body)) {
    const Time day = c->sent ? c->sent : context.now;
    return state.seen.is_new(fingerprint_of("r" + c->reporter, day.unix_day())) ? kWordMnat : 0;
  }
  const auto* trap = std::get_if<model::TrapHit>(&body);
  return trap != nullptr && state.seen.is_new(fingerprint_of("t" + trap->trap)) ? kTrapMnat : 0;
}

std::string Detector::note(const Entry& entry) {
  return entry.mnat == kTrapMnat ? "mail to a trap address" : "complaint of a receiver";
}

std::string Detector::explain(std::span<const Entry> mine, const Context&) {
  const auto traps = static_cast<size_t>(std::ranges::count(mine, kTrapMnat, &Entry::mnat));
  const size_t complaints = mine.size() - traps;
  std::string out;
  if (complaints != 0) out = detect::counted(complaints, "complaint of a receiver", "complaints of receivers");
  if (traps != 0)
    out += (out.empty() ? "" : ", ") + detect::counted(traps, "mail to a trap address", "mails to trap addresses");
  return out;
}

}  // namespace postern::decide::detect::account::complaint
