// SPDX-License-Identifier: Apache-2.0
#include "decide/who/resolve.h"

#include <gtest/gtest.h>

namespace postern::decide::who {
namespace {

model::Session session(uint64_t id, uint32_t line, const char* prefix, int64_t since, int64_t until) {
  model::Session s;
  s.id = {id};
  s.subscriber = {line};
  s.prefixes.value = {parse_prefix(prefix).value()};
  s.since = Time{since};
  s.until = Time{until};
  return s;
}
IpAddress ip(const char* text) { return parse_ip(text).value(); }

TEST(Resolve, AnswersByTimeHalfOpen) {
  const std::vector<model::Session> all{session(1, 1, "192.0.2.1/32", 10, 20), session(2, 2, "192.0.2.1/32", 20, 0)};
  EXPECT_EQ(resolve(all, ip("192.0.2.1"), Time{9}).kind, Attribution::nobody);
  EXPECT_EQ(resolve(all, ip("192.0.2.1"), Time{10}).sessions.at(0).subscriber.value, 1U);
  EXPECT_EQ(resolve(all, ip("192.0.2.1"), Time{19}).sessions.at(0).subscriber.value, 1U);
  EXPECT_EQ(resolve(all, ip("192.0.2.1"), Time{20}).sessions.at(0).subscriber.value, 2U);
  EXPECT_EQ(resolve(all, ip("192.0.2.2"), Time{20}).kind, Attribution::nobody);
}

TEST(Resolve, TwoLinesAreAmbiguousOneLineIsNot) {
  std::vector<model::Session> all{session(1, 1, "2001:db8::/56", 10, 0), session(2, 2, "2001:db8:0:1::/64", 10, 0)};
  const Answer answer = resolve(all, ip("2001:db8:0:1::1"), Time{11});
  EXPECT_EQ(answer.kind, Attribution::ambiguous);
  EXPECT_EQ(answer.sessions.size(), 2U);
  all[1].subscriber = {1};
  EXPECT_EQ(resolve(all, ip("2001:db8:0:1::1"), Time{11}).sessions.at(0).id.value, 2U);
  EXPECT_EQ(resolve(all, ip("2001:db8:0:2::1"), Time{11}).sessions.at(0).id.value, 1U);
}

TEST(Resolve, UnknownLinesAreOneOnlyUnderOneName) {
  std::vector<model::Session> all{session(1, 0, "192.0.2.1/32", 10, 0), session(2, 0, "192.0.2.1/32", 10, 0)};
  EXPECT_EQ(resolve(all, ip("192.0.2.1"), Time{11}).kind, Attribution::ambiguous);
  all[0].line_key = all[1].line_key = "who-knows";
  EXPECT_EQ(resolve(all, ip("192.0.2.1"), Time{11}).kind, Attribution::found);
}

}  // namespace
}  // namespace postern::decide::who
