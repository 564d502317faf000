// SPDX-License-Identifier: Apache-2.0
// What a hold takes from a line, what it leaves it, and that neighbours never notice.
#include "tests/gate/world.h"
#include "tests/support/skip.h"

namespace postern::testing {
namespace {

using model::Hold;
using model::Transport;
using model::Verdict;

class GateHold : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = why_no_kernel_tests(); !why.empty()) PN_SKIP(why);
    world = std::make_unique<World>("hold");
    world->network.allow = {prefix("203.0.113.0/24"), prefix("2001:db8:a::/48")};
    ASSERT_TRUE(world->gate->set_network(world->network, sys::now()));
    for (const char* p : {"10.1.0.8/32", "2001:db8:1:8::/64"}) world->set(line(8, p, Verdict::explain));
  }
  void hold(Hold kind, Verdict verdict = Verdict::reject) const {
    for (const char* p : {"10.1.0.7/32", "2001:db8:1:7::/64"}) {
      model::LineEntry e = line(7, p, verdict);
      e.hold = kind;
      if (kind == Hold::services) e.closed = {{Transport::tcp, 445}, {Transport::udp, 1900}};
      world->set(e);
    }
  }
  [[nodiscard]] model::LineSum sum() const {
    model::LineSum total;
    world->gate->sums([&](const model::LineSum& s) {
      if (s.line.value != 7) return;
      total.blocked += s.blocked;
      total.held_stopped += s.held_stopped;
      total.held_passed += s.held_passed;
    });
    return total;
  }
  std::unique_ptr<World> world;
};

// The frame of line 7, or of its neighbour, in one of the shapes a hold must see through.
struct Way {
  const char* name;
  bool v6;
  std::vector<uint16_t> tags;
  bool pppoe;
  std::vector<uint8_t> extensions;
};
const std::vector<Way> kWays = {
    {"v4", false, {}, false, {}},          {"v4 VLAN", false, {100}, false, {}},
    {"v4 QinQ", false, {9, 7}, false, {}}, {"v4 PPPoE", false, {}, true, {}},
    {"v6", true, {}, false, {}},           {"v6 VLAN", true, {100}, false, {}},
    {"v6 PPPoE", true, {}, true, {}},      {"v6 headers", true, {}, false, {0, 60}},
};

Shape to(const Way& w, uint16_t port, bool udp = false, bool neighbour = false) {
  Shape s;
  const std::string line = neighbour ? "8" : "7";
  s.source = w.v6 ? "2001:db8:1:" + line + "::1" : "10.1.0." + line;
  s.destination = w.v6 ? "2001:db8:9::25" : "198.51.100.25";
  s.destination_port = port;
  s.udp = udp;
  s.tags = w.tags;
  s.pppoe = w.pppoe;
  s.extensions = w.extensions;
  return s;
}

Shape back(const Shape& s) {
  Shape b = s;
  std::swap(b.source, b.destination);
  std::swap(b.source_port, b.destination_port);
  b.flags = kSyn | kAck;
  return b;
}

TEST_F(GateHold, ServicesCloseWhatTheyNameAndNothingElse) {
  hold(Hold::services);
  for (const Way& w : kWays) {
    Shape s = to(w, 445);
    const auto v = world->from_line(s);
    ASSERT_EQ(v.action, kRedirect) << w.name;
    const Seen r = read(v.frame, link_size(s));
    EXPECT_TRUE(r.checksums_ok) << w.name;
    EXPECT_EQ(r.flags, kRst | kAck) << w.name;
    EXPECT_EQ(r.destination, s.source) << w.name;
    EXPECT_EQ(world->from_line(to(w, 1900, true)).action, kDrop) << w.name;
    for (const auto& [port, udp] : {std::pair{443, false}, {80, false}, {445, true}, {1900, false}, {53, true}})
      EXPECT_EQ(world->from_line(to(w, static_cast<uint16_t>(port), udp)).action, kPass) << w.name << " " << port;
    EXPECT_EQ(world->to_line(back(to(w, 443))).action, kPass) << w.name;
    EXPECT_EQ(world->from_line(to(w, 445, false, true)).action, kPass) << w.name;
  }
  EXPECT_EQ(world->counter("held_closed"), kWays.size() * 2);
  const model::LineSum s = sum();
  EXPECT_EQ(s.blocked, kWays.size() * 2);
  EXPECT_EQ(s.held_stopped, kWays.size() * 2);
  EXPECT_EQ(s.held_passed, kWays.size() * 5);
}

