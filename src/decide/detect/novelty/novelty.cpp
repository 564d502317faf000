// SPDX-License-Identifier: Apache-2.0
#include "decide/detect/novelty/novelty.h"

#include <algorithm>
#include <fmt/format.h>

namespace postern::decide::detect::novelty {
namespace {

Duration normal_every(const Context& context) {
  const Duration every = context.line_class->new_network_every;
  if (!context.declared_server) return every;
  return std::min(every, context.own_every.us > 0 ? std::min(context.own_every, kServerEvery) : kServerEvery);
}

}  // namespace

int32_t Detector::level(const Level& level, const Context& context) {
  const int64_t every_us = std::max<int64_t>(normal_every(context).us, 1);
  const int64_t since_us = std::max<int64_t>((context.now - level.at).us, 0);
  // Past this the level is empty, whatever it was; keeps the product below small.
  if (since_us / every_us > level.mnat / kDrainMnat + 1) return 0;
  return static_cast<int32_t>(std::max<int64_t>(level.mnat - since_us * kDrainMnat / every_us, 0));
}

int32_t Detector::see(State&, const model::ObservationBody& body, const Context& context) {
  const auto* contact = std::get_if<model::FirstContact>(&body);
  return contact != nullptr && context.new_network && !context.walk && !contact->provider ? kContactMnat : 0;
}

std::string Detector::note(const Entry& entry) {
  return "first contact with " + to_string(destination_network(entry.destination));
}

std::string Detector::explain(std::span<const Entry> mine, const Context& context) {
  if (mine.empty()) return {};
  std::string out = counted(mine.size(), "mail network", "mail networks") + " never contacted before";
  if (mine.size() > 1) out += " within " + in_words(mine.back().at - mine.front().at + seconds(1));
  return out + fmt::format(" (normal: under 1 per {})", in_words(normal_every(context)));
}

}  // namespace postern::decide::detect::novelty
