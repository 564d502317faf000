// SPDX-License-Identifier: Apache-2.0
#include "fold/mail_flows.h"

#include <gtest/gtest.h>

namespace postern::fold {
namespace {

constexpr uint8_t kSyn = 2;
constexpr uint8_t kRst = 4;
constexpr uint8_t kPsh = 8;
constexpr uint8_t kAck = 16;
const Time kStart{1'000'000'000'000};

class Town {
 public:
  MailFlows flows{[](const IpAddress& a) {
                    const bool ours = parse_prefix("100.64.0.0/16")->contains(a);
                    return ours ? MailFlows::Line{a.v4_host_order() & 0xffff, hours(24)} : MailFlows::Line{};
                  },
                  [this](const MailConnection& c) { seen.push_back(c); }};
  std::vector<MailConnection> seen;

  void flow(Duration at, const char* from, uint16_t from_port, const char* to, uint16_t to_port, uint8_t flags,
            uint64_t packets = 1) {
    model::Flow f;
    f.begin = f.end = kStart + at;
    f.source = *parse_ip(from);
    f.destination = *parse_ip(to);
    f.source_port = from_port;
    f.destination_port = to_port;
    f.protocol = 6;
    f.tcp_flags = flags;
    f.flags_known = true;
    f.packets = packets;
    flows.see(f);
  }
  void ask(Duration at, const char* to, uint8_t flags = kSyn, uint64_t packets = 1, uint16_t port = 4000) {
    flow(at, "100.64.0.1", port, to, 25, flags, packets);
  }
  void answer(Duration at, const char* from, uint8_t flags, uint16_t port = 4000) {
    flow(at, from, 25, "100.64.0.1", port, flags);
  }
  std::vector<model::Outcome> outcomes() const {
    std::vector<model::Outcome> out;
    for (const MailConnection& c : seen) out.push_back(c.outcome);
    return out;
  }
};
using enum model::Outcome;
using Outcomes = std::vector<model::Outcome>;

TEST(MailFlows, RetriesInSplitRecordsAreOneAttempt) {
  Town town;
  town.ask(seconds(0), "192.0.2.1", kSyn, 2);
  town.ask(seconds(9), "192.0.2.1", kSyn, 1);
  town.flows.advance(kStart + seconds(9));
  EXPECT_TRUE(town.seen.empty()) << "nothing is known before ten seconds have passed";
  town.flows.advance(kStart + seconds(10));
  ASSERT_EQ(town.outcomes(), Outcomes{failure});
  EXPECT_TRUE(town.seen[0].first);
  EXPECT_EQ(town.seen[0].begun, kStart);
  EXPECT_EQ(town.seen[0].known, kStart + seconds(10));
  EXPECT_EQ(town.flows.counters().connections, 1U);
  EXPECT_EQ(town.flows.counters().folded, 1U);
}

TEST(MailFlows, WhatIsAnAnswer) {
  const auto said = [](auto script) {
    Town town;
    script(town);
    town.flows.advance(kStart + minutes(1));
    return town.outcomes();
  };
  EXPECT_EQ(said([](Town& t) { t.ask({}, "192.0.2.1"), t.answer(seconds(1), "192.0.2.1", kSyn | kAck); }),
            Outcomes{success});
  EXPECT_EQ(said([](Town& t) { t.answer({}, "192.0.2.1", kSyn | kAck), t.ask(seconds(1), "192.0.2.1"); }),
            Outcomes{success})
      << "clocks of whole seconds turn the two round";
  EXPECT_EQ(said([](Town& t) { t.ask({}, "192.0.2.1", kSyn | kAck | kPsh, 9); }), Outcomes{success});
  EXPECT_EQ(said([](Town& t) { t.ask({}, "192.0.2.1", kSyn | kAck, 4); }), Outcomes{success});
  EXPECT_EQ(said([](Town& t) { t.ask({}, "192.0.2.1", kSyn | kAck, 3); }), Outcomes{unknown})
      << "answered out of sight";
  EXPECT_EQ(said([](Town& t) { t.ask({}, "192.0.2.1"), t.answer(seconds(1), "192.0.2.1", kRst | kAck); }),
            Outcomes{failure});
  EXPECT_EQ(said([](Town& t) { t.ask({}, "192.0.2.1", kRst); }), Outcomes{}) << "no attempt";
  EXPECT_EQ(said([](Town& t) { t.answer({}, "192.0.2.1", kSyn | kAck); }), Outcomes{}) << "nobody asked";
  EXPECT_EQ(said([](Town& t) { t.flow({}, "198.51.100.1", 4000, "192.0.2.1", 25, kSyn); }), Outcomes{}) << "not ours";
}

TEST(MailFlows, OneWayAndSampledSayNothingOfFailure) {
  Town one_way;
  one_way.flows.set_one_way(true);
  one_way.ask({}, "192.0.2.1");
  one_way.flows.advance(kStart + minutes(1));
  EXPECT_EQ(one_way.outcomes(), Outcomes{unknown});
  Town sampled;
  model::Flow f;
  f.begin = f.end = kStart;
  f.source = *parse_ip("100.64.0.1");
  f.destination = *parse_ip("192.0.2.1");
  f.destination_port = 25;
  f.protocol = 6;
  f.tcp_flags = kSyn;
  f.flags_known = true;
  f.sampling = 1000;
  sampled.flows.see(f);
  sampled.flows.advance(kStart + minutes(1));
  EXPECT_EQ(sampled.outcomes(), Outcomes{unknown});
}

TEST(MailFlows, ANetworkIsFirstOncePerMemory) {
  Town town;
  const auto first_at = [&](Duration at, const char* to) {
    static uint16_t port = 5000;
    town.ask(at, to, kSyn | kAck | kPsh, 9, ++port);
    return town.seen.back().first;
  };
  EXPECT_TRUE(first_at({}, "192.0.2.1"));
  EXPECT_FALSE(first_at(seconds(1), "192.0.2.1"));
  EXPECT_FALSE(first_at(seconds(2), "192.0.2.200")) << "the same /24";
  EXPECT_TRUE(first_at(seconds(3), "192.0.3.1"));
  EXPECT_FALSE(first_at(hours(11), "192.0.2.1"));
  EXPECT_FALSE(first_at(hours(20), "192.0.2.1")) << "seen nine hours ago";
  EXPECT_TRUE(first_at(hours(50), "192.0.2.1"));
}

TEST(MailFlows, WhatFailsForThreeIsAnOutage) {
  Town town;
  for (uint16_t line = 1; line <= 4; ++line)
    town.flow(seconds(line), ("100.64.0." + std::to_string(line)).c_str(), 4000, "192.0.2.1", 25, kSyn);
  town.flow(minutes(9), "100.64.0.9", 4000, "192.0.2.1", 25, kSyn);
  town.flows.advance(kStart + minutes(20));
  EXPECT_EQ(town.outcomes(), (Outcomes{failure, failure, unknown, unknown, failure}));
  EXPECT_EQ(town.flows.outages().excused(), 2U);
}

TEST(MailFlows, SmtpOnAnyPortIsAConnection) {
  Town town;
  model::Flow f;
  f.begin = f.end = kStart;
  f.source = *parse_ip("100.64.0.1");
  f.destination = *parse_ip("192.0.2.1");
  f.source_port = 4'000;
  f.destination_port = 2'626;
  f.protocol = 6;
  f.tcp_flags = kSyn | kAck | kPsh;
  f.flags_known = true;
  f.packets = 1;
  town.flows.see(f);
  EXPECT_TRUE(town.seen.empty()) << "another port's, of which nothing more is known";
  f.smtp = true;
  town.flows.see(f);
  ASSERT_EQ(town.outcomes(), Outcomes{success});
  EXPECT_EQ(town.seen[0].port, 2'626);
  EXPECT_TRUE(town.seen[0].first);
}

TEST(Outages, AShareOfAllLines) {
  Outages outages;
  for (uint32_t line = 1; line < Outages::kLinesAtLeast; ++line)
    EXPECT_FALSE(outages.excuses(line, line, 100, kStart + seconds(line)));
  EXPECT_TRUE(outages.excuses(1'000, 1'000, 100, kStart + seconds(60)));
  EXPECT_FALSE(outages.excuses(2'000, 2'000, 100, kStart + minutes(20))) << "the window is over";
}

TEST(Submission, BigProvidersAreKnown) {
  EXPECT_TRUE(is_submission_provider(*parse_ip("142.250.1.108")));
  EXPECT_TRUE(is_submission_provider(*parse_ip("2a00:1450:4001::6d")));
  EXPECT_FALSE(is_submission_provider(*parse_ip("192.0.2.1")));
}

TEST(MailFlows, NetworksOfOneOriginAreOneDestination) {
  Town town;
  town.flows.set_origins([](const IpAddress& a) { return parse_prefix("192.0.0.0/16")->contains(a) ? 64'500U : 0U; });
  const char* servers[] = {"192.0.2.1", "192.0.3.1", "198.51.100.1", "198.51.101.1"};
  for (size_t i = 0; i < 4; ++i) town.ask(seconds(0), servers[i], kSyn, 1, static_cast<uint16_t>(4'000 + i));
  town.flows.advance(kStart + seconds(10));
  ASSERT_EQ(town.seen.size(), 4U);
  size_t first = 0;
  for (const MailConnection& c : town.seen) first += c.first ? 1 : 0;
  EXPECT_EQ(first, 3U) << "of whom nothing is known, the network counts";
}

}  // namespace
}  // namespace postern::fold