TEST_F(GateHold, TheGardenLeavesWhatItNames) {
  hold(Hold::garden);
  for (const Way& w : kWays) {
    EXPECT_EQ(world->from_line(to(w, 443)).action, kRedirect) << w.name;
    EXPECT_EQ(world->from_line(to(w, 80)).action, kRedirect) << w.name << ": no page to steer to";
    EXPECT_EQ(world->from_line(to(w, 443, true)).action, kDrop) << w.name << ": QUIC";
    EXPECT_EQ(world->to_line(back(to(w, 443))).action, kDrop) << w.name;
    EXPECT_EQ(world->from_line(to(w, 53, true)).action, kPass) << w.name;
    EXPECT_EQ(world->to_line(back(to(w, 53, true))).action, kPass) << w.name;
    Shape allowed = to(w, 443);
    allowed.destination = w.v6 ? "2001:db8:a::1" : "203.0.113.9";
    EXPECT_EQ(world->from_line(allowed).action, kPass) << w.name;
    EXPECT_EQ(world->to_line(back(allowed)).action, kPass) << w.name;
    for (const uint16_t port : {443, 80, 25}) {
      EXPECT_EQ(world->from_line(to(w, port, false, true)).action == kPass, port != 25) << w.name << " " << port;
      EXPECT_EQ(world->to_line(back(to(w, 443, false, true))).action, kPass) << w.name;
    }
    Shape later = to(w, 443);
    later.fragment = 100;
    EXPECT_EQ(world->from_line(later).action, kDrop) << w.name << ": a fragment has no port";
  }
  const model::LineSum s = sum();
  EXPECT_EQ(s.held_stopped, kWays.size() * 4);
  EXPECT_EQ(s.blocked, 0U) << "a browser that tries the web is not the behaviour the hold is for";
  EXPECT_EQ(s.held_passed, kWays.size() * 2);
}

TEST_F(GateHold, TheRelayWorksUnderEveryHoldAndPort25IsStillReported) {
  for (const Hold kind : {Hold::services, Hold::garden}) {
    hold(kind);
    for (const Way& w : kWays)
      for (const uint16_t port : {25, 465, 587}) {
        Shape s = to(w, port);
        s.destination = w.v6 ? "2001:db8:9::200" : "198.51.100.200";
        EXPECT_EQ(world->from_line(s).action, kPass) << w.name << " " << port;
        EXPECT_EQ(world->to_line(back(s)).action, kPass) << w.name << " " << port;
      }
  }
  (void)world->drained();
  Shape s = to(kWays[0], 25);
  s.destination = "198.51.101.25";
  EXPECT_EQ(world->from_line(s).action, kRedirect);
  const auto seen = world->drained();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].contact.line.value, 7U);
  hold(Hold::garden, Verdict::open);
  EXPECT_EQ(world->from_line(s).action, kRedirect) << "a garden has no open port 25";
  EXPECT_EQ(world->counter("held_garden"), 1U);
}

TEST_F(GateHold, ComesIntoForceOnOpenConnectionsAndLeavesNothing) {
  Shape data = to(kWays[0], 443);
  data.flags = kAck;
  data.payload = 50;
  hold(Hold::none);
  EXPECT_EQ(world->from_line(data).action, kPass);
  hold(Hold::garden);
  EXPECT_EQ(world->from_line(data).action, kRedirect);
  EXPECT_EQ(world->gate->in_force(prefix("10.1.0.7/32").address, sys::now()).hold, Hold::garden);
  EXPECT_EQ(world->gate->stats().holds, 2U);
  hold(Hold::none);
  EXPECT_EQ(world->from_line(data).action, kPass);
  EXPECT_EQ(world->gate->stats().holds, 0U);
  hold(Hold::garden);
  world->apply({prefix("10.1.0.7/32")}, {line(9, "10.1.0.7/32", Verdict::explain)});
  EXPECT_EQ(world->from_line(data).action, kPass) << "the next line of the address inherits nothing";
  hold(Hold::garden);
  world->apply({prefix("10.1.0.7/32")}, {});
  EXPECT_EQ(world->from_line(data).action, kPass);
}

