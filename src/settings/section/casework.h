// SPDX-License-Identifier: Apache-2.0
// [casework]: when findings become a case.
#pragma once

#include "settings/table/key.h"

namespace postern::settings {

struct Casework {
  Decimal case_score{9'200};  // nats

  static const KeyTable& table();
};

}  // namespace postern::settings
