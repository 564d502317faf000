// SPDX-License-Identifier: Apache-2.0
#include "decide/detect/volume/volume.h"

#include <algorithm>
#include <fmt/format.h>

#include "decide/common/limits.h"

namespace postern::decide::detect::volume {

int32_t Detector::level(const Level& level, const Context& context) {
  const int64_t since_us = std::max<int64_t>((context.now - level.at).us, 0);
  if (since_us / kDrainEvery.us > level.mnat / kDrainMnat + 1) return 0;
  return static_cast<int32_t>(std::max<int64_t>(level.mnat - since_us * kDrainMnat / kDrainEvery.us, 0));
}

int32_t Detector::see(State& state, const model::ObservationBody& body, const Context& context) {
  const auto* minute = std::get_if<model::MailVolume>(&body);
  if (minute == nullptr || context.declared_server) return 0;
  const bool over = minute->connections > std::max(kLeast, kTimes * state.usual);
  const auto today = static_cast<uint16_t>(context.now.unix_day());
  if (today != state.day && level(state.level, context) < kWatchMnat) {
    // Not from the first storm that is ever seen.
    if (state.day != 0) state.usual = std::clamp(minute->connections, state.usual / 2, state.usual * 2);
    state.day = today;
  }
  return over ? kMinuteMnat : 0;
}

std::string Detector::note(const Entry& entry) {
  return fmt::format("a minute of many connections to {} on port {}", to_string(destination_network(entry.destination)),
                     entry.port);
}

std::string Detector::explain(std::span<const Entry> mine, const Context&) {
  if (mine.empty()) return {};
  return counted(mine.size(), "minute", "minutes") + " with more connections to " +
         to_string(destination_network(mine.back().destination)) +
         " than mail needs: a client that retries without pause, or a flood";
}

}  // namespace postern::decide::detect::volume
