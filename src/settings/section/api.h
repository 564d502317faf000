// SPDX-License-Identifier: Apache-2.0
// [api]: what the command postern talks to.
#pragma once

#include <string>

namespace postern::settings {

struct KeyTable;

struct Api {
  std::string socket = "/run/postern/api.sock";
  std::string group;

  static const KeyTable& table();
};

}  // namespace postern::settings
