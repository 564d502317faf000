// SPDX-License-Identifier: Apache-2.0
#include "gate/guard.h"

#include <gtest/gtest.h>
#include <sstream>

namespace postern::gate {
namespace {

Guard sample() {
  return {.uplink_interfaces = {"up0", "wan*"},
          .subscriber_interfaces = {"sub*", "eth0.?00"},
          .relay = {parse_prefix("198.51.100.0/24").value(), parse_prefix("198.51.100.7/32").value(),
                    parse_prefix("2001:db8:9::25/128").value()}};
}

// UDP, ICMP and later fragments match no port at all: whatever is not named in a rule that drops must go on.
TEST(Guard, DropsForwardedMailAndNothingElse) {
  for (const Guard& guard : {sample(), Guard{.uplink_interfaces = {"up0"}}}) {
    std::istringstream text(guard_text(guard));
    int drops = 0;
    std::string last;
    for (std::string line; std::getline(text, line);) {
      if (line.find(" drop ") == std::string::npos) continue;
      ++drops;
      EXPECT_NE(line.find("tcp dport 25 "), line.npos) << line;
      last = line;
    }
    EXPECT_EQ(drops, guard.subscriber_interfaces.empty() ? 1 : 2);
    EXPECT_TRUE(last.starts_with("    tcp dport 25 counter drop")) << "everybody who was not named before: " << last;
  }
}

TEST(Guard, TheRelayPassesButNotInItsNameFromASubscriber) {
  const std::string text = guard_text(sample());
  const size_t to = text.find("tcp dport 25 ip daddr @relay4 accept");
  const size_t subscribers = text.find("iifname \"sub*\" tcp dport 25 counter drop");
  const size_t from = text.find("tcp dport 25 ip saddr @relay4 accept");
  EXPECT_LT(to, subscribers);
  EXPECT_LT(subscribers, from);
  EXPECT_LT(from, text.size());
  EXPECT_NE(text.find("ip6 daddr @relay6 accept"), text.npos);
  EXPECT_NE(text.find("ip6 saddr @relay6 accept"), text.npos);
  EXPECT_EQ(text.find("eth0."), text.npos) << "cut at its wildcard it could name the relay's own interface";
}

TEST(Guard, RefusesWhatNftCannotSay) {
  for (const char* name : {"", "wan?", "w*n0", "a\"; drop", "a-name-too-long-for-linux"})
    EXPECT_FALSE(load_guard({.uplink_interfaces = {name}})) << name;
}

}  // namespace
}  // namespace postern::gate
