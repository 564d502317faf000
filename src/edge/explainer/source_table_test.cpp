// SPDX-License-Identifier: Apache-2.0
#include "edge/explainer/source_table.h"

#include <gtest/gtest.h>
#include <map>

namespace postern::edge::explainer {
namespace {

using model::SubscriberId;

int taken(SourceTable& table, SubscriberId line, const IpAddress& source, Duration now, int tries) {
  int n = 0;
  for (int i = 0; i < tries; ++i) {
    auto& entry = table.find(line, source, now);
    const bool ok = table.take(entry, now);
    ++(ok ? entry.served.closed : entry.served.refused);
    n += ok ? 1 : 0;
  }
  return n;
}

TEST(SourceTable, ABucketHoldsAMinuteAndRefillsEvenly) {
  SourceTable table(1024, 30, {});
  const IpAddress a = parse_ip("192.0.2.1").value();
  EXPECT_EQ(taken(table, SubscriberId{7}, a, seconds(100), 50), 30);
  EXPECT_EQ(taken(table, SubscriberId{7}, a, seconds(101), 50), 0);
  EXPECT_EQ(taken(table, SubscriberId{7}, a, seconds(104), 50), 2);
  EXPECT_EQ(taken(table, SubscriberId{7}, a, seconds(500), 50), 30);
}

TEST(SourceTable, ALineIsOneSourceWhateverItsAddressAndUnknownOnesGoByAddress) {
  SourceTable table(1024, 10, {});
  const Duration now = seconds(1);
  EXPECT_EQ(taken(table, SubscriberId{7}, parse_ip("192.0.2.1").value(), now, 6), 6);
  EXPECT_EQ(taken(table, SubscriberId{7}, parse_ip("2001:db8::1").value(), now, 6), 4);
  EXPECT_EQ(taken(table, {}, parse_ip("192.0.2.1").value(), now, 6), 6);
  EXPECT_EQ(taken(table, {}, parse_ip("192.0.2.2").value(), now, 6), 6);
  EXPECT_EQ(taken(table, {}, parse_ip("2001:db8::1").value(), now, 6), 6);
  EXPECT_EQ(taken(table, {}, parse_ip("2001:db8::ffff").value(), now, 6), 4);  // the same /64
  EXPECT_EQ(taken(table, {}, parse_ip("2001:db8:0:1::1").value(), now, 6), 6);
}

TEST(SourceTable, ReportsFoldedCountsOnceAndLosesNoneWhenCrowded) {
  std::map<uint32_t, Served> seen;
  SourceTable table(64, 2, [&](const Served& s) {
    Served& sum = seen[s.line.value];
    sum.source = s.source;
    sum.closed += s.closed;
    sum.refused += s.refused;
  });
  const IpAddress a = parse_ip("198.51.100.7").value();
  for (uint32_t line = 1; line <= 1000; ++line) taken(table, SubscriberId{line}, a, seconds(5), 3);
  EXPECT_GT(table.crowded(), 900U);
  table.flush();
  table.flush();
  ASSERT_EQ(seen.size(), 1000U);
  for (const auto& [line, s] : seen) {
    EXPECT_EQ(s.closed, 2U) << line;
    EXPECT_EQ(s.refused, 1U);
    EXPECT_EQ(s.source, a);
  }
}

TEST(SourceTable, SourcesThatRestedGiveWayWithoutHarm) {
  SourceTable table(64, 2, {});
  const IpAddress a = parse_ip("198.51.100.7").value();
  for (uint32_t line = 1; line <= 10'000; ++line) taken(table, SubscriberId{line}, a, minutes(2 * line), 3);
  EXPECT_EQ(table.crowded(), 0U);
}

}  // namespace
}  // namespace postern::edge::explainer
