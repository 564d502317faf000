// SPDX-License-Identifier: Apache-2.0
// First contacts, tokens, counters: once, exactly, and bounded.
#include "tests/gate/world.h"
#include "tests/support/skip.h"

namespace postern::testing {
namespace {

using model::Outcome;
using model::Verdict;

class GateContact : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = why_no_kernel_tests(); !why.empty()) PN_SKIP(why);
    world = std::make_unique<World>("contact");
  }
  [[nodiscard]] model::LineSum sum_of(uint32_t line_id) const {
    model::LineSum out;
    world->gate->sums([&](const model::LineSum& s) {
      if (s.line.value == line_id) out = s;
    });
    return out;
  }
  std::unique_ptr<World> world;
};

Shape to(int network, int host = 25) {
  Shape s;
  s.destination = "198.18." + std::to_string(network) + "." + std::to_string(host);
  return s;
}
Shape answer(const Shape& s, uint8_t flags) {
  Shape a;
  a.source = s.destination;
  a.destination = s.source;
  a.source_port = s.destination_port;
  a.destination_port = s.source_port;
  a.flags = flags;
  return a;
}

TEST_F(GateContact, ClosedLineReportsEachNetworkOnce) {
  world->set(line(7, "10.1.0.7/32", Verdict::drop));
  for (int retry = 0; retry < 3; ++retry)
    for (const int host : {25, 26}) (void)world->from_line(to(1, host));
  (void)world->from_line(to(2));
  auto seen = world->drained();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].contact.line.value, 7U);
  EXPECT_EQ(to_string(seen[0].contact.source), "10.1.0.7");
  EXPECT_EQ(to_string(seen[0].contact.destination), "198.18.1.25");
  EXPECT_EQ(seen[0].contact.port, 25);
  EXPECT_EQ(seen[0].contact.verdict, Verdict::drop);
  EXPECT_EQ(seen[0].contact.outcome, Outcome::unknown);
  EXPECT_FALSE(seen[0].contact.dark);
  EXPECT_TRUE(seen[0].source_validated);
  EXPECT_EQ(seen[0].ifindex, world->ifindex);
  EXPECT_LT((sys::now() - seen[0].at).us, seconds(10).us);
  Shape dark;
  dark.destination = "198.51.100.99";
  (void)world->from_line(dark);
  seen = world->drained();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_TRUE(seen[0].contact.dark);
  const auto sum = sum_of(7);
  EXPECT_EQ(sum.blocked, 8U);
  EXPECT_EQ(sum.passed, 0U);
  EXPECT_EQ(sum_of(7).blocked, 0U) << "a sum is a delta";
}

TEST_F(GateContact, BothFamiliesShareOneLine) {
  world->set(line(7, "10.1.0.7/32", Verdict::drop));
  world->set(line(7, "2001:db8:1:7::/64", Verdict::drop));
  EXPECT_EQ(world->gate->in_force(parse_ip("10.1.0.7").value(), sys::now()).slot,
            world->gate->in_force(parse_ip("2001:db8:1:7::5").value(), sys::now()).slot);
  Shape s;
  s.source = "2001:db8:1:7::5";
  s.destination = "2001:db8:9:1::25";
  (void)world->from_line(s);
  s.destination = "2001:db8:9:2::25";  // the same /48
  (void)world->from_line(s);
  (void)world->from_line(to(1));
  EXPECT_EQ(world->drained().size(), 2U);
  EXPECT_EQ(sum_of(7).blocked, 3U);
}

TEST_F(GateContact, ReportsOfAClosedLineAreBounded) {
  world->network.contacts_burst = 10;
  ASSERT_TRUE(world->gate->set_network(world->network, sys::now()));
  world->set(line(7, "10.1.0.7/32", Verdict::drop));
  for (int n = 0; n < 30; ++n) (void)world->from_line(to(n));
  const size_t reported = world->drained().size();
  EXPECT_GE(reported, 10U);
  EXPECT_LE(reported, 11U);
  EXPECT_EQ(world->counter("contacts_unreported"), 30U - reported);
  EXPECT_EQ(sum_of(7).blocked, 30U);
}

