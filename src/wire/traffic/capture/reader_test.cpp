// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/capture/reader.h"

#include <gtest/gtest.h>

#include "wire/traffic/packet/packets_test.h"

namespace postern::wire {
namespace {
using namespace testing;

struct Seen {
  std::vector<std::pair<int64_t, std::string>> packets;  // time in us, octets
  std::vector<uint16_t> links;
  Status pushed;
  Status finished;
};

Seen read(const std::string& file, size_t chunk = SIZE_MAX) {
  Seen seen;
  CaptureReader reader;
  const Bytes all = bytes_of(file);
  for (size_t at = 0; at < all.size() && seen.pushed; at += std::min(chunk, all.size() - at))
    seen.pushed =
        reader.push(ByteView(all).subspan(at, std::min(chunk, all.size() - at)), [&](const CapturedPacket& p) {
          seen.packets.emplace_back(p.at.us, text_of(p.octets));
          seen.links.push_back(p.link);
        });
  seen.finished = reader.finish();
  return seen;
}

TEST(Reader, PcapInBothOrdersAndResolutions) {
  for (const bool big : {false, true})
    for (const bool ns : {false, true})
      for (const size_t chunk : {size_t{1}, size_t{7}, SIZE_MAX}) {
        const Seen seen = read(pcap_head(1, big, ns) + pcap_packet(100, 5000, "one", big) +
                                   pcap_packet(101, 0, "", big, 1500) + pcap_packet(102, 999999, "three", big),
                               chunk);
        ASSERT_TRUE(seen.finished) << seen.finished.error().text();
        const int64_t us = ns ? 5 : 5000;
        const int64_t last = ns ? 999 : 999999;
        EXPECT_EQ(seen.packets, (std::vector<std::pair<int64_t, std::string>>{
                                    {100'000'000 + us, "one"}, {101'000'000, ""}, {102'000'000 + last, "three"}}));
        EXPECT_EQ(seen.links, (std::vector<uint16_t>{1, 1, 1}));
      }
}

std::string section(bool big) {
  return block(0x0a0d0d0a, number(0x1a2b3c4d, 4, big) + number(1, 2, big) + number(0, 2, big) + number(~0ULL, 8, big),
               big);
}
std::string interface(uint16_t link, bool big, const std::string& options = "") {
  return block(1, number(link, 2, big) + number(0, 2) + number(0, 4) + options, big);
}
std::string enhanced(uint32_t number_of, uint64_t ticks, const std::string& octets, bool big) {
  return block(6,
               number(number_of, 4, big) + number(ticks >> 32, 4, big) + number(ticks & 0xffffffff, 4, big) +
                   number(octets.size(), 4, big) + number(octets.size(), 4, big) + octets,
               big);
}

TEST(Reader, PcapngInBothOrders) {
  for (const bool big : {false, true})
    for (const size_t chunk : {size_t{1}, size_t{13}, SIZE_MAX}) {
      const std::string nanoseconds = number(9, 2, big) + number(1, 2, big) + number(9, 1) + std::string(3, '\0');
      const std::string later = number(14, 2, big) + number(8, 2, big) + number(1000, 8, big) + std::string(4, '\0');
      const std::string file = section(big) + interface(1, big) + interface(101, big, nanoseconds + later) +
                               block(4, std::string(400'000, 'n'), big) + enhanced(0, 7'000'001, "first", big) +
                               enhanced(1, 2'000'005'000, "second", big) + block(3, number(5, 4, big) + "third", big) +
                               section(!big) + interface(113, !big) + enhanced(0, 9, "fourth", !big);
      const Seen seen = read(file, chunk);
      ASSERT_TRUE(seen.pushed) << seen.pushed.error().text();
      ASSERT_TRUE(seen.finished) << seen.finished.error().text();
      EXPECT_EQ(seen.packets, (std::vector<std::pair<int64_t, std::string>>{
                                  {7'000'001, "first"}, {1'002'000'005, "second"}, {0, "third"}, {9, "fourth"}}));
      EXPECT_EQ(seen.links, (std::vector<uint16_t>{1, 101, 1, 113}));
    }
}

TEST(Reader, FaultsSayWhere) {
  EXPECT_NE(read(pcap_head(1) + pcap_packet(1, 0, "whole") + "rest").finished.error().text().find("octet 45"),
            std::string::npos);
  EXPECT_NE(read("\x1f\x8b\x08 gzip").pushed.error().text().find("unpacked"), std::string::npos);
  EXPECT_FALSE(read("").finished);
  const Seen lie =
      read(pcap_head(1) + pcap_packet(1, 0, "a") + number(0, 8) + number(1 << 30, 4, false) + number(0, 40));
  EXPECT_EQ(lie.packets.size(), 1U);
  EXPECT_NE(lie.pushed.error().text().find("octet 41"), std::string::npos) << lie.pushed.error().text();
  EXPECT_FALSE(read(section(true) + enhanced(0, 1, "x", true)).pushed);
  EXPECT_FALSE(read(section(true) + interface(1, true) + number(6, 4) + number(13, 4)).pushed);
}

TEST(Reader, OnceBrokenStaysBroken) {
  CaptureReader reader;
  const auto none = [](const CapturedPacket&) { FAIL(); };
  EXPECT_FALSE(reader.push(bytes_of("no capture"), none));
  EXPECT_FALSE(reader.push(bytes_of(pcap_head(1) + pcap_packet(1, 0, "x")), none));
  EXPECT_FALSE(reader.finish());
}

}  // namespace
}  // namespace postern::wire
