// SPDX-License-Identifier: Apache-2.0
#include "gate/guard.h"

#include <gtest/gtest.h>
#include <sstream>

namespace postern::gate {
namespace {

// UDP, ICMP and later fragments match no port at all: whatever is not named in the rule that drops must go on.
TEST(Guard, DropsForwardedMailAndNothingElse) {
  std::istringstream text(guard_text({.pass_mark = 0x10000000, .uplink_interfaces = {"up0", "wan*"}}));
  int drops = 0;
  for (std::string line; std::getline(text, line);) {
    if (line.find(" drop ") == std::string::npos) continue;
    ++drops;
    EXPECT_TRUE(line.starts_with("    tcp dport 25 ")) << line;
  }
  EXPECT_EQ(drops, 1);
}

}  // namespace
}  // namespace postern::gate
