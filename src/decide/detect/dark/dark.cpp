// SPDX-License-Identifier: Apache-2.0
#include "decide/detect/dark/dark.h"

#include <algorithm>

#include "decide/frame/decay.h"

namespace postern::decide::detect::dark {
namespace {

// FNV-1a, 32 bits; never 0.
uint32_t fingerprint(const IpAddress& a) {
  uint32_t h = 2'166'136'261U;
  for (const uint8_t byte : a.bytes) h = (h ^ byte) * 16'777'619U;
  return std::max(h, 1U);
}

}  // namespace

int32_t Detector::level(const Level& level, const Context& context) { return halved(level, context.now, kHalfLife); }

int32_t Detector::see(State& state, const model::ObservationBody& body, const Context&) {
  const auto* contact = std::get_if<model::FirstContact>(&body);
  if (contact == nullptr || !contact->dark) return 0;
  const uint32_t mark = fingerprint(contact->destination);
  if (std::ranges::find(state.seen, mark) != state.seen.end()) return 0;
  state.seen[state.next] = mark;
  state.next = static_cast<uint8_t>((state.next + 1) % kAddressesKept);
  return kAddressMnat;
}

std::string Detector::note(const Entry& entry) { return "dark address " + to_string(entry.destination); }

std::string Detector::explain(std::span<const Entry> mine, const Context&) {
  return mine.empty() ? std::string() : counted(mine.size(), "dark address", "dark addresses");
}

}  // namespace postern::decide::detect::dark
