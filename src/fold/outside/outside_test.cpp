// SPDX-License-Identifier: Apache-2.0
#include "fold/outside/outside.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>

namespace postern::fold {
namespace {

constexpr uint8_t kTcp = 6;

IpAddress ip(const char* text) { return parse_ip(text).value(); }
Prefix net(const char* text) { return parse_prefix(text).value(); }
Outside nat(const char* outside, const char* inside, bool skip_ends, uint32_t ports) {
  return {
      {{.outside = net(outside), .inside = net(inside), .skip_ends = skip_ends, .first_port = 1'024, .ports = ports}},
      {}};
}
Inside line(const char* address) { return {Behind::line, ip(address)}; }

// RFC 7422 section 2: 14 lines behind one address, 4032 ports each, the last eighth of the ports dynamic.
TEST(Outside, TheExampleOfRfc7422) {
  const Outside pools = nat("192.0.2.1/32", "198.51.100.0/28", true, 4'032);
  const IpAddress out = ip("192.0.2.1");
  EXPECT_EQ(pools.of(kTcp, out, 1'023).kind, Behind::not_known) << "reserved";
  EXPECT_EQ(pools.of(kTcp, out, 1'024), line("198.51.100.1"));
  EXPECT_EQ(pools.of(kTcp, out, 5'055), line("198.51.100.1"));
  EXPECT_EQ(pools.of(kTcp, out, 5'056), line("198.51.100.2"));
  EXPECT_EQ(pools.of(kTcp, out, 13'120), line("198.51.100.4"));
  EXPECT_EQ(pools.of(kTcp, out, 57'471), line("198.51.100.14"));
  EXPECT_EQ(pools.of(kTcp, out, 57'472).kind, Behind::not_known) << "dynamic";
  EXPECT_EQ(pools.of(kTcp, out, 65'535).kind, Behind::not_known) << "dynamic";
  EXPECT_EQ(pools.of(17, out, 1'024), line("198.51.100.1"));
  EXPECT_EQ(pools.of(1, out, 1'024).kind, Behind::not_known) << "ICMP has no ports";
  EXPECT_EQ(pools.of(kTcp, out, 0).kind, Behind::not_known) << "the port was not told";
  EXPECT_EQ(pools.of(kTcp, ip("192.0.2.2"), 1'024), (Inside{Behind::itself, ip("192.0.2.2")}));
}

// Every port of every outside address is one line's or nobody's, and every line has exactly its ports.
TEST(Outside, BlocksAreDisjointAndWhole) {
  for (const uint32_t ports : {1'000U, 4'032U}) {
    const Outside pools = nat("192.0.2.0/30", "100.64.0.0/25", false, ports);
    std::map<IpAddress, uint32_t> owned;
    for (uint32_t o = 0; o < 4; ++o)
      for (uint32_t port = 1; port < 65'536; ++port)
        if (const Inside in = pools.of(kTcp, IpAddress::v4(0xc0000200U + o), static_cast<uint16_t>(port));
            in.kind == Behind::line)
          ++owned[in.address];
    EXPECT_EQ(owned.size(), std::min(128U, 4 * (64'512 / ports)));
    EXPECT_EQ(owned.begin()->first, ip("100.64.0.0"));
    for (const auto& [address, n] : owned) EXPECT_EQ(n, ports) << to_string(address);
  }
}

// RFC 7597 appendix A, example 1: port sets of the line with PSID 0x34.
TEST(Outside, TheExampleOfRfc7597) {
  const Outside rules{{}, {{.outside = net("192.0.2.0/24"), .inside = net("2001:db8::/40"), .ea_bits = 16}}};
  for (const uint16_t port : {1'232, 1'235, 2'256, 2'259, 63'696, 63'699, 64'720, 64'723})
    EXPECT_EQ(rules.of(kTcp, ip("192.0.2.18"), port), line("2001:db8:12:3400::")) << port;
  EXPECT_EQ(rules.of(kTcp, ip("192.0.2.18"), 1'236), line("2001:db8:12:3500::"));
  EXPECT_EQ(rules.of(kTcp, ip("192.0.2.18"), 1'023).kind, Behind::not_known) << "offset bits all 0";
  EXPECT_EQ(rules.of(kTcp, ip("192.0.2.18"), 0).kind, Behind::not_known);
  EXPECT_EQ(rules.of(kTcp, ip("192.0.3.18"), 1'232).kind, Behind::itself);
}

TEST(Outside, MapWithWholeAddresses) {
  const MapRule whole{.outside = net("192.0.2.0/24"), .inside = net("2001:db8:f0::/48"), .ea_bits = 8};
  const MapRule prefixes{.outside = net("198.51.100.0/24"), .inside = net("2001:db8:f1::/48"), .ea_bits = 6};
  const MapRule one{
      .outside = net("192.0.2.18/32"), .inside = net("2001:db8:12:3400::/56"), .ea_bits = 8, .psid_offset = 0};
  const Outside rules{{}, {whole, prefixes, one}};
  EXPECT_EQ(rules.of(kTcp, ip("192.0.2.17"), 0), line("2001:db8:f0:1100::")) << "no port is needed";
  EXPECT_EQ(rules.of(1, ip("198.51.100.7"), 0), line("2001:db8:f1:400::")) << "one of four";
  EXPECT_EQ(rules.of(kTcp, ip("192.0.2.18"), 0x8001), line("2001:db8:12:3480::")) << "the longest rule counts";
}

}  // namespace
}  // namespace postern::fold
