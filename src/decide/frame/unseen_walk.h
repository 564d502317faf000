// SPDX-License-Identifier: Apache-2.0
// MX walks whose question nobody here saw, because the line asks another resolver. A mail server that meets dead
// domains tries the hosts of each in turn and waits for an answer in between: Postfix 30 s (smtp_connect_timeout), five
// hosts (smtp_mx_address_limit); of ever new networks none answers, as with a bot. As contacts such steps count in
// full, so the case is opened and somebody asks. What they may not do is restrict the line by themselves: the block
// stage is judged without them. Who tries one address every 30 s to profit from that is a case all the same, and
// blocked if it persists.
#pragma once

#include <span>
#include <vector>

#include "decide/frame/contract.h"
#include "decide/frame/walk.h"

namespace postern::decide::detect {

inline constexpr Duration kStepLeast = seconds(27);
inline constexpr Duration kStepMost = seconds(33);
inline constexpr uint16_t kWalkedPort = 25;

// Which of these entries, in order of time, are of further hosts of such walks.
inline std::vector<bool> unseen_walks(std::span<const Entry> entries) {
  std::vector<bool> out(entries.size());
  Time last;
  uint8_t hosts = 0;
  bool step = false;
  for (size_t i = 0; i < entries.size(); ++i) {
    const Entry& e = entries[i];
    if (e.port != kWalkedPort || e.outcome != model::Outcome::failure) continue;
    if (e.at != last) {  // the detectors that count one contact stand beside each other
      const Duration since = e.at - last;
      step = last && since >= kStepLeast && since <= kStepMost && hosts < Walk::kMxHostsMost;
      hosts = step ? static_cast<uint8_t>(hosts + 1) : uint8_t{1};
      last = e.at;
    }
    out[i] = step;
  }
  return out;
}

}  // namespace postern::decide::detect
