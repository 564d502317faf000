// SPDX-License-Identifier: Apache-2.0
// What valid settings still need from this machine, as far as files tell it: for `postern check`. Reads nothing but
// file status and changes nothing. Says what it did look at and what it did not, so that silence is never taken for
// health.
#pragma once

#include <string>
#include <vector>

#include "settings/settings.h"

namespace postern::settings {

struct Environment {
  Faults faults;                       // nothing should start with these
  std::vector<std::string> hints;      // may be meant so; each says what it would mean
  std::vector<std::string> checked;    // "secret file /etc/postern/radius.secret"
  std::vector<std::string> unchecked;  // "that listen addresses are this machine's and free"
};

[[nodiscard]] Environment check_environment(const Settings& settings);

// The part of it that needs no machine: settings that are valid and yet often a mistake.
[[nodiscard]] std::vector<std::string> hints_of(const Settings& settings);

}  // namespace postern::settings
