// SPDX-License-Identifier: Apache-2.0
// The line table in the kernel: who inherits what, what stays while it changes, what a full table does.
#include "tests/gate/world.h"
#include "tests/support/skip.h"

namespace postern::testing {
namespace {

using model::ReceiptState;
using model::Verdict;

class GateTable : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = why_no_kernel_tests(); !why.empty()) PN_SKIP(why);
    world = std::make_unique<World>("table");
  }
  [[nodiscard]] gate::InForce at(const std::string& address) const {
    return world->gate->in_force(parse_ip(address).value(), sys::now());
  }
  std::unique_ptr<World> world;
};

TEST_F(GateTable, AVerdictChangeKeepsMemoryAndCounters) {
  world->set(line(7, "10.1.0.7/32", Verdict::drop));
  (void)world->from_line({});
  const auto before = at("10.1.0.7");
  world->set(line(7, "10.1.0.7/32", Verdict::open));
  const auto after = at("10.1.0.7");
  EXPECT_EQ(after.slot, before.slot);
  EXPECT_EQ(after.verdict, Verdict::open);
  EXPECT_EQ(after.destinations, 1U);
  EXPECT_EQ(after.totals.blocked, 1U);
}

TEST_F(GateTable, NobodyInheritsAnything) {
  auto e = line(7, "10.1.0.7/32", Verdict::limited);
  e.limits = {1, 1, 0, 0};
  world->set(e);
  EXPECT_EQ(world->from_line({}).action, kPass);
  EXPECT_EQ(world->from_line({}).action, kDrop);
  e.line = {8};
  world->set(e);  // the address is line 8's now
  EXPECT_EQ(at("10.1.0.7").line.value, 8U);
  EXPECT_EQ(at("10.1.0.7").destinations, 0U);
  EXPECT_EQ(at("10.1.0.7").totals.passed, 0U);
  EXPECT_EQ(world->from_line({}).action, kPass);
  e.line = {7};
  e.prefix = prefix("10.1.0.9/32");  // line 7 dialled in again: its spent tokens stay spent
  world->set(e);
  Shape s;
  s.source = "10.1.0.9";
  EXPECT_EQ(world->from_line(s).action, kDrop);
}

TEST_F(GateTable, ALineThatComesBackFindsItsMemory) {
  world->set(line(7, "10.1.0.7/32", Verdict::drop));
  (void)world->from_line({});
  EXPECT_EQ(world->drained().size(), 1U);
  (void)world->apply({prefix("10.1.0.7/32")}, {});
  EXPECT_EQ(at("10.1.0.7").slot, 0U);
  world->set(line(7, "10.1.3.3/32", Verdict::drop));
  Shape s;
  s.source = "10.1.3.3";
  (void)world->from_line(s);
  EXPECT_TRUE(world->drained().empty());
}

TEST_F(GateTable, BothPrefixesOfALineChangeInPlace) {
  world->set(line(7, "10.1.0.7/32", Verdict::drop));
  world->set(line(7, "2001:db8:1:7::/64", Verdict::drop));
  (void)world->from_line({});
  const uint32_t slot = at("10.1.0.7").slot;
  (void)world->apply({prefix("10.1.0.7/32"), prefix("2001:db8:1:7::/64")},
                     {line(7, "10.1.0.7/32", Verdict::open), line(7, "2001:db8:1:7::/64", Verdict::open)});
  EXPECT_EQ(at("10.1.0.7").slot, slot);
  EXPECT_EQ(at("2001:db8:1:7::1").slot, slot);
  EXPECT_EQ(at("2001:db8:1:7::1").verdict, Verdict::open);
  EXPECT_EQ(at("10.1.0.7").destinations, 1U);
  // One of the two alone: a slot of its own, without fresh memory or tokens.
  world->set(line(7, "10.1.0.7/32", Verdict::reject));
  EXPECT_NE(at("10.1.0.7").slot, slot);
  EXPECT_EQ(at("10.1.0.7").verdict, Verdict::reject);
  EXPECT_EQ(at("2001:db8:1:7::1").verdict, Verdict::open);
  EXPECT_EQ(at("10.1.0.7").destinations, 1U);
}

TEST_F(GateTable, LongerPrefixesWin) {
  world->set(line(1, "10.1.0.0/16", Verdict::reject));
  world->set(line(2, "10.1.4.0/24", Verdict::open));
  world->set(line(3, "10.1.4.9/32", Verdict::drop));
  const auto lines = [&](std::initializer_list<std::pair<const char*, uint32_t>> expected) {
    for (const auto& [a, l] : expected) EXPECT_EQ(at(a).line.value, l) << a;
  };
  lines({{"10.1.0.1", 1}, {"10.1.200.7", 1}, {"10.1.4.8", 2}, {"10.1.4.9", 3}, {"10.1.5.1", 1}, {"10.2.0.1", 0}});
  (void)world->apply({prefix("10.1.4.9/32")}, {});
  lines({{"10.1.4.9", 2}});
  world->set(line(3, "10.1.4.9/32", Verdict::drop));
  (void)world->apply({prefix("10.1.4.0/24")}, {});
  lines({{"10.1.4.8", 1}, {"10.1.4.9", 3}});
  (void)world->apply({prefix("10.1.0.0/16")}, {});
  lines({{"10.1.4.8", 0}, {"10.1.200.7", 0}, {"10.1.4.9", 3}});
  (void)world->apply({prefix("10.1.4.9/32")}, {});
  lines({{"10.1.4.9", 0}});
  EXPECT_EQ(world->gate->stats().pages, 0U);
  world->set(line(4, "2001:db8:1::/48", Verdict::open));
  world->set(line(5, "2001:db8:1:7::/64", Verdict::drop));
  world->set(line(6, "2001:db8:1:7::6/128", Verdict::open));
  lines({{"2001:db8:1:8::1", 4}, {"2001:db8:1:7::1", 5}, {"2001:db8:1:7::6", 6}});
  world->set(line(7, "2001:db8:1:700::/56", Verdict::open));
  const auto fifth = world->apply({}, {line(8, "2001:db8:1:800::/60", Verdict::open)});
  EXPECT_EQ(fifth.at(0).state, ReceiptState::refused);
}

