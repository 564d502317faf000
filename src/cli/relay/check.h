// SPDX-License-Identifier: Apache-2.0
// postern relay check: whether the Postfix of this machine asks Postern as docs/operator/relay.md says
// (relay/postfix.h), and whether Postern answers on its sockets.
#pragma once

#include <string>

#include "cli/local.h"

namespace postern::cli {

struct RelayCheck {
  std::string settings;  // postern.toml
  std::string postfix;   // a configuration directory; empty: Postfix's own
};
// Exit::no when there is a fault.
[[nodiscard]] Printed relay_check(const RelayCheck& what, bool json);

}  // namespace postern::cli