TEST_F(GateHold, ALongerPrefixInsideAHeldBlockIsItsOwnLines) {
  model::LineEntry block = line(7, "10.1.16.0/20", Verdict::explain);
  block.hold = Hold::garden;
  world->set(block);
  world->set(line(8, "10.1.17.3/32", Verdict::explain));
  Shape s = to(kWays[0], 443);
  s.source = "10.1.17.4";
  EXPECT_EQ(world->from_line(s).action, kRedirect);
  s.source = "10.1.17.3";
  EXPECT_EQ(world->from_line(s).action, kPass);
  s.source = "10.1.32.4";
  EXPECT_EQ(world->from_line(s).action, kPass);
}

TEST_F(GateHold, EndsWithItsEntry) {
  model::LineEntry e = line(7, "10.1.0.7/32", Verdict::explain);
  e.hold = Hold::garden;
  e.expires = sys::now() + seconds(3600);
  world->set(e);
  EXPECT_EQ(world->from_line(to(kWays[0], 443)).action, kRedirect);
  e.expires = sys::now() - seconds(1);
  world->set(e);
  EXPECT_EQ(world->from_line(to(kWays[0], 443)).action, kPass);
}

TEST_F(GateHold, ARestartAdoptsAndForgetsWhatIsNotWanted) {
  hold(Hold::garden);
  world->gate.reset();
  auto again = gate::Gate::open(world->options);
  ASSERT_TRUE(again) << again.error().text();
  world->gate = std::make_unique<gate::Gate>(std::move(*again));
  ASSERT_TRUE(world->gate->adopted());
  EXPECT_EQ(world->gate->stats().holds, 2U);
  EXPECT_EQ(world->from_line(to(kWays[0], 443)).action, kRedirect) << "before anybody gave it a table";
  model::LineEntry e = line(7, "10.1.0.7/32", Verdict::reject);
  e.hold = Hold::garden;
  EXPECT_TRUE(world->gate->replace_all({e}, sys::now()).empty());
  EXPECT_EQ(world->gate->stats().holds, 1U);
  EXPECT_EQ(world->from_line(to(kWays[0], 443)).action, kRedirect);
  EXPECT_EQ(world->from_line(to(kWays[4], 443)).action, kPass);
}

TEST_F(GateHold, TheAllowListChangesWhileItRuns) {
  hold(Hold::garden);
  Shape s = to(kWays[0], 443);
  EXPECT_EQ(world->from_line(s).action, kRedirect);
  world->network.allow = {prefix("198.51.100.0/24")};
  ASSERT_TRUE(world->gate->set_network(world->network, sys::now()));
  EXPECT_EQ(world->from_line(s).action, kPass);
  s.destination = "203.0.113.9";
  EXPECT_EQ(world->from_line(s).action, kRedirect);
}

TEST_F(GateHold, DnsOutOfTheGardenHasARate) {
  hold(Hold::garden);
  for (int i = 0; i < 3000; ++i) (void)world->from_line(to(kWays[0], 53, true));
  EXPECT_GT(world->counter("held_few"), 0U);
  EXPECT_GE(world->counter("held_passed"), 500U);
}

TEST_F(GateHold, SpoofedSourcesAreNotTheLines) {
  model::LineEntry e = line(7, "10.1.0.7/32", Verdict::explain);
  e.hold = Hold::garden;
  e.access = "up0";
  world->set(e);
  EXPECT_EQ(world->from_line(to(kWays[0], 443)).action, kDrop);
  EXPECT_EQ(world->counter("drop_wrong_access"), 1U);
  EXPECT_EQ(sum().held_stopped, 0U);
}

TEST(GateHoldLimit, AFullTableFailsOpenAndSaysSo) {
  if (const std::string why = why_no_kernel_tests(); !why.empty()) PN_SKIP(why);
  gate::Options options = World::small();
  options.holds_max = 1;
  World world("hold-full", options);
  std::vector<model::LineEntry> entries{line(7, "10.1.0.7/32", Verdict::reject),
                                        line(8, "10.1.0.8/32", Verdict::reject)};
  for (model::LineEntry& e : entries) e.hold = Hold::garden;
  const auto results = world.apply({}, entries);
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].state, model::ReceiptState::in_force);
  EXPECT_EQ(results[1].state, model::ReceiptState::refused);
  EXPECT_EQ(world.gate->stats().holds_refused, 1U);
  Shape s = to(kWays[0], 443, false, true);
  EXPECT_EQ(world.from_line(s).action, kPass);
  s.destination_port = 25;
  EXPECT_EQ(world.from_line(s).action, kRedirect) << "its verdict on port 25 stands";
}

}  // namespace
}  // namespace postern::testing
