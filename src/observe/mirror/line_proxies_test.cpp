// SPDX-License-Identifier: Apache-2.0
#include "observe/mirror/line_proxies.h"

#include <gtest/gtest.h>

namespace postern::observe::mirror {
namespace {

const Time kNoon = Time{} + days(20'000) + hours(12);

IpAddress ip(const char* text) { return parse_ip(text).value(); }

// 10.0.0.0/8 are lines; 192.0.2.1 is a NAT by formula (RFC 7422).
struct Bench {
  std::vector<model::Observation> told;
  LineProxies proxies{fold::Nats({{{.outside = *parse_prefix("192.0.2.1/32"),
                                    .inside = *parse_prefix("10.0.0.0/28"),
                                    .skip_ends = true,
                                    .first_port = 1'024,
                                    .ports = 4'032}},
                                  {}},
                                 nullptr, {}),
                      [](const IpAddress& a) {
                        return Prefix::of(a, 8) == *parse_prefix("10.0.0.0/8") ? a.v4_host_order() & 0xffffU : 0;
                      },
                      [this](model::Observation o) { told.push_back(std::move(o)); }};

  std::string see(const char* client, const char* line, uint16_t port = 1'080, Time at = kNoon) {
    const size_t before = told.size();
    proxies.see({at, {ip(client), ip(line), 40'000, port}, 25});
    return told.size() == before ? "" : to_string(std::get<model::ProxyUse>(told.back().body).source);
  }
};

TEST(LineProxies, OnceADayAndLine) {
  Bench b;
  EXPECT_EQ(b.see("198.51.100.1", "10.0.0.5"), "10.0.0.5");
  const auto& use = std::get<model::ProxyUse>(b.told[0].body);
  EXPECT_EQ(to_string(use.asker), "198.51.100.1");
  EXPECT_EQ(use.port, 25);
  EXPECT_EQ(b.see("198.51.100.2", "10.0.0.5"), "");
  EXPECT_EQ(b.see("198.51.100.2", "10.0.0.6"), "10.0.0.6");
  EXPECT_EQ(b.see("198.51.100.2", "10.0.0.5", 1'080, kNoon + hours(12)), "10.0.0.5");
  EXPECT_EQ(b.proxies.told().told(), 3U);
}

TEST(LineProxies, NobodysAndNeighbours) {
  Bench b;
  EXPECT_EQ(b.see("198.51.100.1", "203.0.113.1"), "");
  EXPECT_EQ(b.see("10.0.0.7", "10.0.0.5"), "") << "between two lines";
}

TEST(LineProxies, BehindANat) {
  Bench b;
  EXPECT_EQ(b.see("198.51.100.1", "192.0.2.1", 5'056), "10.0.0.2");
  EXPECT_EQ(b.see("198.51.100.1", "192.0.2.1", 60'000), "") << "a port of the dynamic pool is no line's";
}

}  // namespace
}  // namespace postern::observe::mirror
