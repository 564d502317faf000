// SPDX-License-Identifier: Apache-2.0
// [store]: the journal.
#pragma once

#include <string>

namespace postern::settings {

struct KeyTable;

struct Store {
  std::string directory = "/var/lib/postern";

  static const KeyTable& table();
};

}  // namespace postern::settings
