// SPDX-License-Identifier: Apache-2.0
// Every verdict in every shape of packet.
#include "tests/gate/world.h"
#include "tests/support/skip.h"

namespace postern::testing {
namespace {

using model::Verdict;

class GateVerdict : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = why_no_kernel_tests(); !why.empty()) PN_SKIP(why);
    world = std::make_unique<World>("verdict");
  }
  std::unique_ptr<World> world;
};

struct Wrapping {
  const char* name;
  bool v6;
  std::vector<uint16_t> tags;
  bool pppoe;
  size_t options;
  std::vector<uint8_t> extensions;
  bool ethernet;
};
const std::vector<Wrapping> kWrappings = {
    {"v4", false, {}, false, 0, {}, true},
    {"v4 without link header", false, {}, false, 0, {}, false},
    {"v4 VLAN", false, {100}, false, 0, {}, true},
    {"v4 QinQ", false, {100, 7}, false, 0, {}, true},
    {"v4 PPPoE", false, {}, true, 0, {}, true},
    {"v4 QinQ PPPoE", false, {100, 7}, true, 0, {}, true},
    {"v4 options", false, {}, false, 4, {}, true},
    {"v4 all options, QinQ", false, {100, 7}, false, 40, {}, true},
    {"v6", true, {}, false, 0, {}, true},
    {"v6 without link header", true, {}, false, 0, {}, false},
    {"v6 VLAN", true, {100}, false, 0, {}, true},
    {"v6 QinQ", true, {100, 7}, false, 0, {}, true},
    {"v6 PPPoE", true, {}, true, 0, {}, true},
    {"v6 hop-by-hop", true, {}, false, 0, {0}, true},
    {"v6 five headers", true, {100}, false, 0, {0, 60, 43, 51, 60}, true},
    {"v6 atomic fragment", true, {}, false, 0, {44}, true},
};

Shape wrapped(const Wrapping& w, bool inbound = false) {
  Shape s;
  s.source = w.v6 ? "2001:db8:1:7::1" : "10.1.0.7";
  s.destination = w.v6 ? "2001:db8:9::25" : "198.51.100.25";
  // A test run takes the protocol from where an EtherType would be: here, from the source address.
  if (!w.ethernet && !inbound) s.source = w.v6 ? "2001:db8:86dd:7::1" : "8.0.0.7";
  if (!w.ethernet && inbound) s.destination = w.v6 ? "2001:db8:86dd::25" : "8.0.0.25";
  if (inbound) {
    std::swap(s.source, s.destination);
    std::swap(s.source_port, s.destination_port);
  }
  s.tags = w.tags;
  s.pppoe = w.pppoe;
  s.options = w.options;
  s.extensions = w.extensions;
  s.ethernet = w.ethernet;
  return s;
}

void set_line(World& world, Verdict verdict) {
  for (const char* p : {"10.1.0.7/32", "2001:db8:1:7::/64", "8.0.0.7/32", "2001:db8:86dd:7::/64"}) {
    model::LineEntry e = line(7, p, verdict);
    if (verdict == Verdict::limited) e.limits = {6000, 6000, 0, 0};
    if (verdict == Verdict::listed)
      e.listed = {prefix("198.51.100.0/24"), prefix("2001:db8:9::/48"), prefix("8.0.0.0/24"),
                  prefix("2001:db8:86dd::/64")};
    world.set(e);
  }
}

TEST_F(GateVerdict, PassesOpenLimitedAndListed) {
  for (const Verdict verdict : {Verdict::open, Verdict::limited, Verdict::listed}) {
    set_line(*world, verdict);
    for (const Wrapping& w : kWrappings) {
      const auto v = world->from_line(wrapped(w));
      EXPECT_EQ(v.action, kPass) << w.name << " " << to_string(verdict);
      EXPECT_EQ(v.mark, world->options.pass_mark) << w.name;
      EXPECT_EQ(v.frame, build(wrapped(w))) << w.name;
      EXPECT_EQ(world->to_line(wrapped(w, true)).action, kPass) << w.name;
    }
  }
}

