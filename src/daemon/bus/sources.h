// SPDX-License-Identifier: Apache-2.0
// What roles say to each other of sources that are files or logs; a part of message.h.
#pragma once

#include <string>
#include <vector>

#include "base/fields.h"
#include "model/nat.h"

namespace postern::daemon {

// From the supervisor to the edge role, with a descriptor that reads the file: leases of a DHCP server, which grow. The
// files of one server and family come in order; `first` = all is told anew, `last` = the server writes to this one.
struct LeaseFile {
  std::string server;  // as the settings call it
  bool v6 = false;
  bool first = false;
  bool last = false;
  PN_FIELDS(server, v6, first, last)
};
// From the supervisor to the edge role, with a descriptor that reads it: the list of control servers, whenever it is
// another one.
struct C2File {
  std::string path;
  PN_FIELDS(path)
};
// From the edge to the brain: what NATs logged, for questions; all that is known when the brain comes up.
struct NatBlocks {
  std::vector<model::NatBlock> blocks;
  std::vector<model::NatLoss> losses;
  PN_FIELDS(blocks, losses)
};

}  // namespace postern::daemon
