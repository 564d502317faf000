// SPDX-License-Identifier: Apache-2.0
#include "decide/detect/persistence/persistence.h"

#include "decide/frame/decay.h"

namespace postern::decide::detect::persistence {

int32_t Detector::level(const Level& level, const Context& context) { return halved(level, context.now, kHalfLife); }

int32_t Detector::see(State& state, const model::ObservationBody& body, const Context& context) {
  if (!std::holds_alternative<model::FirstContact>(body) || !context.new_network) return 0;
  if (!context.noticed_at || Time(state.counted) == context.noticed_at) return 0;
  if (context.now - context.noticed_at < kAfterNotice) return 0;
  state.counted = context.noticed_at;
  return kPersistsMnat;
}

std::string Detector::note(const Entry& entry) {
  return "goes on after the notice: first contact with " + to_string(destination_network(entry.destination));
}

std::string Detector::explain(std::span<const Entry> mine, const Context&) {
  return mine.empty() ? std::string() : "went on more than " + in_words(kAfterNotice) + " after the notice";
}

}  // namespace postern::decide::detect::persistence
