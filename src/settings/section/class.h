// SPDX-License-Identifier: Apache-2.0
// [class.NAME]: what lines of one class may do on port 25, and through the provider's relay.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "base/time.h"
#include "model/line.h"
#include "model/policy.h"

namespace postern::settings {

struct KeyTable;

// Whether cases of a class restrict: as [casework] says, or otherwise.
PN_ENUM(Restrict, as_casework, off, shadow, on)

struct Class {
  model::Verdict verdict = model::Verdict::explain;
  uint32_t connections_per_min = 0;
  uint32_t connections_burst = 0;
  uint32_t networks_per_hour = 0;
  uint32_t networks_burst = 0;
  Duration destination_memory = hours(24);
  Duration new_network_every = minutes(10);
  // Of casework; 0 = as [casework] says.
  Duration contact_promise;
  Duration escalate_every;
  Duration deadline;
  Duration block_deadline;
  Restrict restrict_mode = Restrict::as_casework;
  // Through the provider's relay; 0 = no such limit. For the edge, not part of the policy.
  uint32_t relay_messages_per_hour = 200;
  uint32_t relay_messages_per_day = 1'000;
  uint32_t relay_recipients_per_hour = 400;
  uint32_t relay_recipients_per_day = 2'000;
  uint32_t relay_megabytes_per_hour = 500;
  uint32_t relay_megabytes_per_day = 2'000;
  uint32_t relay_domains_per_hour = 100;
  uint32_t relay_domains_per_day = 300;
  uint32_t relay_invalid_percent = 30;
  uint32_t relay_recipients_per_message = 100;
  // Of all that is sent in the class's name, together.
  uint32_t relay_class_recipients_per_hour = 0;
  uint32_t relay_class_recipients_per_day = 0;
  bool relay_limit_opens_case = false;
  std::vector<std::string> names;  // for customers: "de: Privatanschluss"

  // A burst that is not set is one minute's (or hour's) worth. `common`: the rules of [casework].
  [[nodiscard]] model::ClassPolicy policy(const model::CaseRules& common) const;

  // What customers are shown, by language; nothing for a language that `names` has not.
  [[nodiscard]] std::map<std::string, std::string> shown() const;

  static const KeyTable& table();
};

}  // namespace postern::settings
