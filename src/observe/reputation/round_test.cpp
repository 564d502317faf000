// SPDX-License-Identifier: Apache-2.0
#include "observe/reputation/round.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <set>

namespace postern::observe::reputation {
namespace {

Prefix prefix(const char* text) { return parse_prefix(text).value(); }
IpAddress ip(const char* text) { return parse_ip(text).value(); }

TEST(Names, AsRfc5782HasThem) {
  EXPECT_EQ(name_of(ip("192.0.2.99"), "bad.example"), "99.2.0.192.bad.example");
  EXPECT_EQ(name_of(ip("2001:db8:1:2:3:4:567:89ab"), "v6.example"),
            "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.v6.example");
}

TEST(Names, WhatAnAnswerMeans) {
  const std::vector<Prefix> policy = {prefix("127.0.0.10/31")};
  const auto of = [&](std::vector<IpAddress> answer) { return meaning_of(answer, policy); };
  EXPECT_EQ(of({}), Meaning::clean);
  EXPECT_EQ(of({ip("127.0.0.11")}), Meaning::clean);
  EXPECT_EQ(of({ip("127.0.0.10"), ip("127.0.0.4")}), Meaning::listed);
  EXPECT_EQ(of({ip("127.255.255.254"), ip("127.0.0.4")}), Meaning::refused);
  EXPECT_EQ(of({ip("203.0.113.80"), ip("127.0.0.4")}), Meaning::foreign);
}

// Lists that are tables of what they answer.
class Rounds : public testing::Test {
 protected:
  using Table = std::map<std::string, std::vector<IpAddress>>;

  void good(const std::string& zone, bool six = true) {
    table[name_of(ip("127.0.0.2"), zone)] = {ip("127.0.0.2")};
    if (six) table[six_test(zone, 2)] = {ip("127.0.0.2")};
  }
  static std::string six_test(const std::string& zone, int n) {
    std::string out = fmt::format("{}.0.0.0.0.0.f.7.f.f.f.f.", n);
    for (int i = 0; i < 20; ++i) out += "0.";
    return out + zone;
  }
  void make(const std::vector<std::string>& zones, const std::vector<Prefix>& relay, const std::vector<Prefix>& lines) {
    std::vector<ListConfig> lists;
    for (const std::string& z : zones) lists.push_back({z, {}});
    round.emplace(std::move(lists), relay, lines, hours(1));
  }
  // Asks until there is nothing to ask, a second each.
  void ask(size_t most = 10'000) {
    for (size_t n = 0; n < most; ++n) {
      const auto q = round->next(now);
      if (!q) return;
      now = now + seconds(1);
      asked.push_back(q->name);
      const std::string zone = round->lists()[q->list].zone;
      const auto it = table.find(q->name);
      Result<std::vector<IpAddress>> answer = fail(Errc::not_found, "no");
      if (silent.contains(zone)) answer = fail(Errc::unavailable, "nobody");
      if (it != table.end()) answer = it->second;
      if (auto got = round->answered(*q, answer, now)) news.push_back(std::move(*got));
    }
  }

