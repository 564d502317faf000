// SPDX-License-Identifier: Apache-2.0
#include "decide/frame/ring.h"

#include <gtest/gtest.h>

namespace postern::decide::detect {
namespace {

Entry entry(uint32_t n) {
  Entry e{Time{1'700'000'000'000'000 + int64_t{n} * 1'234'567}, IpAddress::v4(0xc6336400U + n), 25};
  if (n % 3 == 1) e.destination = {};
  if (n % 3 == 2) e.destination = parse_ip("2001:db8::1").value();
  e.outcome = static_cast<model::Outcome>(n % 3);
  e.detector = static_cast<uint8_t>(n % 5);
  e.mnat = n % 2 == 0 ? 1'386 : -1'386;
  e.level_mnat = static_cast<int32_t>(n) * 1'500;
  return e;
}

TEST(Ring, GivesBackWhatItTook) {
  Ring ring;
  std::vector<Entry> all;
  for (uint32_t n = 0; n < 60; ++n) {
    ring.push(entry(n));
    all.push_back(entry(n));
    ASSERT_EQ(ring.entries(), all) << n;
  }
  Ring other;
  other.assign(all);
  EXPECT_EQ(other.entries(), all);
  ring.clear();
  EXPECT_TRUE(ring.entries().empty());
  ring.push(entry(7));
  EXPECT_EQ(ring.entries().size(), 1U);
}

TEST(Ring, TheOldestGivesWayButNotTheLastOfAFamily) {
  Ring ring;
  Entry rare = entry(0);
  rare.detector = 9;
  ring.push(rare);
  for (uint32_t n = 1; n < 500; ++n) ring.push(entry(n));
  const std::vector<Entry> kept = ring.entries();
  ASSERT_EQ(kept.size(), model::kEvidenceMax);
  EXPECT_EQ(kept.front(), rare);
  EXPECT_EQ(kept.back(), entry(499));
  EXPECT_EQ(kept[1], entry(500 - 63));
}

}  // namespace
}  // namespace postern::decide::detect
