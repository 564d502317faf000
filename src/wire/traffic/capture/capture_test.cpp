// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/capture/capture.h"

#include <gtest/gtest.h>
#include <map>
#include <set>

#include "tests/support/skip.h"
#include "wire/traffic/packet/packets_test.h"

namespace postern::wire {
namespace {
using namespace testing;

constexpr uint32_t kClient = 0x0a000001;
constexpr uint32_t kServer = 0xc0000219;

struct Seen {
  std::vector<model::Flow> flows;
  std::vector<model::DnsQuestion> questions;
  DnsStats dns;
  uint64_t packets = 0;
  uint64_t ended_early = 0;
};

Seen read(ByteView file, FlowSumLimits flow_limits = {}, DnsLimits dns_limits = {}) {
  Seen seen;
  Capture capture(
      {flow_limits, dns_limits}, [&](const model::Flow& f) { seen.flows.push_back(f); },
      [&](const model::DnsQuestion& q) { seen.questions.push_back(q); });
  for (size_t at = 0; at < file.size(); at += 65536) {
    const auto done = capture.push(file.subspan(at, std::min<size_t>(65536, file.size() - at)));
    EXPECT_TRUE(done) << done.error().text();
  }
  const auto done = capture.finish();
  EXPECT_TRUE(done) << done.error().text();
  seen.dns = capture.traffic().dns();
  seen.packets = capture.packets();
  seen.ended_early = capture.traffic().flows().ended_early();
  return seen;
}

std::string there(uint32_t s, uint8_t flags, uint16_t port = 40000) {
  return pcap_packet(s, 0, ipv4(6, kClient, kServer, tcp(port, 25, flags)));
}
std::string back(uint32_t s, uint8_t flags) {
  return pcap_packet(s, 0, ipv4(6, kServer, kClient, tcp(25, 40000, flags, "220 x\r\n")));
}

TEST(Capture, FlowsAreSumsOfOneDirection) {
  const Seen seen =
      read(bytes_of(pcap_head(101) + there(100, 2) + back(101, 0x12) + there(102, 0x18) + back(103, 0x14)));
  ASSERT_EQ(seen.flows.size(), 2U);
  const model::Flow& out = seen.flows[0];
  EXPECT_EQ(out.begin.unix_seconds(), 100);
  EXPECT_EQ(out.end.unix_seconds(), 102);
  EXPECT_EQ(out.tcp_flags, 0x1a);
  EXPECT_EQ(out.packets, 2U);
  EXPECT_EQ(out.bytes, 80U);
  EXPECT_EQ(out.sampling, 1U);
  EXPECT_EQ(seen.flows[1].tcp_flags, 0x16);
  EXPECT_EQ(seen.flows[1].source_port, 25);
}

TEST(Capture, IdleAndActiveTimesEndFlows) {
  std::string file = pcap_head(101);
  for (uint32_t s = 0; s < 100; s += 10) file += there(1000 + s, 0x10);  // longer than active
  file += there(1200, 0x10);                                             // after more than idle
  const Seen seen = read(bytes_of(file));
  ASSERT_EQ(seen.flows.size(), 3U);
  EXPECT_EQ(seen.flows[0].packets, 7U);
  EXPECT_EQ(seen.flows[1].packets, 3U);
  EXPECT_EQ(seen.flows[1].begin.unix_seconds(), 1070);
  EXPECT_EQ(seen.flows[2].packets, 1U);
}

TEST(Capture, TheTableIsBoundedAndNothingIsLost) {
  std::string file = pcap_head(101);
  for (uint16_t port = 1; port <= 100; ++port) file += there(50, 2, port);
  const Seen seen = read(bytes_of(file), {.flows_max = 10});
  EXPECT_EQ(seen.flows.size(), 100U);
  EXPECT_EQ(seen.ended_early, 90U);
}

std::string asked(uint32_t s, uint16_t id, uint16_t type, const std::string& name) {
  return pcap_packet(s, 0, ipv4(17, kClient, kServer, udp(5353, 53, dns(id, type, name))));
}
std::string told(uint32_t s, uint16_t id, uint16_t type, const std::string& name, uint8_t rcode) {
  return pcap_packet(s, 0, ipv4(17, kServer, kClient, udp(53, 5353, dns(id, type, name, true, rcode))));
}

TEST(Capture, QuestionsWithTheirAnswersAndWithoutRepeats) {
  const Seen seen =
      read(bytes_of(pcap_head(101) + asked(10, 1, 15, "Example.org") + asked(10, 1, 15, "example.org") +
                    told(11, 1, 15, "example.org", 3) + told(11, 1, 15, "example.org", 3) + asked(12, 2, 1, "mx.a") +
                    asked(20, 1, 15, "example.org") + told(30, 9, 28, "unseen.b", 0)));
  ASSERT_EQ(seen.questions.size(), 4U);
  EXPECT_EQ(seen.questions[0].name, "example.org");
  EXPECT_TRUE(seen.questions[0].answered);
  EXPECT_EQ(seen.questions[0].rcode, 3);
  EXPECT_EQ(seen.questions[0].at.unix_seconds(), 10);
  EXPECT_EQ(seen.questions[1].name, "mx.a");
  EXPECT_FALSE(seen.questions[1].answered);
  EXPECT_EQ(seen.questions[2].at.unix_seconds(), 20);
  EXPECT_EQ(to_string(seen.questions[3].client), "10.0.0.1");
  EXPECT_EQ(seen.dns.repeated, 2U);
}

TEST(Capture, TheQuestionTableIsBounded) {
  std::string file = pcap_head(101);
  for (uint16_t id = 1; id <= 50; ++id) file += asked(10, id, 15, "example.org");
  const Seen seen = read(bytes_of(file), {}, {.questions_max = 10});
  EXPECT_EQ(seen.questions.size(), 50U);
  EXPECT_EQ(seen.dns.given_early, 40U);
}

TEST(Capture, DnsOverTcp) {
  const std::string one = dns(1, 15, "a.org");
  const std::string two = dns(2, 15, "b.org");
  const std::string both = number(one.size(), 2) + one + number(two.size(), 2) + two;
  const auto segment = [](const std::string& text) {
    return pcap_packet(5, 0, ipv4(6, kClient, kServer, tcp(4000, 53, 0x18, text)));
  };
  const Seen seen = read(bytes_of(pcap_head(101) + segment(both) + segment("in the middle of a stream")));
  EXPECT_EQ(seen.questions.size(), 2U);
  EXPECT_EQ(seen.dns.unframed, 1U);
}

// Stored captures are no part of the project, so their absence is shown and is no failure: POSTERN_DATA is the folder
// that holds them.
std::string stored(const char* path) {
  const char* folder = std::getenv("POSTERN_DATA");
  return folder == nullptr ? "" : std::string(folder) + "/" + path;
}

TEST(CaptureOfData, EmotetMailConnections) {
  const std::string path = stored("emotet2017-smtp/emotet_20171010_mail_dns_headers.pcap.xz");
  if (path.empty()) GTEST_SKIP() << "SKIP: POSTERN_DATA does not name the folder of stored captures";
  const Seen seen = read(output_of("xz -dc " + path));
  EXPECT_EQ(seen.packets, 10'283U);
  std::map<uint16_t, std::set<IpAddress>> servers;
  for (const model::Flow& f : seen.flows)
    if ((f.tcp_flags & 2U) != 0 && f.destination_port < 1024) servers[f.destination_port].insert(f.destination);
  EXPECT_EQ(servers[25].size(), 27U);
  EXPECT_EQ(servers[465].size(), 340U);
  EXPECT_EQ(servers[587].size(), 371U);  // and one whose connection began before the capture
  EXPECT_EQ(std::count_if(seen.questions.begin(), seen.questions.end(), [](const auto& q) { return q.type == 15; }), 0);
}

TEST(CaptureOfData, VirutMxQuestions) {
  const std::string path = stored("ctu13-s13-dns/virut_dns_until_1645utc.pcap.xz");
  if (path.empty()) GTEST_SKIP() << "SKIP: POSTERN_DATA does not name the folder of stored captures";
  const Seen seen = read(output_of("xz -dc " + path));
  EXPECT_EQ(seen.packets, 10'722U);
  std::set<std::string> names;
  size_t asked_mx = 0;
  for (const model::DnsQuestion& q : seen.questions) {
    if (q.type != kDnsTypeMx) continue;
    ++asked_mx;
    names.insert(q.name);
  }
  EXPECT_EQ(names.size(), 439U);
  EXPECT_EQ(asked_mx, 1'201U);  // 1,213 packets, each there twice, less the repeats within `wait`
}

}  // namespace
}  // namespace postern::wire
