// SPDX-License-Identifier: Apache-2.0
// Advice: what a rehearsal found about a line, told to its customer before anything closes. No case and no evidence: it
// has no deadline, restricts nothing and is told once.
//   permit  the line looks like a mail server's: it needs an exception before port 25 closes
//   relay   something on it hands mail to strangers' servers: use the relay
//   check   something on it behaves as if it were in other hands: look at the devices
#pragma once

#include <string>
#include <vector>

#include "base/fields.h"
#include "base/time.h"
#include "model/case.h"
#include "model/ids.h"

namespace postern::model {

PN_ENUM(AdviceText, permit, relay, check)

// waiting: for its turn. The others as model::ContactState has them.
PN_ENUM(AdviceState, waiting, ordered, sent, bounced, failed, unusable)

// Numbers of advice are far from those of cases' contacts, and of notices about limits.
inline constexpr uint64_t kAdviceBit = uint64_t{1} << 62;
[[nodiscard]] constexpr bool is_advice(ContactId id) { return id.value >> 62 == 1; }

struct Advice {
  ContactId id;
  SubscriberId line;
  AdviceText text = AdviceText::relay;
  std::string campaign;
  AdviceState state = AdviceState::waiting;
  Channel channel = Channel::mail;
  Time planned;
  Time at;  // ordered
  Time settled;
  std::string detail;
  bool operator==(const Advice&) const = default;
  PN_FIELDS(id, line, text, campaign, state, channel, planned, at, settled, detail)
};

struct AdviceRow {
  SubscriberId line;
  AdviceText text = AdviceText::relay;
  bool operator==(const AdviceRow&) const = default;
  PN_FIELDS(line, text)
};

// An operator sends a campaign: its rows in order, at the governor's pace. Who was told that text before, or waits to
// be, is left out.
struct CampaignOrder {
  std::string operator_name;
  std::string name;
  std::vector<AdviceRow> rows;
  bool send = false;  // else it is only counted who would be told
  PN_FIELDS(operator_name, name, rows, send)
};

inline constexpr size_t kCampaignRowsMax = 10'000;

}  // namespace postern::model
