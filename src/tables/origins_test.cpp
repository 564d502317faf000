// SPDX-License-Identifier: Apache-2.0
#include "tables/origins.h"

#include <gtest/gtest.h>

namespace postern::tables {
namespace {

IpAddress ip(const char* text) { return parse_ip(text).value(); }

TEST(Origins, TheLongestPrefixWinsInBothFamilies) {
  const auto o = Origins::parse(
      "# where\n192.0.0.0/8,64500,DE,51,10\n192.0.2.0/24,64501,VN,16.1,107.5\r\n\n2001:db8::/32,64502\n");
  ASSERT_TRUE(o);
  EXPECT_EQ(o->size(), 3U);
  EXPECT_EQ(o->find(ip("192.0.2.9")).as_number, 64'501U);
  EXPECT_EQ(o->find(ip("192.0.3.9")).country, 'D' << 8 | 'E');
  EXPECT_EQ(o->find(ip("2001:db8:1::1")).as_number, 64'502U);
  EXPECT_EQ(o->find(ip("2001:db8:1::1")).km, (std::array<int16_t, 3>{}));
  EXPECT_EQ(o->find(ip("198.51.100.1")), model::Place{});
}

TEST(Origins, PlacesAreOnTheGlobe) {
  const auto o = Origins::parse("192.0.2.0/24,1,XX,0,0\n198.51.100.0/24,1,XX,90,0\n");
  ASSERT_TRUE(o);
  EXPECT_EQ(o->find(ip("192.0.2.1")).km, (std::array<int16_t, 3>{6'371, 0, 0}));
  EXPECT_EQ(o->find(ip("198.51.100.1")).km[2], 6'371);
}

TEST(Origins, AFaultNamesItsLineAndNothingIsTaken) {
  for (const auto& [text, said] : {std::pair{"192.0.2.0/24,1\nx\n", "line 2: no prefix"},
                                   {"192.0.2.0/24,x\n", "line 1: the AS is no number"},
                                   {"192.0.2.0/24,1,de\n", "the country is not two"},
                                   {"192.0.2.0/24,1,DE,91,0\n", "are not degrees"},
                                   {"192.0.2.0/24,1,DE,nan,0\n", "are not degrees"},
                                   {"192.0.2.0/24,1,DE,1\n", "are not degrees"},
                                   {"192.0.2.0/24,1,DE,1,1,1\n", "more than five"}}) {
    const auto o = Origins::parse(text);
    ASSERT_FALSE(o) << text;
    EXPECT_NE(o.error().text().find(said), std::string::npos) << o.error().text();
  }
}

}  // namespace
}  // namespace postern::tables
