// SPDX-License-Identifier: Apache-2.0
#include "decide/detect/dark/dark.h"

#include <algorithm>

#include "decide/frame/decay.h"
#include "decide/frame/fingerprint.h"

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
  uint32_t mark = 0;
  const auto* contact = std::get_if<model::FirstContact>(&body);
  if (contact != nullptr && contact->dark) mark = fingerprint(contact->destination);
  if (const auto* hit = std::get_if<model::TrapHit>(&body)) mark = fingerprint_of(hit->trap);
  if (mark == 0 || std::ranges::find(state.seen, mark) != state.seen.end()) return 0;
  state.seen[state.next] = mark;
  state.next = static_cast<uint8_t>((state.next + 1) % kAddressesKept);
  return kAddressMnat;
}

std::string Detector::note(const Entry& entry) {
  return entry.destination ? "dark address " + to_string(entry.destination) : "mail to a trap address";
}

std::string Detector::explain(std::span<const Entry> mine, const Context&) {
  const auto traps = static_cast<size_t>(std::ranges::count_if(mine, [](const Entry& e) { return !e.destination; }));
  const size_t touched = mine.size() - traps;
  std::string out;
  if (touched != 0) out = counted(touched, "dark address", "dark addresses");
  if (traps != 0)
    out += (out.empty() ? "" : ", ") + counted(traps, "mail to a trap address", "mails to trap addresses");
  return out;
}

}  // namespace postern::decide::detect::dark
