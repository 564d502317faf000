// SPDX-License-Identifier: Apache-2.0
#include "tables/c2_list.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace postern::tables {
namespace {

IpAddress ip(const char* text) { return parse_ip(text).value(); }

TEST(C2List, AddressesPortsAndNetworksOfBothFamilies) {
  const auto list = C2List::parse(
      "# what a feed wrote\r\n192.0.2.1:443 ; Emotet\r\n192.0.2.1:8080\n  192.0.2.2#any port\n198.51.100.16/28\n"
      "[2001:db8::1]:443\n2001:db8:1::/48\n\n192.0.2.2");
  ASSERT_TRUE(list) << list.error().text();
  EXPECT_EQ(list->size(), 6U);
  const auto entry = [&](const char* server, uint16_t port) {
    const auto number = list->find(ip(server), port);
    return number ? list->entry(*number) : "";
  };
  EXPECT_EQ(entry("192.0.2.1", 443), "192.0.2.1:443");
  EXPECT_EQ(entry("192.0.2.1", 8080), "192.0.2.1:8080");
  EXPECT_EQ(entry("192.0.2.1", 80), "");
  EXPECT_EQ(entry("192.0.2.2", 80), "192.0.2.2");
  EXPECT_EQ(entry("192.0.2.3", 80), "") << "its network is in the filter";
  EXPECT_EQ(entry("198.51.100.17", 1), "198.51.100.16/28");
  EXPECT_EQ(entry("198.51.100.32", 1), "");
  EXPECT_EQ(entry("2001:db8::1", 443), "[2001:db8::1]:443");
  EXPECT_EQ(entry("2001:db8::1", 80), "");
  EXPECT_EQ(entry("2001:db8:1:2::3", 80), "2001:db8:1::/48");
  EXPECT_EQ(entry("203.0.113.1", 443), "");
}

TEST(C2List, TheNarrowestEntryWins) {
  const auto list = C2List::parse("192.0.2.0/24\n192.0.2.1\n192.0.2.1:443\n");
  ASSERT_TRUE(list);
  EXPECT_EQ(list->find(ip("192.0.2.9"), 443), 0U);
  EXPECT_EQ(list->find(ip("192.0.2.1"), 80), 1U);
  EXPECT_EQ(list->find(ip("192.0.2.1"), 443), 2U);
}

TEST(C2List, AnEmptyListIsAList) {
  const auto list = C2List::parse("# nobody today\n");
  ASSERT_TRUE(list);
  EXPECT_EQ(list->size(), 0U);
  EXPECT_FALSE(list->find(ip("192.0.2.1"), 443));
}

TEST(C2List, AFaultNamesItsLineAndNothingIsTaken) {
  for (const auto& [text, said] : {std::pair{"192.0.2.1\nevil.example\n", "line 2: neither an address nor a network"},
                                   {"192.0.2.1:70000\n", "line 1: neither"},
                                   {"192.0.2.1,443\n", "line 1: neither"},
                                   {"192.0.0.0/16\n", "line 1: 192.0.0.0/16 is wider than a control server is"},
                                   {"2001:db8::/32\n", "networks of /48 and longer"}}) {
    const auto list = C2List::parse(text);
    ASSERT_FALSE(list) << text;
    EXPECT_NE(list.error().text().find(said), std::string::npos) << list.error().text();
  }
  std::string many;
  for (size_t i = 0; i <= kC2Max; ++i) many += fmt::format("10.{}.{}.{}\n", i >> 16, i >> 8 & 255U, i & 255U);
  EXPECT_EQ(C2List::parse(many).error().what, fmt::format("line {}: more than {} entries", kC2Max + 1, kC2Max));
  EXPECT_FALSE(C2List::parse(std::string(kC2BytesMax + 1, '\n')));
}

}  // namespace
}  // namespace postern::tables