TEST_F(GateTable, AFullTableRefusesAndStaysClosed) {
  auto o = World::small();
  o.lines_max = 4;
  o.pages_max = 1;
  World full("full", o);
  for (uint32_t i = 1; i <= 4; ++i) full.set(line(i, "10.1.0." + std::to_string(i) + "/32", Verdict::open));
  auto results = full.apply({}, {line(5, "10.1.0.5/32", Verdict::open)});
  EXPECT_EQ(results.at(0).state, ReceiptState::refused);
  Shape s;
  s.source = "10.1.0.5";
  EXPECT_EQ(full.from_line(s).action, kDrop);
  results = full.apply({}, {line(4, "10.1.77.1/32", Verdict::open)});  // a second block of 4,096
  EXPECT_EQ(results.at(0).state, ReceiptState::refused);
  EXPECT_EQ(full.gate->stats().refused, 2U);
  // A parked slot is not given away while events may still name it.
  (void)full.apply({prefix("10.1.0.1/32")}, {});
  results = full.apply({}, {line(6, "10.1.0.6/32", Verdict::open)});
  EXPECT_EQ(results.at(0).state, ReceiptState::refused);
  // An address that changes hands in a full table does not stay the old line's.
  results = full.apply({}, {line(9, "10.1.0.2/32", Verdict::open)});
  EXPECT_EQ(results.at(0).state, ReceiptState::refused);
  EXPECT_EQ(full.gate->in_force(parse_ip("10.1.0.2").value(), sys::now()).slot, 0U);
}

TEST_F(GateTable, RefusesWhatItCannotEnforce) {
  auto e = line(7, "10.1.0.7/32", Verdict::open);
  e.access = "nosuch0";
  auto results = world->apply({}, {e});
  EXPECT_EQ(results.at(0).state, ReceiptState::refused);
  EXPECT_EQ(world->from_line({}).action, kDrop);
}

TEST_F(GateTable, AdoptionKeepsEverythingAndReplacesTheRest) {
  auto e = line(7, "10.1.0.7/32", Verdict::limited);
  e.limits = {6, 3, 20, 10};
  e.expires = sys::now() + seconds(600);
  auto listed = line(8, "2001:db8:1:8::/64", Verdict::listed);
  listed.listed = {prefix("2001:db8:9::/48"), prefix("198.18.0.0/15")};
  world->set(e);
  world->set(listed);
  world->set(line(9, "10.1.0.9/32", Verdict::open));
  (void)world->from_line({});
  const auto before = at("10.1.0.7");
  EXPECT_EQ(before.limits, e.limits);
  const auto options = world->options;
  world->gate.reset();
  auto again = gate::Gate::open(options);
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_TRUE(again->adopted());
  world->gate = std::make_unique<gate::Gate>(std::move(*again));
  EXPECT_EQ(world->from_line({}).action, kPass) << "in force before anybody told us";
  EXPECT_TRUE(world->gate->replace_all({e, listed}, sys::now()).empty());
  const auto after = at("10.1.0.7");
  EXPECT_EQ(after.slot, before.slot);
  EXPECT_EQ(after.destinations, 1U);
  EXPECT_EQ(after.totals.passed, 2U);
  EXPECT_EQ(at("10.1.0.9").slot, 0U) << "gone from the table while we were away";
  EXPECT_EQ(at("2001:db8:1:8::1").line.value, 8U);
  EXPECT_EQ(world->gate->stats().listed, 2U);
  uint64_t passed = 0;
  world->gate->sums([&](const model::LineSum& s) { passed += s.passed; });
  EXPECT_EQ(passed, 2U) << "not lost and not doubled over the restart";
}

TEST_F(GateTable, RefusesToAdoptAnotherShape) {
  auto other = world->options;
  other.lines_max = 77;
  world->gate.reset();
  const auto opened = gate::Gate::open(other);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().text().find("postern gate detach"), std::string::npos);
}

TEST_F(GateTable, ANetworkIsSwappedWhole) {
  world->network.relay = {prefix("198.51.100.25/32")};
  ASSERT_TRUE(world->gate->set_network(world->network, sys::now()));
  world->set(line(7, "10.1.0.7/32", Verdict::drop));
  EXPECT_EQ(world->from_line({}).action, kPass);
  Shape old;
  old.destination = "198.51.100.200";
  EXPECT_EQ(world->from_line(old).action, kDrop);
  world->network.relay = {prefix("198.48.0.0/13"), prefix("2001::/16")};
  ASSERT_TRUE(world->gate->set_network(world->network, sys::now()));
  EXPECT_EQ(world->from_line({}).action, kPass);
}

}  // namespace
}  // namespace postern::testing
