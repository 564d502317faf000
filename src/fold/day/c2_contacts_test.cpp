// SPDX-License-Identifier: Apache-2.0
#include "fold/day/c2_contacts.h"

#include <gtest/gtest.h>

namespace postern::fold {
namespace {

const Time kNoon = Time{} + days(20'000) + hours(12);
constexpr uint8_t kTalk = 0x1b;  // SYN, FIN, PSH, ACK

model::Flow flow(Time at = kNoon, uint8_t flags = kTalk) {
  return {.begin = at, .end = at, .source = {}, .destination = {}, .protocol = 6, .tcp_flags = flags};
}
C2News talk(C2Contacts& contacts, uint32_t line, uint32_t server, Time at = kNoon) {
  EXPECT_NE(contacts.see(line, server, false, flow(at)), C2News::fresh);
  return contacts.see(line, server, true, flow(at));
}

TEST(C2Contacts, BothEndsAndOnceADay) {
  C2Contacts contacts;
  EXPECT_EQ(contacts.see(7, 0, true, flow()), C2News::nothing);
  EXPECT_EQ(contacts.see(7, 0, true, flow()), C2News::nothing) << "what a server sends, nobody asked for";
  EXPECT_EQ(contacts.see(7, 0, false, flow(kNoon + minutes(5))), C2News::fresh) << "in another record";
  EXPECT_EQ(contacts.see(7, 0, false, flow()), C2News::again);
  EXPECT_EQ(talk(contacts, 7, 1), C2News::again) << "another server, the same line";
  EXPECT_EQ(talk(contacts, 8, 0), C2News::fresh);
  EXPECT_EQ(talk(contacts, 7, 0, kNoon + hours(12)), C2News::fresh) << "tomorrow";
  // Yesterday's first half is no half of today's.
  C2Contacts other;
  EXPECT_EQ(other.see(7, 0, true, flow()), C2News::nothing);
  EXPECT_EQ(other.see(7, 0, false, flow(kNoon + hours(12))), C2News::nothing);
}

// SYN and SYN-ACK, RST, bare acknowledgements, other protocols: a forged source gets as far.
TEST(C2Contacts, AHandshakeIsNoContact) {
  C2Contacts contacts;
  for (const uint8_t flags : {0x02, 0x12, 0x14, 0x10, 0x08, 0x01, 0x00}) {
    EXPECT_EQ(contacts.see(7, 0, false, flow(kNoon, flags)), C2News::nothing);
    EXPECT_EQ(contacts.see(7, 0, true, flow(kNoon, flags)), C2News::nothing);
  }
  model::Flow udp = flow();
  udp.protocol = 17;
  EXPECT_EQ(contacts.see(7, 0, false, udp), C2News::nothing);
  EXPECT_EQ(contacts.see(7, 0, true, udp), C2News::nothing);
  EXPECT_EQ(contacts.see(7, 0, false, flow(kNoon, 0x19)), C2News::nothing);
  EXPECT_EQ(contacts.see(7, 0, true, flow(kNoon, 0x11)), C2News::fresh) << "it ended it in order";
}

TEST(C2Contacts, AServerOfManyIsNone) {
  C2Contacts contacts;
  uint32_t line = 0;
  while (line < C2Contacts::kLinesOfOneMax) EXPECT_EQ(talk(contacts, ++line, 3), C2News::fresh);
  EXPECT_EQ(talk(contacts, ++line, 3), C2News::crowded);
  EXPECT_EQ(talk(contacts, ++line, 3), C2News::left_out);
  EXPECT_EQ(talk(contacts, line, 4), C2News::fresh) << "another server still counts";
  EXPECT_EQ(talk(contacts, line, 3, kNoon + days(1)), C2News::fresh) << "tomorrow it is looked at again";
}

TEST(C2Contacts, AnotherListIsOtherServers) {
  C2Contacts contacts;
  EXPECT_EQ(contacts.see(7, 0, true, flow()), C2News::nothing);
  contacts.forget_servers();
  EXPECT_EQ(contacts.see(7, 0, false, flow()), C2News::nothing) << "the half was another server's";
  EXPECT_EQ(talk(contacts, 7, 0), C2News::fresh);
  contacts.forget_servers();
  EXPECT_EQ(talk(contacts, 7, 5), C2News::again) << "told of today";
}

TEST(C2Contacts, Bounds) {
  C2Contacts contacts;
  for (uint32_t line = 1; line <= C2Contacts::kHalvesMax; ++line)
    ASSERT_EQ(contacts.see(line, 0, true, flow()), C2News::nothing);
  EXPECT_EQ(contacts.see(1, 1, true, flow()), C2News::full);
  EXPECT_EQ(contacts.see(1, 2, true, flow()), C2News::left_out);
  EXPECT_EQ(contacts.see(1, 0, false, flow()), C2News::fresh) << "what is there goes on";
  EXPECT_EQ(contacts.see(1, 1, true, flow(kNoon + days(1))), C2News::nothing);
}

}  // namespace
}  // namespace postern::fold