TEST_F(GateContact, FullRingLosesEventsNotCounts) {
  World tiny("ring", [] {
    auto o = World::small();
    o.events_bytes = 4096;
    return o;
  }());
  tiny.network.contacts_burst = 1000;
  tiny.network.contacts_per_min = 60'000;
  ASSERT_TRUE(tiny.gate->set_network(tiny.network, sys::now()));
  tiny.set(line(7, "10.1.0.7/32", Verdict::drop));
  for (int n = 0; n < 200; ++n) (void)tiny.from_line(to(n));
  // Fingerprints have 16 bits: of 200 networks two may share one, and the second is then no contact.
  const size_t contacts = tiny.drained().size() + tiny.counter("events_lost");
  EXPECT_LE(contacts, 200U);
  EXPECT_GE(contacts, 196U);
  EXPECT_GT(tiny.counter("events_lost"), 0U);
  uint64_t blocked = 0;
  tiny.gate->sums([&](const model::LineSum& s) { blocked += s.blocked; });
  EXPECT_EQ(blocked, 200U);
}

TEST_F(GateContact, OutcomesComeFromThePendingTable) {
  world->set(line(7, "10.1.0.7/32", Verdict::open));
  EXPECT_EQ(world->from_line(to(1)).action, kPass);
  EXPECT_EQ(world->from_line(to(1)).action, kPass);  // retry
  EXPECT_EQ(world->from_line(to(2)).action, kPass);
  EXPECT_EQ(world->from_line(to(3)).action, kPass);
  EXPECT_TRUE(world->drained().empty());
  EXPECT_TRUE(world->swept().empty());
  EXPECT_EQ(world->to_line(answer(to(1), kSyn | kAck)).action, kPass);
  EXPECT_EQ(world->to_line(answer(to(2), kRst | kAck)).action, kPass);
  const auto seen = world->swept();
  ASSERT_EQ(seen.size(), 2U);
  for (const auto& c : seen) {
    const bool first = to_string(c.contact.destination) == "198.18.1.25";
    EXPECT_EQ(c.contact.outcome, first ? Outcome::success : Outcome::failure);
    EXPECT_EQ(c.contact.line.value, 7U);
    EXPECT_EQ(c.contact.verdict, Verdict::open);
  }
  EXPECT_EQ(world->gate->stats().pending, 1U);
  EXPECT_EQ(sum_of(7).passed, 4U);
}

TEST_F(GateContact, NoAnswerIsAFailureAfterTenSeconds) {
  world->set(line(7, "10.1.0.7/32", Verdict::open));
  EXPECT_EQ(world->from_line(to(1)).action, kPass);
  EXPECT_EQ(world->from_line(to(2)).action, kPass);
  EXPECT_EQ(world->to_line(answer(to(2), kSyn | kAck)).action, kPass);  // so answers do come back this way
  EXPECT_EQ(world->swept().size(), 1U);
  EXPECT_TRUE(world->swept(seconds(9)).empty()) << "it may still be answered";
  const auto seen = world->swept(seconds(10));
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(to_string(seen[0].contact.destination), "198.18.1.25");
  EXPECT_EQ(seen[0].contact.outcome, Outcome::failure);
  EXPECT_LT((sys::now() - seen[0].at).us, seconds(9).us) << "its time is that of the SYN";
  EXPECT_EQ(world->gate->stats().pending, 0U);
  EXPECT_TRUE(world->swept(seconds(20)).empty()) << "once";
}

TEST_F(GateContact, NoAnswerSaysNothingWhereNoAnswersComeBack) {
  world->set(line(7, "10.1.0.7/32", Verdict::open));
  EXPECT_EQ(world->from_line(to(1)).action, kPass);
  const auto seen = world->swept(seconds(10));  // answers may take another way: this interface has seen none
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].contact.outcome, Outcome::unknown);
}

TEST_F(GateContact, FullPendingTableReportsAtOnceAsUnknown) {
  world->network.contacts_burst = 200;
  ASSERT_TRUE(world->gate->set_network(world->network, sys::now()));
  world->set(line(7, "10.1.0.7/32", Verdict::open));
  for (int n = 0; n < 150; ++n) EXPECT_EQ(world->from_line(to(n)).action, kPass);
  const auto seen = world->drained();
  EXPECT_EQ(seen.size(), world->counter("pending_full"));
  EXPECT_GT(seen.size(), 0U);
  // Nearly 150: two of so many networks may have the same 16-bit fingerprint, and then the second is none.
  EXPECT_EQ(seen.size() + world->gate->stats().pending, world->counter("contacts"));
  EXPECT_GE(world->counter("contacts"), 145U);
  for (const auto& c : seen) EXPECT_EQ(c.contact.outcome, Outcome::unknown);
}

