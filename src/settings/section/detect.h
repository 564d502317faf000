// SPDX-License-Identifier: Apache-2.0
// [detect.NAME]: one detector.
#pragma once

#include "model/policy.h"

namespace postern::settings {

struct KeyTable;

struct Detect {
  model::Mode mode = model::Mode::on;

  static const KeyTable& table();
};

}  // namespace postern::settings
