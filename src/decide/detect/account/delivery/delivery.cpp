// SPDX-License-Identifier: Apache-2.0
#include "decide/detect/account/delivery/delivery.h"

#include <algorithm>

namespace postern::decide::detect::account::delivery {

int32_t Detector::level(const Level& level, const Context& context) {
  return context.now - level.at >= kMemory ? 0 : level.mnat;
}

int32_t Detector::see(State& state, const model::ObservationBody& body, const Context& context) {
  const auto* use = std::get_if<model::AccountUse>(&body);
  if (use == nullptr) return 0;
  const int64_t sum = int64_t{use->failed} * kFailedMnat - int64_t{use->delivered} * kDeliveredMnat;
  // What receivers said of one message comes as two numbers. In whatever order they said it, a failure was on the level
  // when it came, and seven recipients of the same message who took it do not undo that.
  const int64_t least = use->failed > 0 ? kFailedMnat - level(state.level, context) : -1'000'000;
  return static_cast<int32_t>(std::clamp<int64_t>(std::max(sum, least), -1'000'000, 1'000'000));
}

std::string Detector::note(const Entry& entry) {
  return entry.mnat < 0 ? "delivered" : "recipients that do not exist or were refused";
}

std::string Detector::explain(std::span<const Entry> mine, const Context&) {
  const auto failed = std::ranges::count(mine, model::Outcome::failure, &Entry::outcome);
  if (failed == 0) return {};
  return "receivers refused what it sent " + detect::counted(static_cast<size_t>(failed), "time", "times") +
         " (owners: 1 recipient in 20)";
}

}  // namespace postern::decide::detect::account::delivery
