// SPDX-License-Identifier: Apache-2.0
// postern rehearse: recorded history through detection, here and without a running posternd (rehearse/rehearsal.h).
#pragma once

#include <string>
#include <vector>

#include "cli/local.h"

namespace postern::cli {

struct Rehearse {
  std::string policy;       // postern.toml
  std::string profile;      // empty: the header says
  std::string subscribers;  // an import file; empty: each address is a subject
  std::string sessions;     // a session history; empty: addresses belong to nobody in particular
  std::string permits;      // where drafts go; empty: nowhere
  std::string campaign;     // where the file of a campaign goes; empty: nowhere
  std::vector<std::string> inputs;
};

[[nodiscard]] Printed rehearse(const Rehearse& what, bool json);

}  // namespace postern::cli