TEST_F(GateContact, ConnectionTokensAreSpentBySynsOnly) {
  auto e = line(7, "10.1.0.7/32", Verdict::limited);
  e.limits = {1, 3, 0, 0};
  world->set(e);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(world->from_line(to(1)).action, kPass) << i;
  EXPECT_EQ(world->from_line(to(1)).action, kDrop);  // to the explainer, of which there is none here
  EXPECT_EQ(world->counter("over_limit"), 1U);
  Shape data = to(1);
  data.flags = kAck;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(world->from_line(data).action, kPass);
  const auto sum = sum_of(7);
  EXPECT_EQ(sum.passed, 3U);
  EXPECT_EQ(sum.over_limit, 1U);
  EXPECT_EQ(sum.blocked, 1U);
}

TEST_F(GateContact, NetworkTokensAreSpentByNewNetworksOnly) {
  auto e = line(7, "10.1.0.7/32", Verdict::limited);
  e.limits = {0, 0, 1, 2};
  world->set(e);
  EXPECT_EQ(world->from_line(to(1)).action, kPass);
  EXPECT_EQ(world->from_line(to(2)).action, kPass);
  EXPECT_EQ(world->from_line(to(3)).action, kDrop);
  EXPECT_EQ(world->from_line(to(3)).action, kDrop) << "not remembered without a token";
  for (int i = 0; i < 20; ++i) EXPECT_EQ(world->from_line(to(1 + i % 2)).action, kPass);
  EXPECT_EQ(world->gate->in_force(e.prefix.address, sys::now()).destinations, 2U);
}

TEST_F(GateContact, ARefusedNetworkCostsNoConnectionToken) {
  auto e = line(7, "10.1.0.7/32", Verdict::limited);
  e.limits = {1, 3, 1, 1};
  world->set(e);
  EXPECT_EQ(world->from_line(to(1)).action, kPass);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(world->from_line(to(2)).action, kDrop);
  EXPECT_EQ(world->from_line(to(1)).action, kPass);
  EXPECT_EQ(world->from_line(to(1)).action, kPass);
  EXPECT_EQ(world->from_line(to(1)).action, kDrop);
}

TEST_F(GateContact, MemoryForgetsAfterItsTime) {
  world->network.destination_memory["residential"] = seconds(2);
  ASSERT_TRUE(world->gate->set_network(world->network, sys::now()));
  world->set(line(7, "10.1.0.7/32", Verdict::drop));
  (void)world->from_line(to(1));
  (void)world->from_line(to(1));
  EXPECT_EQ(world->drained().size(), 1U);
  run("sleep 2.5");
  (void)world->from_line(to(1));
  EXPECT_EQ(world->drained().size(), 1U);
}

TEST_F(GateContact, MemoryHoldsSixteenAndForgetsTheOldest) {
  world->set(line(7, "10.1.0.7/32", Verdict::drop));
  for (int n = 0; n < 16; ++n) (void)world->from_line(to(n));
  for (int n = 0; n < 16; ++n) (void)world->from_line(to(n));
  EXPECT_EQ(world->drained().size(), 16U);
  EXPECT_EQ(world->gate->in_force(parse_ip("10.1.0.7").value(), sys::now()).destinations, 16U);
}

TEST_F(GateContact, UnknownSourcesAreReportedPerSource) {
  Shape a = to(1);
  a.source = "10.1.50.1";
  Shape b = to(1);
  b.source = "10.1.50.2";
  for (int i = 0; i < 3; ++i) {
    (void)world->from_line(a);
    (void)world->from_line(b);
  }
  const auto seen = world->drained();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].contact.line.value, 0U);
  EXPECT_NE(seen[0].contact.source, seen[1].contact.source);
}

TEST_F(GateContact, InboundDropsAreCountedPerLine) {
  world->set(line(7, "10.1.0.7/32", Verdict::explain));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(world->to_line(answer(to(1), kSyn | kAck)).action, kDrop);
  EXPECT_EQ(sum_of(7).inbound_dropped, 5U);
}

}  // namespace
}  // namespace postern::testing
