// SPDX-License-Identifier: Apache-2.0
#include "fold/outside/nat_log.h"

#include <gtest/gtest.h>

namespace postern::fold {
namespace {

constexpr Time kBegin{1'767'225'600'000'000};
constexpr uint8_t kTcp = 6;
constexpr uint8_t kUdp = 17;

Time at(int64_t second) { return kBegin + seconds(second); }
const IpAddress kOutside = parse_ip("192.0.2.1").value();
const IpAddress kExporter = parse_ip("203.0.113.1").value();

class Log : public testing::Test {
 protected:
  static IpAddress line(uint32_t n) { return IpAddress::v4(0x64400000U + n); }
  bool say(bool given, uint32_t n, int64_t second, uint16_t first, uint16_t last, uint8_t protocol = 0,
           const IpAddress& exporter = kExporter) {
    return log_.see({.at = at(second),
                     .given = given,
                     .protocol = protocol,
                     .inside = line(n),
                     .outside = kOutside,
                     .first_port = first,
                     .last_port = last,
                     .exporter = exporter});
  }
  // Its number, 0 = nobody known.
  uint32_t who(uint16_t port, int64_t second, uint8_t protocol = kTcp, Duration reach = {}) {
    const IpAddress a = log_.behind(protocol, kOutside, port, at(second), reach);
    return a ? a.v4_host_order() - 0x64400000U : 0;
  }

  NatLog log_{{parse_prefix("192.0.2.0/24").value()}, 16};
};

TEST_F(Log, BlocksOfPortsFromTheirGivingToTheirTakingBack) {
  say(true, 1, 0, 1'024, 1'535);
  say(true, 2, 0, 1'536, 2'047);
  EXPECT_EQ(who(1'024, 10), 1U);
  EXPECT_EQ(who(1'535, 10, kUdp), 1U);
  EXPECT_EQ(who(1'536, 10), 2U);
  EXPECT_EQ(who(2'048, 10), 0U);
  EXPECT_EQ(who(1'024, -1), 0U) << "before it was given";
  say(false, 1, 100, 1'024, 1'535);
  EXPECT_EQ(who(1'100, 99), 1U);
  EXPECT_EQ(who(1'100, 101), 0U);
  say(true, 3, 200, 1'024, 1'535);
  EXPECT_EQ(who(1'100, 99), 1U) << "the past stays";
  EXPECT_EQ(who(1'100, 201), 3U);
  EXPECT_EQ(who(0, 201), 0U) << "without a port it is anybody's";
  EXPECT_EQ(who(1'100, 201, 1), 0U) << "ICMP has none";
}

TEST_F(Log, SessionsAreOfOneProtocol) {
  say(true, 1, 0, 5'000, 5'000, kTcp);
  say(true, 2, 0, 5'000, 5'000, kUdp);
  EXPECT_EQ(who(5'000, 1), 1U);
  EXPECT_EQ(who(5'000, 1, kUdp), 2U);
  say(false, 1, 5, 5'000, 5'000, kTcp);
  EXPECT_EQ(who(5'000, 6), 0U);
  EXPECT_EQ(who(5'000, 6, kUdp), 2U);
}

TEST_F(Log, AWholeAddressNeedsNoPort) {
  say(true, 1, 0, 0, 65'535);
  EXPECT_EQ(who(0, 1), 1U);
  EXPECT_EQ(who(80, 1, 1), 1U);
}

TEST_F(Log, GivenAgainMeansTakenBack) {
  say(true, 1, 0, 1'024, 1'535);
  say(true, 2, 100, 1'024, 1'535);
  EXPECT_EQ(who(1'100, 50), 1U);
  EXPECT_EQ(who(1'100, 100), 2U);
  say(true, 3, 70, 1'024, 1'535);  // came late
  EXPECT_EQ(who(1'100, 50), 1U);
  EXPECT_EQ(who(1'100, 80), 3U);
  EXPECT_EQ(who(1'100, 100), 2U);
}

TEST_F(Log, NearAChangeOfHandsNobodyIsNamed) {
  say(true, 1, 0, 1'024, 1'535);
  say(true, 2, 100, 1'024, 1'535);
  for (const int64_t second : {97, 100, 103}) EXPECT_EQ(who(1'100, second, kTcp, seconds(4)), 0U);
  EXPECT_EQ(who(1'100, 90, kTcp, seconds(4)), 1U);
  EXPECT_EQ(who(1'100, 110, kTcp, seconds(4)), 2U);
}

TEST_F(Log, AfterALossNothingOldIsBelieved) {
  const IpAddress other = parse_ip("203.0.113.2").value();
  say(true, 1, 0, 1'024, 1'535);
  say(true, 2, 0, 2'048, 2'559, 0, other);
  log_.lost({kExporter, at(50), at(60)});
  EXPECT_EQ(who(1'100, 49), 1U);
  EXPECT_EQ(who(1'100, 70), 0U) << "it may have been another's since";
  EXPECT_EQ(who(2'100, 70), 2U) << "of another exporter nothing was lost";
  say(true, 1, 80, 1'024, 1'535);  // told again
  EXPECT_EQ(who(1'100, 70), 0U);
  EXPECT_EQ(who(1'100, 90), 1U);
  for (int64_t i = 0; i < 3'000; ++i) log_.lost({kExporter, at(100 + i * 10), at(101 + i * 10)});
  EXPECT_LE(log_.all_losses().size(), NatLog::kLossesMax);
  EXPECT_EQ(who(1'100, 99), 0U) << "the oldest losses have become one";
  EXPECT_EQ(who(1'100, 200), 0U);
  say(true, 1, 40'000, 1'024, 1'535);
  EXPECT_EQ(who(1'100, 40'001), 1U);
}

// A NAT whose mappings depend on the destination: Linux, among others.
TEST_F(Log, SessionsAreToldApartByWhereTheyGo) {
  const Endpoint relay{parse_ip("203.0.113.25").value(), 25};
  const Endpoint web{parse_ip("203.0.113.80").value(), 443};
  const auto session = [&](bool given, uint32_t n, int64_t second, const Endpoint& to) {
    model::NatBlock b{.at = at(second), .given = given, .protocol = kTcp, .inside = line(n), .outside = kOutside};
    b.first_port = b.last_port = 5'000;
    b.exporter = kExporter;
    b.to = to;
    return log_.see(b);
  };
  const Prefix mail[] = {Prefix::of(relay.address, 32)};
  const auto whose = [&](const To& to, int64_t second = 20) {
    const IpAddress a = log_.behind(kTcp, kOutside, 5'000, at(second), {}, to);
    return a ? a.v4_host_order() - 0x64400000U : 0;
  };
  session(true, 1, 0, relay);
  session(true, 2, 10, web);
  EXPECT_EQ(whose({mail, 25}), 1U);
  EXPECT_EQ(whose({mail, 0}), 1U) << "whatever port";
  EXPECT_EQ(whose({mail, 26}), 0U);
  EXPECT_EQ(whose({{}, 443}), 2U);
  EXPECT_EQ(who(5'000, 20), 0U) << "two, and where it went is not told";
  EXPECT_EQ(who(5'000, 5), 1U);
  session(false, 2, 30, web);
  EXPECT_EQ(who(5'000, 40), 1U);
  session(true, 3, 50, relay);
  EXPECT_EQ(whose({mail, 25}, 49), 1U);
  EXPECT_EQ(whose({mail, 25}, 51), 3U) << "given again means taken back";
  const int64_t most = NatLog::kSessionMost.seconds();
  EXPECT_EQ(whose({mail, 25}, 50 + most), 3U);
  EXPECT_EQ(whose({mail, 25}, 51 + most), 0U) << "the line that said its end may be lost";
  NatLog copy({parse_prefix("192.0.2.0/24").value()}, 16);
  for (const model::NatBlock& b : log_.all_blocks()) EXPECT_TRUE(copy.see(b));
  EXPECT_EQ(copy.behind(kTcp, kOutside, 5'000, at(20), {}, {mail, 25}), line(1));
  log_.forget_before(at(51 + most) + NatLog::kKept);
  EXPECT_EQ(log_.blocks(), 0U);
}

TEST_F(Log, OtherAddressesAreNotTaken) {
  EXPECT_FALSE(log_.see({.at = at(0),
                         .given = true,
                         .protocol = 0,
                         .inside = line(1),
                         .outside = parse_ip("198.51.100.1").value(),
                         .first_port = 1,
                         .last_port = 9,
                         .exporter = kExporter}));
  EXPECT_FALSE(say(true, 1, 0, 9, 1));
  EXPECT_EQ(log_.blocks(), 0U);
  EXPECT_TRUE(log_.is_logged(kOutside));
}

TEST_F(Log, TheOldestGivesWay) {
  for (uint16_t i = 0; i < 100; ++i)
    say(true, i + 1U, i, static_cast<uint16_t>(1'024 + i * 8), static_cast<uint16_t>(1'031 + i * 8));
  EXPECT_EQ(log_.blocks(), 16U);
  EXPECT_EQ(log_.evicted(), 84U);
  EXPECT_EQ(who(1'024, 200), 0U);
  EXPECT_EQ(who(1'024 + 99 * 8, 200), 100U);
  for (uint16_t i = 84; i < 100; ++i)
    say(false, i + 1U, 300, static_cast<uint16_t>(1'024 + i * 8), static_cast<uint16_t>(1'031 + i * 8));
  log_.forget_before(at(300) + NatLog::kKept);
  EXPECT_EQ(log_.blocks(), 16U);
  log_.forget_before(at(302) + NatLog::kKept);
  EXPECT_EQ(log_.blocks(), 0U);
}

TEST_F(Log, AllOfItMakesTheSame) {
  say(true, 1, 0, 1'024, 1'535);
  say(true, 2, 100, 1'024, 1'535);
  say(false, 2, 150, 1'024, 1'535);
  say(true, 3, 50, 4'000, 4'000, kTcp);
  log_.lost({kExporter, at(300), at(301)});
  NatLog copy({parse_prefix("192.0.2.0/24").value()}, 16);
  for (const model::NatBlock& b : log_.all_blocks()) EXPECT_TRUE(copy.see(b));
  for (const model::NatLoss& l : log_.all_losses()) copy.lost(l);
  for (const uint16_t port : {1'100, 4'000, 4'001})
    for (const int64_t second : {10, 60, 120, 160, 299, 400})
      EXPECT_EQ(copy.behind(kTcp, kOutside, port, at(second)), log_.behind(kTcp, kOutside, port, at(second)))
          << port << " " << second;
}

}  // namespace
}  // namespace postern::fold
