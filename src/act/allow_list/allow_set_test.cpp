// SPDX-License-Identifier: Apache-2.0
#include "act/allow_list/allow_set.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>

#include "act/allow_list/names.h"

namespace postern::act::allow_list {
namespace {

constexpr Time kStart{seconds(1'795'370'400).us};

std::vector<IpAddress> some(std::initializer_list<const char*> texts) {
  std::vector<IpAddress> out;
  for (const char* t : texts) out.push_back(*parse_ip(t));
  return out;
}
std::string text_of(const std::vector<Prefix>& prefixes) {
  std::string out;
  for (const Prefix& p : prefixes) out += (out.empty() ? "" : " ") + to_string(p.address);
  return out;
}
const std::vector<std::string> kTwo{"a.example", "b.example"};

TEST(AllowSet, AsksEachNameWhenItsTimeIsOver) {
  AllowSet s(kTwo, hours(24), 100);
  EXPECT_EQ(s.due(kStart), "a.example");
  EXPECT_EQ(s.due(kStart), "b.example");
  EXPECT_EQ(s.due(kStart + hours(9)), std::nullopt);  // both are being asked
  (void)s.answered("a.example", some({"203.0.113.1"}), seconds(1), kStart);
  s.failed("b.example", kStart);
  EXPECT_EQ(s.due(kStart + seconds(29)), std::nullopt);
  EXPECT_EQ(s.due(kStart + seconds(30)), "a.example");  // not every second, whatever its time to live
  EXPECT_EQ(s.due(kStart + seconds(60)), "b.example");
  (void)s.answered("a.example", some({"203.0.113.1"}), days(7), kStart);
  EXPECT_EQ(s.due(kStart + hours(1)), "a.example");
  EXPECT_EQ(s.unresolved(), 1U);
}

TEST(AllowSet, OldAddressesStayAWhile) {
  AllowSet s(kTwo, hours(24), 100);
  EXPECT_TRUE(s.answered("a.example", some({"203.0.113.1", "2001:db8::1"}), minutes(5), kStart));
  EXPECT_FALSE(s.answered("a.example", some({"203.0.113.1", "2001:db8::1"}), minutes(5), kStart));
  EXPECT_TRUE(s.answered("a.example", some({"203.0.113.2"}), minutes(5), kStart + hours(1)));
  EXPECT_EQ(text_of(s.prefixes()), "203.0.113.1 203.0.113.2 2001:db8::1");
  EXPECT_FALSE(s.expire(kStart + hours(24) - seconds(1)));
  EXPECT_TRUE(s.expire(kStart + hours(24)));
  EXPECT_EQ(text_of(s.prefixes()), "203.0.113.2");
  // A time to live longer than `keep` counts; a later, shorter answer takes nothing back.
  EXPECT_TRUE(s.answered("b.example", some({"203.0.113.9"}), days(3), kStart));
  EXPECT_FALSE(s.answered("b.example", some({"203.0.113.9"}), seconds(1), kStart + hours(1)));
  (void)s.expire(kStart + days(2));
  EXPECT_EQ(text_of(s.prefixes()), "203.0.113.9");
  // A name that fails keeps what it has.
  s.failed("b.example", kStart + days(2));
  EXPECT_FALSE(s.expire(kStart + days(3) - seconds(1)));
}

TEST(AllowSet, IsBounded) {
  AllowSet s(kTwo, hours(24), 3);
  (void)s.answered("a.example", some({"203.0.113.1", "203.0.113.2"}), minutes(1), kStart);
  (void)s.answered("b.example", some({"203.0.113.3", "203.0.113.4"}), minutes(1), kStart + seconds(1));
  EXPECT_EQ(s.addresses(), 3U);
  EXPECT_EQ(s.evicted(), 1U);
  EXPECT_TRUE(text_of(s.prefixes()).ends_with("203.0.113.3 203.0.113.4"));  // seen longest ago goes first
}

TEST(AllowSet, ANameCannotLetInWhatIsInside) {
  AllowSet s(kTwo, hours(24), 100);
  EXPECT_TRUE(s.answered("a.example",
                         some({"10.1.2.3", "127.0.0.1", "169.254.169.254", "192.168.1.1", "100.64.0.9", "0.0.0.0",
                               "::1", "::ffff:10.0.0.1", "fe80::1", "fd00::1", "ff02::1", "239.1.1.1",
                               "255.255.255.255", "172.31.0.1", "203.0.113.7"}),
                         minutes(1), kStart));
  EXPECT_EQ(text_of(s.prefixes()), "203.0.113.7");
  EXPECT_EQ(s.refused(), 14U);
}

TEST(AllowSet, AnswersToNobodysQuestionChangeNothing) {
  AllowSet s(kTwo, hours(24), 100);
  EXPECT_FALSE(s.answered("c.example", some({"203.0.113.1"}), minutes(1), kStart));
  s.failed("c.example", kStart);
  EXPECT_EQ(s.addresses(), 0U);
}

TEST(Names, AreHostNamesEachOnce) {
  std::set<std::string_view> once;
  for (const std::string_view name : shipped_names()) {
    EXPECT_TRUE(once.insert(name).second) << name;
    EXPECT_NE(name.find('.'), std::string_view::npos) << name;
    EXPECT_TRUE(std::ranges::all_of(name, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
    })) << name;
  }
  EXPECT_GT(once.size(), 30U);
}

}  // namespace
}  // namespace postern::act::allow_list
