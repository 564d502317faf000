// SPDX-License-Identifier: Apache-2.0
#include "rehearse/history/session_history.h"

#include <gtest/gtest.h>

namespace postern::rehearse {
namespace {

using Kind = SessionHistory::Kind;

SessionHistory history(std::string_view rows) {
  auto read = SessionHistory::read_csv("key,class,since,until,prefixes\n" + std::string(rows), "sessions.csv");
  EXPECT_TRUE(read) << (read ? "" : read.error().front().text());
  return read ? std::move(*read) : SessionHistory();
}

// The key, "" for nobody, "?" for ambiguous.
std::string who(const SessionHistory& h, std::string_view address, std::string_view at) {
  const auto answer = h.who(*parse_ip(address), *parse_time(at));
  if (answer.kind == Kind::found) return h.lines().at(answer.line).key;
  return answer.kind == Kind::nobody ? "" : "?";
}

TEST(SessionHistory, AnAddressGoesFromLineToLine) {
  const SessionHistory h = history(
      "a,residential,2026-11-01T00:00:00Z,2026-11-02T00:00:00Z,192.0.2.1/32 2001:db8:1::/56\n"
      "b,business,2026-11-02T00:00:00Z,2026-11-03T00:00:00Z,192.0.2.1/32\n"
      "a,,2026-11-04T00:00:00Z,,192.0.2.1/32\n");
  EXPECT_EQ(who(h, "192.0.2.1", "2026-10-31T23:59:59Z"), "");
  EXPECT_EQ(who(h, "192.0.2.1", "2026-11-01T00:00:00Z"), "a");
  EXPECT_EQ(who(h, "192.0.2.1", "2026-11-02T00:00:00Z"), "b");
  EXPECT_EQ(who(h, "192.0.2.1", "2026-11-03T12:00:00Z"), "");
  EXPECT_EQ(who(h, "192.0.2.1", "2030-01-01"), "a");
  EXPECT_EQ(who(h, "2001:db8:1:7::9", "2026-11-01T12:00:00Z"), "a");
  EXPECT_EQ(who(h, "2001:db8:1:7::9", "2026-11-02T12:00:00Z"), "");
  EXPECT_EQ(h.lines().front().class_name, "residential");
}

TEST(SessionHistory, TwoLinesAtATimeAreNobodyInParticular) {
  const SessionHistory h = history(
      "a,,2026-11-01,2026-11-09,198.51.100.0/28\n"
      "b,,2026-11-02,2026-11-03,198.51.100.5/32\n"
      "b,,2026-11-02,2026-11-02T06:00:00Z,198.51.100.5/32\n");
  EXPECT_EQ(who(h, "198.51.100.5", "2026-11-01T12:00:00Z"), "a");
  EXPECT_EQ(who(h, "198.51.100.5", "2026-11-02T12:00:00Z"), "?") << "a long session behind a short one that has ended";
  EXPECT_EQ(who(h, "198.51.100.5", "2026-11-03T12:00:00Z"), "a");
  EXPECT_EQ(who(h, "198.51.100.6", "2026-11-02T12:00:00Z"), "a");
}

TEST(SessionHistory, EveryFaultyRowIsNamed) {
  const auto read = SessionHistory::read_csv(
      "until,since,key,prefixes\n"
      "2026-11-02,2026-11-01,a,192.0.2.1/32\n"
      "2026-11-01,2026-11-02,a,192.0.2.1/32\n"
      "soon,2026-11-02,a,192.0.2.1/32\n"
      "2026-11-03,2026-11-02,,192.0.2.1/32\n"
      "2026-11-03,2026-11-02,a,192.0.2.1/33\n",
      "s.csv");
  ASSERT_FALSE(read);
  ASSERT_EQ(read.error().size(), 4u);
  EXPECT_EQ(read.error()[0].where, "s.csv:3");
  EXPECT_EQ(read.error()[3].where, "s.csv:6");
  const auto without = SessionHistory::read_csv("key,since\na,2026-11-01\n", "s.csv");
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().size(), 2u);
  EXPECT_FALSE(SessionHistory::read_csv("", "s.csv"));
}

}  // namespace
}  // namespace postern::rehearse
