// SPDX-License-Identifier: Apache-2.0
// What people are shown of a meter.
#pragma once

#include <string>
#include <vector>

#include "base/fields.h"
#include "base/time.h"
#include "edge/relay/meters.h"
#include "model/ids.h"

namespace postern::edge::relay {

struct Usage {
  model::SubscriberId line;  // 0: an account
  std::string account;       // at most kNameMax octets of it
  Time last;
  uint32_t refused = 0;
  uint32_t auth_on_25 = 0;
  std::vector<uint32_t> used;  // kWindows times kQuantities
  bool of_class = false;       // `account` is the name of a class: all that is sent in its name
  PN_FIELDS(line, account, last, refused, auth_on_25, used, of_class)
};

[[nodiscard]] inline Usage usage_of(Meter meter, uint32_t now) {
  const bool of_class = meter.line == kClassLine;
  Usage out{.line = {of_class ? 0 : meter.line},
            .account = std::string(meter.text()),
            .last = {seconds(meter.touched).us},
            .refused = meter.refused,
            .auth_on_25 = meter.auth_on_25,
            .used = {},
            .of_class = of_class};
  meter.roll(now);
  for (size_t w = 0; w < kWindows; ++w)
    for (size_t q = 0; q < kQuantities; ++q)
      out.used.push_back(meter.used(static_cast<Window>(w), static_cast<Quantity>(q), now));
  return out;
}

}  // namespace postern::edge::relay