TEST_F(GateVerdict, DropsWithAReason) {
  set_line(*world, Verdict::drop);
  uint64_t dropped = 0;
  for (const Wrapping& w : kWrappings) {
    EXPECT_EQ(world->from_line(wrapped(w)).action, kDrop) << w.name;
    EXPECT_EQ(world->counter("drop_verdict"), ++dropped) << w.name;
    EXPECT_EQ(world->to_line(wrapped(w, true)).action, kDrop) << w.name;
    EXPECT_EQ(world->counter("drop_inbound"), dropped) << w.name;
  }
}

TEST_F(GateVerdict, RejectsWithTheRstThatAnswers) {
  set_line(*world, Verdict::reject);
  for (const Wrapping& w : kWrappings) {
    Shape s = wrapped(w);
    s.payload = 100;  // TCP fast open
    auto v = world->from_line(s);
    ASSERT_EQ(v.action, kRedirect) << w.name;
    Seen r = read(v.frame, link_size(s));
    EXPECT_TRUE(r.checksums_ok) << w.name;
    EXPECT_EQ(r.source, s.destination);
    EXPECT_EQ(r.destination, s.source);
    EXPECT_EQ(r.source_port, 25);
    EXPECT_EQ(r.destination_port, s.source_port);
    EXPECT_EQ(r.flags, kRst | kAck);
    EXPECT_EQ(r.acknowledgement, s.sequence + 1 + 100) << w.name;
    EXPECT_EQ(r.trailing, 0U) << w.name;
    const Frame in = build(s);
    if (s.ethernet) {
      EXPECT_TRUE(std::equal(in.begin(), in.begin() + 6, r.link.begin() + 6)) << w.name;
      EXPECT_TRUE(
          std::equal(in.begin() + 12, in.begin() + 14 + 4 * static_cast<long>(s.tags.size()), r.link.begin() + 12));
    }
    if (s.pppoe) {
      EXPECT_EQ(r.link.at(r.link.size() - 3), r.ip_size + 2) << w.name;
    }
    s.flags = kAck | kFin;
    s.acknowledgement = 4711;
    v = world->from_line(s);
    ASSERT_EQ(v.action, kRedirect) << w.name;
    r = read(v.frame, link_size(s));
    EXPECT_EQ(r.flags, kRst) << w.name;
    EXPECT_EQ(r.sequence, 4711U) << w.name;
    s.flags = kRst;
    EXPECT_EQ(world->from_line(s).action, kDrop) << "a RST is never answered";
  }
}

TEST_F(GateVerdict, ExplainWithoutAnExplainerFailsClosed) {
  set_line(*world, Verdict::explain);
  for (const Wrapping& w : kWrappings) {
    const auto v = world->from_line(wrapped(w));
    EXPECT_EQ(v.action, w.pppoe ? kRedirect : kDrop) << w.name;  // no local route out of a PPPoE session
    EXPECT_EQ(world->to_line(wrapped(w, true)).action, kDrop) << w.name;
  }
  EXPECT_GT(world->counter("drop_no_listener"), 0U);
}

