// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/packet/headers.h"

#include <gtest/gtest.h>

#include "wire/traffic/packet/packets_test.h"

namespace postern::wire {
namespace {
using namespace testing;

constexpr uint32_t kClient = 0x0a000001;
constexpr uint32_t kServer = 0xc0000219;

std::expected<PacketHeaders, NoHeaders> read(uint16_t link, const std::string& packet) {
  static Bytes kept;
  kept = bytes_of(packet);
  return read_headers(link, kept);
}

std::string ipv6(uint8_t next, const std::string& payload) {
  return number(0x60000000, 4) + number(payload.size(), 2) + number(next, 1) + number(64, 1) + std::string(15, '\x20') +
         "\1" + std::string(15, '\x20') + "\2" + payload;
}

TEST(Headers, EveryLinkLeadsToTheSamePacket) {
  const std::string ip = ipv4(6, kClient, kServer, tcp(40000, 25, 2));
  const std::string tagged =
      ethernet(0x88a8, number(100, 2) + number(0x8100, 2) + number(7, 2) + number(0x0800, 2) + ip);
  const std::string pppoe =
      ethernet(0x8864, number(0x1100, 2) + number(1, 2) + number(ip.size() + 2, 2) + number(0x21, 2) + ip);
  const std::string mpls = ethernet(0x8847, number(0x00010040, 4) + number(0x00020140, 4) + ip);
  const std::vector<std::pair<uint16_t, std::string>> all{
      {kLinkEthernet, ethernet(0x0800, ip)},
      {kLinkEthernet, tagged},
      {kLinkEthernet, pppoe},
      {kLinkEthernet, mpls},
      {kLinkRaw, ip},
      {kLinkRawBsd, ip},
      {kLinkIpv4, ip},
      {kLinkNull, number(2, 4, false) + ip},
      {kLinkLoop, number(2, 4) + ip},
      {kLinkLinuxSll, std::string(14, '\0') + number(0x0800, 2) + ip},
      {kLinkLinuxSll2, number(0x0800, 2) + std::string(18, '\0') + ip},
  };
  for (const auto& [link, packet] : all) {
    const auto h = read(link, packet);
    ASSERT_TRUE(h) << link << ' ' << to_string(h.error());
    EXPECT_EQ(to_string(h->source), "10.0.0.1");
    EXPECT_EQ(to_string(h->destination), "192.0.2.25");
    EXPECT_EQ(h->source_port, 40000);
    EXPECT_EQ(h->destination_port, 25);
    EXPECT_EQ(h->tcp_flags, 2);
    EXPECT_TRUE(h->flags_known);
    EXPECT_EQ(h->octets, 40U);
  }
  EXPECT_EQ(read(147, ip).error(), NoHeaders::link);
  EXPECT_EQ(read(kLinkEthernet, ethernet(0x0806, ip)).error(), NoHeaders::not_ip);
}

TEST(Headers, OptionsPaddingAndPayload) {
  const auto h =
      read(kLinkEthernet, ethernet(0x0800, ipv4(17, kClient, kServer, udp(5000, 53, "hello"), 0, std::string(8, '\1')) +
                                               std::string(10, 'p')));
  ASSERT_TRUE(h);
  EXPECT_EQ(text_of(h->payload), "hello");  // and not the padding of the frame
  EXPECT_EQ(h->octets, 28U + 8 + 5);
}

TEST(Headers, FragmentsCutsAndLies) {
  const std::string segment = tcp(40000, 25, 2);
  EXPECT_EQ(read(kLinkRaw, ipv4(6, kClient, kServer, segment, 1)).error(), NoHeaders::fragment);
  EXPECT_TRUE(read(kLinkRaw, ipv4(6, kClient, kServer, segment, 0x2000)));
  const std::string whole = ipv4(6, kClient, kServer, segment);
  for (size_t n = 0; n < 34; ++n) EXPECT_EQ(read(kLinkRaw, whole.substr(0, n)).error(), NoHeaders::cut) << n;
  EXPECT_TRUE(read(kLinkRaw, whole.substr(0, 34)));
  std::string lie = whole;
  lie[0] = '\x43';
  EXPECT_EQ(read(kLinkRaw, lie).error(), NoHeaders::broken);
}

TEST(Headers, Ipv6Extensions) {
  const std::string hop = number(43, 1) + number(0, 1) + number(0, 6);
  const std::string route = number(44, 1) + number(1, 1) + number(0, 14);
  const std::string fragment = number(6, 1) + number(0, 1) + number(1, 2) + number(9, 4);
  const auto h = read(kLinkRaw, ipv6(0, hop + route + fragment + tcp(4, 587, 0x12)));
  ASSERT_TRUE(h) << to_string(h.error());
  EXPECT_EQ(h->destination_port, 587);
  EXPECT_EQ(h->tcp_flags, 0x12);
  std::string later = fragment;
  later[3] = '\x09';
  EXPECT_EQ(read(kLinkRaw, ipv6(44, later + "xxxx")).error(), NoHeaders::fragment);
  std::string many;
  for (int i = 0; i < 20; ++i) many += number(0, 8);
  EXPECT_EQ(read(kLinkRaw, ipv6(0, many)).error(), NoHeaders::deep);
}

TEST(Headers, IcmpTypeAndCode) {
  const auto h = read(kLinkRaw, ipv4(1, kClient, kServer, number(0x030d, 2) + number(0, 6)));
  ASSERT_TRUE(h);
  EXPECT_EQ(h->destination_port, 0x030d);
  EXPECT_FALSE(h->flags_known);
}

}  // namespace
}  // namespace postern::wire
