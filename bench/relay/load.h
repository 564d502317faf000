// SPDX-License-Identifier: Apache-2.0
// Asks a policy server as many smtpd processes of Postfix would: each connection has one request under way. Of every
// message RCPT twice, DATA, END-OF-MESSAGE, with the attributes Postfix 3.7 sends; half of the messages by accounts of
// `accounts`, half from lines.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace postern::bench {

struct Load {
  double decisions_per_s = 0;
  double us_p50 = 0;
  double us_p99 = 0;
  double us_p999 = 0;
};
// All of a message, or of each message only RCPT, once.
enum class Questions : uint8_t { messages, recipients };
// An answer that is not DUNNO is an error.
[[nodiscard]] Result<Load> ask(const std::string& path, uint32_t connections, uint32_t requests, uint32_t accounts,
                               uint32_t seed, Questions questions = Questions::messages);

}  // namespace postern::bench