  std::optional<Round> round;
  Time now = parse_time("2026-11-27T00:00:00Z").value();
  Table table;
  std::set<std::string> silent;
  std::vector<std::string> asked;
  std::vector<News> news;
};

TEST_F(Rounds, AListThatFailsItsTestIsNotBelieved) {
  good("good.example");
  good("all.example");
  table[name_of(ip("127.0.0.1"), "all.example")] = {ip("127.0.0.2")};
  table[name_of(ip("127.0.0.2"), "closed.example")] = {ip("127.255.255.254")};
  table[name_of(ip("127.0.0.2"), "parked.example")] = {ip("203.0.113.80")};
  silent.insert("silent.example");
  make({"good.example", "all.example", "empty.example", "closed.example", "parked.example", "silent.example"}, {},
       {prefix("192.0.2.0/30")});
  for (const List& l : round->lists()) table[name_of(ip("192.0.2.1"), l.zone)] = {ip("127.0.0.4")};
  ask();
  const auto trust = [&](size_t i) { return round->lists()[i].v4; };
  EXPECT_EQ(trust(0), Trust::believed);
  EXPECT_EQ(trust(1), Trust::failed);
  EXPECT_EQ(trust(2), Trust::failed);
  EXPECT_EQ(trust(3), Trust::refused);
  EXPECT_EQ(trust(4), Trust::failed);
  EXPECT_EQ(trust(5), Trust::silent);
  for (size_t i = 1; i < 6; ++i) EXPECT_FALSE(round->lists()[i].why.empty()) << i;
  ASSERT_EQ(news.size(), 1U);
  EXPECT_EQ(news[0].list, "good.example");
  // It answers again: it is believed ten minutes later.
  silent.clear();
  good("silent.example");
  now = now + kTestAgain;
  ask();
  EXPECT_EQ(trust(5), Trust::believed);
}

TEST_F(Rounds, WhatIsListedWasCleanBeforeOrNobodyKnows) {
  good("one.example");
  make({"one.example"}, {}, {prefix("192.0.2.0/30")});
  table[name_of(ip("192.0.2.1"), "one.example")] = {ip("127.0.0.4")};
  ask();
  ASSERT_EQ(news.size(), 1U);
  EXPECT_FALSE(news[0].listed.clean_at);
  const Time first = now;
  now = now + hours(1);
  table[name_of(ip("192.0.2.2"), "one.example")] = {ip("127.0.0.4")};
  table.erase(name_of(ip("192.0.2.1"), "one.example"));
  ask();
  ASSERT_EQ(news.size(), 3U);
  EXPECT_TRUE(news[1].gone);
  EXPECT_EQ(to_string(news[1].address), "192.0.2.1");
  EXPECT_FALSE(news[2].gone);
  EXPECT_TRUE(news[2].listed.clean_at);
  EXPECT_LE(news[2].listed.clean_at, first);
  EXPECT_EQ(round->listed().size(), 1U);
  EXPECT_EQ(round->rounds(), 2U);
  // The same again is no news, and nothing is asked before its time.
  ask();
  EXPECT_EQ(news.size(), 3U);
}

TEST_F(Rounds, WhatAListDidNotAnswerIsNotKnownToBeClean) {
  good("one.example");
  make({"one.example"}, {}, {prefix("192.0.2.1/32")});
  ask(4);  // its test
  silent.insert("one.example");
  ask();
  silent.clear();
  table[name_of(ip("192.0.2.1"), "one.example")] = {ip("127.0.0.4")};
  now = now + hours(1);
  ask();
  ASSERT_EQ(news.size(), 1U);
  EXPECT_FALSE(news[0].listed.clean_at);
}

TEST_F(Rounds, BothFamiliesAndTheRelayFirst) {
  good("one.example");
  good("four.example", false);
  make({"one.example", "four.example"}, {prefix("203.0.113.25/32"), prefix("2001:db8:25::25/128")},
       {prefix("2001:db8:100::/62")});
  ask();
  EXPECT_EQ(round->targets(), 6U);
  EXPECT_EQ(round->lists()[1].v6, Trust::no_such_family);
  EXPECT_EQ(round->lists()[0].v6, Trust::believed);
  const std::vector<std::string> looks(asked.begin() + 7, asked.end());
  EXPECT_EQ(looks, (std::vector<std::string>{
                       name_of(ip("203.0.113.25"), "one.example"), name_of(ip("203.0.113.25"), "four.example"),
                       name_of(ip("2001:db8:25::25"), "one.example"), name_of(ip("2001:db8:100::1"), "one.example"),
                       name_of(ip("2001:db8:100:1::1"), "one.example"), name_of(ip("2001:db8:100:2::1"), "one.example"),
                       name_of(ip("2001:db8:100:3::1"), "one.example")}));
}

TEST_F(Rounds, BoundsHold) {
  make({}, {}, {prefix("10.0.0.0/11")});
  EXPECT_EQ(round->targets(), kTargetsMax);
  EXPECT_EQ(round->too_many(), kTargetsMax);
  good("one.example");
  make({"one.example"}, {}, {prefix("10.0.0.0/19")});
  for (uint32_t i = 0; i < 8'192; ++i) table[name_of(IpAddress::v4(0x0a000000 + i), "one.example")] = {ip("127.0.0.4")};
  ask(8'192 + 12);  // one round, and three tests within its hours
  EXPECT_EQ(round->listed().size(), kListedMax);
  EXPECT_EQ(round->left_out(), 8'192 - kListedMax);
}

}  // namespace
}  // namespace postern::observe::reputation