TEST_F(GateVerdict, ListedGoesNowhereElse) {
  for (const char* p : {"10.1.0.7/32", "2001:db8:1:7::/64"}) {
    model::LineEntry e = line(7, p, Verdict::listed);
    e.listed = {prefix("198.51.100.26/32"), prefix("2001:db8:9::/64")};
    world->set(e);
  }
  Shape s;
  EXPECT_EQ(world->from_line(s).action, kDrop);
  s.destination = "198.51.100.26";
  EXPECT_EQ(world->from_line(s).action, kPass);
  s.source = "2001:db8:1:7::9";
  s.destination = "2001:db8:9::1:2";
  EXPECT_EQ(world->from_line(s).action, kPass);
  s.destination = "2001:db8:9:1::1";
  EXPECT_EQ(world->from_line(s).action, kDrop);
  Shape back{.source = "198.51.100.26", .destination = "10.1.0.7", .source_port = 25, .destination_port = 40'000};
  EXPECT_EQ(world->to_line(back).action, kPass);
  back.source = "198.51.100.27";
  EXPECT_EQ(world->to_line(back).action, kDrop);
}

TEST_F(GateVerdict, OtherServicesAndTheRelayAreNeverTouched) {
  set_line(*world, Verdict::drop);
  for (const Wrapping& w : kWrappings) {
    for (const uint16_t port : {24, 26, 80, 443, 465, 587, 2525, 24 + 64}) {
      Shape s = wrapped(w);
      s.destination_port = port;
      const auto v = world->from_line(s);
      EXPECT_EQ(v.action, kPass) << w.name << " " << port;
      EXPECT_EQ(v.mark, 0U);
      EXPECT_EQ(v.frame, build(s));
    }
    Shape udp = wrapped(w);
    udp.udp = true;
    udp.payload = 40;
    EXPECT_EQ(world->from_line(udp).action, kPass) << w.name;
    if (!w.ethernet) continue;
    Shape relay = wrapped(w);
    relay.destination = w.v6 ? "2001:db8:9::200" : "198.51.100.200";
    EXPECT_EQ(world->from_line(relay).action, kPass) << w.name;
    Shape back = wrapped(w, true);
    back.source = relay.destination;
    EXPECT_EQ(world->to_line(back).action, kPass) << w.name;
    Shape server = wrapped(w, true);  // inbound mail to the line, not from source port 25
    server.source_port = 40'000;
    server.destination_port = 25;
    EXPECT_EQ(world->to_line(server).action, kPass) << w.name;
  }
  EXPECT_EQ(world->counter("pass_relay"), kWrappings.size() - 2);
  EXPECT_EQ(world->counter("inbound_relay"), kWrappings.size() - 2);
}

TEST_F(GateVerdict, UnknownSourcesAreTheirOwnClass) {
  Shape s;
  s.source = "10.1.9.9";
  EXPECT_EQ(world->from_line(s).action, kDrop);
  EXPECT_EQ(world->counter("unknown"), 1U);
  world->network.unknown.verdict = Verdict::open;
  ASSERT_TRUE(world->gate->set_network(world->network, sys::now()));
  EXPECT_EQ(world->from_line(s).action, kPass);
  Shape v6 = s;
  v6.source = "2001:db8:1:99::1";
  v6.destination = "2001:db8:9::25";
  EXPECT_EQ(world->from_line(v6).action, kPass);
}

TEST_F(GateVerdict, OwnRstPassesTheEgressHook) {
  set_line(*world, Verdict::reject);
  Shape back{.source = "198.51.100.25", .destination = "10.1.0.7", .source_port = 25, .destination_port = 40'000};
  back.flags = kRst | kAck;
  EXPECT_EQ(world->push(gate::Gate::Hook::egress, build(back), world->options.fwmark).action, kPass);
  EXPECT_EQ(world->push(gate::Gate::Hook::egress, build(back)).action, kDrop);
}

TEST_F(GateVerdict, RevokeAndExpiryReachOpenConnections) {
  set_line(*world, Verdict::open);
  Shape data;
  data.flags = kAck;
  data.payload = 50;
  EXPECT_EQ(world->from_line(data).action, kPass);
  set_line(*world, Verdict::reject);
  EXPECT_EQ(world->from_line(data).action, kRedirect);
  model::LineEntry e = line(7, "10.1.0.7/32", Verdict::open);
  e.expires = sys::now() + seconds(3600);
  world->set(e);
  EXPECT_EQ(world->from_line(data).action, kPass);
  EXPECT_FALSE(world->gate->in_force(e.prefix.address, sys::now()).expired);
  e.expires = sys::now() - seconds(1);
  world->set(e);
  EXPECT_EQ(world->from_line(data).action, kDrop);  // class unknown's verdict
  EXPECT_EQ(world->counter("expired"), 1U);
  EXPECT_TRUE(world->gate->in_force(e.prefix.address, sys::now()).expired);
}

TEST_F(GateVerdict, SpoofedSourcesAreDroppedNeverSteered) {
  set_line(*world, Verdict::open);
  Shape s;
  s.source = "192.0.2.77";  // routes to up0
  EXPECT_EQ(world->from_line(s).action, kDrop);
  s.source = "203.0.113.5";  // default route
  EXPECT_EQ(world->from_line(s).action, kDrop);
  s.source = "2001:db8:ff::77";
  s.destination = "2001:db8:9::25";
  EXPECT_EQ(world->from_line(s).action, kDrop);
  EXPECT_EQ(world->counter("drop_spoofed_source"), 3U);
  world->network.subscriber_prefixes = {};  // then the route alone tells
  ASSERT_TRUE(world->gate->set_network(world->network, sys::now()));
  EXPECT_EQ(world->from_line(s).action, kDrop);
  EXPECT_EQ(world->counter("drop_spoofed_source"), 4U);
  EXPECT_TRUE(world->drained().empty());
  model::LineEntry e = line(8, "10.1.0.8/32", Verdict::open);
  e.access = "up0";
  world->set(e);
  s = {};
  s.source = "10.1.0.8";
  EXPECT_EQ(world->from_line(s).action, kDrop);
  EXPECT_EQ(world->counter("drop_wrong_access"), 1U);
  e.access = "sub0";
  e.vlan_outer = 100;
  e.vlan_inner = 7;
  world->set(e);
  s.tags = {100, 7};
  EXPECT_EQ(world->from_line(s).action, kPass);
  s.tags = {100, 8};
  EXPECT_EQ(world->from_line(s).action, kDrop);
  s.tags = {};
  EXPECT_EQ(world->from_line(s).action, kDrop);
}

TEST_F(GateVerdict, FragmentsAndTruncatedHeadersHaveAPolicy) {
  set_line(*world, Verdict::open);
  for (const bool v6 : {false, true}) {
    Shape s = wrapped(v6 ? kWrappings[8] : kWrappings[0]);
    s.payload = 64;
    s.fragment = 4;
    EXPECT_EQ(world->from_line(s).action, kPass) << v6;  // no port in it; its first fragment is judged
    s.fragment = 1;
    EXPECT_EQ(world->from_line(s).action, kDrop) << v6;  // RFC 1858
    s.fragment = 0;
    s.more_fragments = true;
    EXPECT_EQ(world->from_line(s).action, kPass) << v6;  // first fragment of an open line
    s.more_fragments = false;
    s.fragment = {};
    for (const size_t cut : {v6 ? 44U : 24U, v6 ? 53U : 33U}) {
      Shape t = s;
      t.cut = cut;
      EXPECT_EQ(world->from_line(t).action, kDrop) << v6 << " " << cut;
      t.destination_port = 443;
      EXPECT_EQ(world->from_line(t).action, kPass) << v6 << " " << cut;
    }
  }
  EXPECT_EQ(world->counter("pass_fragment"), 2U);
  EXPECT_EQ(world->counter("drop_tiny_fragment"), 2U);
  EXPECT_EQ(world->counter("drop_truncated"), 4U);
  Shape chain = wrapped(kWrappings[8]);
  chain.extensions = {60, 60, 60, 60, 60, 60, 60, 60};
  EXPECT_EQ(world->from_line(chain).action, kPass);
  chain.extensions.push_back(60);
  EXPECT_EQ(world->from_line(chain).action, kDrop);
  EXPECT_EQ(world->counter("drop_headers"), 1U);
  set_line(*world, Verdict::explain);
  Shape first = wrapped(kWrappings[0]);
  first.more_fragments = true;
  EXPECT_EQ(world->from_line(first).action, kDrop);
  EXPECT_EQ(world->counter("drop_fragment"), 1U);
  world->network.drop_fragments = true;
  ASSERT_TRUE(world->gate->set_network(world->network, sys::now()));
  first.more_fragments = false;
  first.fragment = 100;
  EXPECT_EQ(world->from_line(first).action, kDrop);
  EXPECT_EQ(world->counter("drop_any_fragment"), 1U);
}

TEST_F(GateVerdict, LinkLocalTalkIsNotJudged) {
  Shape s;
  s.source = "fe80::7";
  s.destination = "ff02::1";
  EXPECT_EQ(world->from_line(s).action, kPass);
  s.source = "169.254.1.1";
  s.destination = "169.254.1.2";
  EXPECT_EQ(world->from_line(s).action, kPass);
  EXPECT_EQ(world->counter("pass_local"), 2U);
  s.destination = "198.51.100.25";  // a link-local source that wants to leave the link is judged
  EXPECT_EQ(world->from_line(s).action, kDrop);
}

}  // namespace
}  // namespace postern::testing
