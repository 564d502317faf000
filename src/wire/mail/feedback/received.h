// SPDX-License-Identifier: Apache-2.0
// A Received field (RFC 5321 section 4.4) as Postfix and its like write it: who took the message, from where, when,
// under what queue id, and who had signed in.
//   from helo (name [192.0.2.1]) (using TLSv1.3 ...) (Authenticated sender: erika) by mx.isp.example (Postfix)
//     with ESMTPSA id 4Sf1 for <a@b.example>; Fri, 27 Nov 2026 20:00:00 +0100 (CET)
// Takes foreign bytes and never fails; what is not there or not understood is empty. The address is the one in the
// brackets of the first comment behind "from", which the server wrote: what stands before it the client said.
#pragma once

#include <string>
#include <string_view>

#include "base/ip.h"
#include "base/time.h"

namespace postern::wire {

struct Received {
  std::string by;  // lower case
  IpAddress from;
  std::string account;  // as written
  std::string id;
  Time at;
};

[[nodiscard]] Received read_received(std::string_view value);

}  // namespace postern::wire
