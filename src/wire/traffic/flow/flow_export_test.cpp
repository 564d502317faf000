// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/flow/flow_export.h"

#include <gtest/gtest.h>

#include "wire/traffic/packet/packets_test.h"

namespace postern::wire {
namespace {
using namespace testing;

constexpr int64_t kNow = 1'700'000'000;
const IpAddress kExporter = IpAddress::v4(0xc0000201);

struct Bench {
  std::vector<model::Flow> flows;
  FlowExport decoder;
  explicit Bench(FlowExportLimits limits = {})
      : decoder(limits, [this](const model::Flow& f) { flows.push_back(f); }) {}
  void take(const std::string& datagram, int64_t at = kNow, const IpAddress& from = kExporter) {
    decoder.decode(from, Time{} + seconds(at), bytes_of(datagram));
  }
  [[nodiscard]] uint64_t faults(FlowFault why) const { return decoder.faults(why); }
  [[nodiscard]] uint64_t all_faults() const {
    uint64_t n = 0;
    for (size_t i = 0; i < pn_enum_size(FlowFault{}); ++i) n += decoder.faults(static_cast<FlowFault>(i));
    return n;
  }
};

std::string v5(uint32_t sequence, int records, int64_t at = kNow, uint16_t sampling = 0) {
  std::string out = number(5, 2) + number(static_cast<uint64_t>(records), 2) + number(100'000, 4) +
                    number(static_cast<uint64_t>(at), 4) + number(0, 4) + number(sequence, 4) + number(0, 2) +
                    number(sampling, 2);
  for (int i = 0; i < records; ++i)
    out += number(0x0a000001, 4) + number(0xc6336401, 4) + number(0, 8) + number(3, 4) + number(180, 4) +
           number(90'000, 4) + number(99'000, 4) + number(40000, 2) + number(25, 2) + number(0, 1) + number(2, 1) +
           number(6, 1) + number(0, 9);
  return out;
}

TEST(NetFlow5, Record) {
  Bench b;
  b.take(v5(0, 2, kNow, 0x4000 | 100));
  ASSERT_EQ(b.flows.size(), 2U);
  const model::Flow& f = b.flows[1];
  EXPECT_EQ(to_string(f.source), "10.0.0.1");
  EXPECT_EQ(to_string(f.destination), "198.51.100.1");
  EXPECT_EQ(f.source_port, 40000);
  EXPECT_EQ(f.destination_port, 25);
  EXPECT_EQ(f.begin.unix_seconds(), kNow - 10);
  EXPECT_EQ(f.end.unix_seconds(), kNow - 1);
  EXPECT_EQ(f.packets, 3U);
  EXPECT_EQ(f.bytes, 180U);
  EXPECT_EQ(f.sampling, 100U);
  EXPECT_EQ(f.tcp_flags, 2);
  EXPECT_TRUE(f.flags_known);
  EXPECT_EQ(b.all_faults(), 0U);
}

TEST(NetFlow5, CutsGiveWhatIsWhole) {
  Bench b;
  const std::string whole = v5(0, 2);
  b.take(whole.substr(0, whole.size() - 1));
  EXPECT_EQ(b.flows.size(), 1U);
  EXPECT_EQ(b.faults(FlowFault::length), 1U);
  b.take(whole.substr(0, 20));
  b.take("x");
  EXPECT_EQ(b.faults(FlowFault::short_datagram), 2U);
}

TEST(NetFlow5, GapsLateOnesAndRestarts) {
  Bench b;
  for (const uint32_t sequence : {1000U, 1002U, 1010U, 1008U, 1012U, 3'000'000'000U}) b.take(v5(sequence, 2));
  EXPECT_EQ(b.decoder.stats().lost, 6U);
  EXPECT_EQ(b.decoder.stats().late, 1U);
  EXPECT_EQ(b.decoder.stats().restarts, 1U);
}

TEST(NetFlow5, ClocksThatAreOff) {
  Bench b;
  b.take(v5(0, 1, kNow - 7200));
  b.take(v5(1, 1, kNow - 7200), kNow + 1);  // a second in the queue, not of skew
  ASSERT_EQ(b.flows.size(), 2U);
  EXPECT_EQ(b.flows[0].end.unix_seconds(), kNow - 1);
  EXPECT_EQ(b.flows[1].end.unix_seconds(), kNow - 1);
  EXPECT_EQ(b.decoder.stats().skewed, 2U);
  Bench near;
  near.take(v5(0, 1, kNow - 1));
  EXPECT_EQ(near.flows[0].end.unix_seconds(), kNow - 2);
}

std::string set(uint16_t id, const std::string& body) { return number(id, 2) + number(body.size() + 4, 2) + body; }
std::string v9(uint32_t sequence, const std::string& sets, uint32_t source = 7) {
  return number(9, 2) + number(1, 2) + number(100'000, 4) + number(kNow, 4) + number(sequence, 4) + number(source, 4) +
         sets;
}
std::string fields(std::initializer_list<std::pair<uint16_t, uint16_t>> all) {
  std::string out;
  for (const auto& [type, octets] : all) out += number(type, 2) + number(octets, 2);
  return out;
}
// 8 source, 12 destination, 7 and 11 ports, 4 protocol, 6 flags, 2 packets, 1 octets, 22 and 21 uptime, 48 sampler
const std::string kV9Template =
    number(256, 2) + number(11, 2) +
    fields({{8, 4}, {12, 4}, {7, 2}, {11, 2}, {4, 1}, {6, 1}, {2, 4}, {1, 4}, {22, 4}, {21, 4}, {48, 1}});
std::string v9_record(uint8_t sampler = 0) {
  return number(0x0a000002, 4) + number(0xc6336402, 4) + number(50000, 2) + number(587, 2) + number(6, 1) +
         number(0x12, 1) + number(9, 4) + number(900, 4) + number(40'000, 4) + number(95'000, 4) + number(sampler, 1);
}

TEST(NetFlow9, TemplateThenData) {
  Bench b;
  b.take(v9(1, set(256, v9_record())));
  EXPECT_EQ(b.faults(FlowFault::no_template), 1U);
  b.take(v9(2, set(0, kV9Template) + set(256, v9_record() + v9_record() + std::string(2, '\0'))));
  ASSERT_EQ(b.flows.size(), 2U);
  const model::Flow& f = b.flows[0];
  EXPECT_EQ(to_string(f.source), "10.0.0.2");
  EXPECT_EQ(f.destination_port, 587);
  EXPECT_EQ(f.tcp_flags, 0x12);
  EXPECT_EQ(f.packets, 9U);
  EXPECT_EQ(f.bytes, 900U);
  EXPECT_EQ(f.begin.unix_seconds(), kNow - 60);
  EXPECT_EQ(f.end.unix_seconds(), kNow - 5);
  EXPECT_EQ(f.sampling, 1U);
  // Another domain, another exporter: not their template.
  b.take(v9(1, set(256, v9_record()), 8));
  b.take(v9(1, set(256, v9_record())), kNow, IpAddress::v4(0xc0000202));
  EXPECT_EQ(b.faults(FlowFault::no_template), 3U);
  EXPECT_EQ(b.decoder.stats().lost, 0U);
  b.take(v9(6, ""));
  EXPECT_EQ(b.decoder.stats().lost, 3U);
}

// What is not wanted is counted, whether it was read or passed over, and takes nothing from its neighbours.
TEST(Wanted, OnlyTheseAreGiven) {
  std::vector<model::Flow> flows;
  FlowExport decoder(
      {}, [&](const model::Flow& f) { flows.push_back(f); },
      [](uint8_t protocol, uint16_t source_port, uint16_t destination_port, uint8_t) {
        return protocol == 6 && (source_port == 587 || destination_port == 587);
      });
  const auto take = [&](const std::string& datagram) {
    decoder.decode(kExporter, Time{} + seconds(kNow), bytes_of(datagram));
  };
  std::string udp = v9_record();
  udp[12] = 17;
  std::string other = v9_record();
  other.replace(10, 2, number(443, 2));
  take(v9(1, set(0, kV9Template) + set(256, v9_record() + udp + other + v9_record() + std::string(2, '\0'))));
  EXPECT_EQ(flows.size(), 2U);
  EXPECT_EQ(decoder.stats().flows, 2U);
  EXPECT_EQ(decoder.stats().passed_over, 2U);
  // Ports of unusual length cannot be looked at beforehand.
  const std::string wide = number(257, 2) + number(5, 2) + fields({{8, 4}, {12, 4}, {7, 4}, {11, 4}, {4, 1}});
  const auto wide_record = [](uint32_t port) {
    return number(0x0a000002, 4) + number(0xc6336402, 4) + number(50000, 4) + number(port, 4) + number(6, 1);
  };
  take(v9(2, set(0, wide) + set(257, wide_record(443) + wide_record(587))));
  EXPECT_EQ(flows.size(), 3U);
  EXPECT_EQ(decoder.stats().passed_over, 3U);
  take(v5(0, 3));
  EXPECT_EQ(flows.size(), 3U);
  EXPECT_EQ(decoder.stats().passed_over, 6U);
  EXPECT_EQ(decoder.faults(FlowFault::length) + decoder.faults(FlowFault::record_broken), 0U);
}

// Records of TCP to and from peers are given whatever their ports, in each protocol, read beforehand or after.
TEST(Wanted, PeersWhateverTheirPorts) {
  std::vector<model::Flow> flows;
  FlowExport decoder(
      {}, [&](const model::Flow& f) { flows.push_back(f); },
      [](uint8_t, uint16_t, uint16_t, uint8_t) { return false; });
  const auto take = [&](const std::string& datagram) {
    flows.clear();
    decoder.decode(kExporter, Time{} + seconds(kNow), bytes_of(datagram));
    return flows.size();
  };
  const std::string both = v9(1, set(0, kV9Template) + set(256, v9_record() + v9_record()));
  EXPECT_EQ(take(v5(0, 1)) + take(both), 0U);
  Peers peers;
  decoder.want_peers(&peers);
  EXPECT_EQ(take(v5(1, 1)) + take(both), 0U) << "of nobody";
  peers.add(parse_prefix("2001:db8:1::/64").value());
  decoder.want_peers(&peers);
  EXPECT_EQ(take(v5(2, 1)) + take(both), 0U) << "of others";
  for (const char* of_v5 : {"198.51.100.77/32", "10.0.0.0/24"}) {
    Peers some;
    some.add(parse_prefix(of_v5).value());
    decoder.want_peers(&some);
    EXPECT_EQ(take(v5(3, 2)), 2U) << of_v5;
  }
  const uint64_t before = decoder.stats().passed_over;
  std::string udp = v9_record();
  udp[12] = 17;
  const model::Flow one = [&] {
    Bench b;
    b.take(both);
    return b.flows.at(0);
  }();
  for (const IpAddress& end : {one.source, one.destination}) {
    Peers some;
    some.add(Prefix::host(end));
    decoder.want_peers(&some);
    EXPECT_EQ(take(v9(2, set(256, v9_record() + udp + v9_record()))), 2U) << to_string(end);
  }
  EXPECT_EQ(decoder.stats().passed_over, before + 2);
  decoder.want_peers(nullptr);
  EXPECT_EQ(take(v9(3, set(256, v9_record()))), 0U);
}

TEST(Peers, NetworksOfBothFamilies) {
  Peers peers;
  EXPECT_FALSE(peers.may_have(parse_ip("192.0.2.1").value()));
  peers.add(parse_prefix("192.0.2.9/32").value());
  peers.add(parse_prefix("2001:db8:1:2::/64").value());
  EXPECT_TRUE(peers.may_have(parse_ip("192.0.2.1").value()));
  EXPECT_TRUE(peers.may_have(parse_ip("2001:db8:1:ffff::1").value()));
  EXPECT_FALSE(peers.may_have(parse_ip("192.0.3.1").value()));
  EXPECT_FALSE(peers.may_have(parse_ip("2001:db8:2::1").value()));
}

TEST(NetFlow9, SamplersFromOptions) {
  Bench b;
  // scope: 1 (system), 4 octets; options: 48 sampler, 34 interval
  const std::string options_template =
      number(300, 2) + number(4, 2) + number(8, 2) + fields({{1, 4}, {48, 1}, {34, 4}});
  b.take(v9(1, set(1, options_template + std::string(2, '\0')) + set(0, kV9Template) +
                   set(300, number(99, 4) + number(2, 1) + number(1000, 4) + std::string(3, '\0'))));
  b.take(v9(2, set(256, v9_record(2) + v9_record(3) + v9_record(0))));
  ASSERT_EQ(b.flows.size(), 3U);
  EXPECT_EQ(b.flows[0].sampling, 1000U);
  EXPECT_EQ(b.flows[1].sampling, 1U);
  EXPECT_EQ(b.decoder.stats().sampling_unknown, 1U);
  EXPECT_EQ(b.all_faults(), 0U);
}

TEST(NetFlow9, TemplatesAreForgotten) {
  Bench b;
  b.take(v9(1, set(0, kV9Template)));
  b.decoder.expire(Time{} + seconds(kNow) + hours(1));
  EXPECT_EQ(b.decoder.templates(), 1U);
  b.decoder.expire(Time{} + seconds(kNow) + hours(3));
  EXPECT_EQ(b.decoder.templates(), 0U);
  EXPECT_EQ(b.decoder.stats().expired, 1U);
  b.decoder.expire(Time{} + seconds(kNow) + hours(25));
  EXPECT_EQ(b.decoder.domains(), 0U);
}

TEST(NetFlow9, BrokenTemplates) {
  Bench b;
  b.take(v9(1, set(0, number(256, 2) + number(3, 2) + fields({{8, 4}}))));  // fewer fields than said
  b.take(v9(2, set(0, number(256, 2) + number(1, 2) + fields({{8, 0}}))));  // records of no octets would never end
  b.take(v9(3, set(0, number(256, 2) + number(60000, 2) + fields({{8, 4}}))));
  b.take(v9(4, set(0, number(17, 2) + number(1, 2) + fields({{8, 4}}))));  // a number of sets, not of templates
  EXPECT_EQ(b.faults(FlowFault::template_broken), 4U);
  b.take(v9(5, number(256, 2) + number(3, 2)));  // a set shorter than its head
  b.take(v9(6, number(256, 2) + number(500, 2) + "data"));
  EXPECT_EQ(b.faults(FlowFault::length), 2U);
  EXPECT_TRUE(b.flows.empty());
}

TEST(Limits, DomainsAndTemplates) {
  Bench b({.domains_max = 3, .templates_max = 2});
  for (uint32_t source = 0; source < 5; ++source) b.take(v9(1, set(0, kV9Template), source));
  EXPECT_EQ(b.decoder.domains(), 3U);
  EXPECT_EQ(b.decoder.templates(), 2U);
  EXPECT_EQ(b.faults(FlowFault::domains_full), 2U);
  EXPECT_EQ(b.faults(FlowFault::templates_full), 1U);
}

std::string ipfix(uint32_t sequence, const std::string& sets) {
  return number(10, 2) + number(16 + sets.size(), 2) + number(kNow, 4) + number(sequence, 4) + number(7, 4) + sets;
}
// 27 and 28 IPv6, an enterprise element of variable length, 4, 7, 11, 152 and 153 milliseconds, 2 in two octets
const std::string kIpfixTemplate = number(400, 2) + number(9, 2) + fields({{27, 16}, {28, 16}}) +
                                   number(0x8000 | 5, 2) + number(65535, 2) + number(29305, 4) +
                                   fields({{4, 1}, {7, 2}, {11, 2}, {152, 8}, {153, 8}, {2, 2}});
std::string ipfix_record(const std::string& text, bool long_form = false) {
  return std::string(15, '\x20') + "\1" + std::string(15, '\x20') + "\2" +
         (long_form ? number(255, 1) + number(text.size(), 2) : number(text.size(), 1)) + text + number(17, 1) +
         number(53, 2) + number(5353, 2) + number(static_cast<uint64_t>(kNow) * 1000 - 1500, 8) +
         number(static_cast<uint64_t>(kNow) * 1000 - 500, 8) + number(4, 2);
}

TEST(Ipfix, VariableLengthAndEnterpriseElements) {
  Bench b;
  b.take(ipfix(0, set(2, kIpfixTemplate) +
                      set(400, ipfix_record("") + ipfix_record("abc") + ipfix_record(std::string(300, 'x'), true))));
  ASSERT_EQ(b.flows.size(), 3U);
  for (const model::Flow& f : b.flows) {
    EXPECT_EQ(to_string(f.destination), "2020:2020:2020:2020:2020:2020:2020:2002");
    EXPECT_EQ(f.begin.us, kNow * 1'000'000 - 1'500'000);
    EXPECT_EQ(f.end.us, kNow * 1'000'000 - 500'000);
    EXPECT_EQ(f.packets, 4U);
    EXPECT_FALSE(f.flags_known);
  }
  EXPECT_EQ(b.all_faults(), 0U);
  b.take(ipfix(3, set(400, ipfix_record("abc").substr(0, 58))));
  EXPECT_EQ(b.faults(FlowFault::record_broken), 1U);
  EXPECT_EQ(b.decoder.stats().lost, 0U);
}

TEST(Ipfix, SequenceCountsRecords) {
  Bench b;
  b.take(ipfix(10, set(2, kIpfixTemplate) + set(400, ipfix_record("a") + ipfix_record("b"))));
  b.take(ipfix(12, set(400, ipfix_record("a"))));
  b.take(ipfix(20, set(400, ipfix_record("a"))));
  EXPECT_EQ(b.decoder.stats().lost, 7U);
  b.take(ipfix(21, set(999, "data")));  // of how many records nobody knows
  b.take(ipfix(50, ""));
  EXPECT_EQ(b.decoder.stats().lost, 7U);
}

TEST(Ipfix, Withdrawal) {
  Bench b;
  const std::string options = number(401, 2) + number(2, 2) + number(1, 2) + fields({{149, 4}, {160, 8}});
  const std::string old = number(402, 2) + number(4, 2) + fields({{8, 4}, {12, 4}, {22, 4}, {21, 4}});
  b.take(ipfix(0, set(2, kIpfixTemplate + old) + set(3, options)));
  EXPECT_EQ(b.decoder.templates(), 3U);
  // systemInitTimeMilliseconds makes times of the others' uptimes.
  b.take(ipfix(0, set(401, number(7, 4) + number((kNow - 1000) * 1000ULL, 8))));
  b.take(ipfix(1, set(402, number(1, 4) + number(2, 4) + number(990'000, 4) + number(995'000, 4))));
  ASSERT_EQ(b.flows.size(), 1U);
  EXPECT_EQ(b.flows[0].begin.unix_seconds(), kNow - 10);
  b.take(ipfix(2, set(2, number(400, 2) + number(0, 2))));
  EXPECT_EQ(b.decoder.templates(), 2U);
  b.take(ipfix(2, set(2, number(2, 2) + number(0, 2))));
  EXPECT_EQ(b.decoder.templates(), 1U);
  b.take(ipfix(2, set(3, number(3, 2) + number(0, 2))));
  EXPECT_EQ(b.decoder.templates(), 0U);
  EXPECT_EQ(b.decoder.stats().withdrawn, 3U);
}

TEST(Sflow, PacketsWithTheirRate) {
  const std::string packet = ethernet(0x0800, ipv4(6, 0x0a000003, 0xc6336403, tcp(40000, 25, 2)));
  const std::string raw =
      number(1, 4) + number(packet.size() + 4, 4) + number(4, 4) + number(packet.size(), 4) + packet;
  const std::string padded = raw + std::string((4 - raw.size() % 4) % 4, '\0');
  const std::string six = number(60, 4) + number(6, 4) + std::string(15, '\x20') + "\1" + std::string(15, '\x20') +
                          "\2" + number(1, 4) + number(465, 4) + number(0x12, 4) + number(0, 4);
  const auto tlv = [](uint32_t type, const std::string& body) {
    return number(type, 4) + number(body.size(), 4) + body;
  };
  const std::string sample =
      number(1, 4) + number(9, 4) + number(2048, 4) + number(0, 16) + number(2, 4) + tlv(1001, "skip") + tlv(1, padded);
  const std::string expanded =
      number(1, 4) + number(0, 8) + number(512, 4) + number(0, 24) + number(1, 4) + tlv(4, six);
  const auto datagram = [&](uint32_t sequence) {
    return number(5, 4) + number(1, 4) + number(0x0a0a0a0a, 4) + number(0, 4) + number(sequence, 4) + number(77, 4) +
           number(3, 4) + tlv(2, "counters") + tlv(1, sample) + tlv(3, expanded);
  };
  Bench b;
  b.take(datagram(1));
  ASSERT_EQ(b.flows.size(), 2U);
  EXPECT_EQ(b.flows[0].sampling, 2048U);
  EXPECT_EQ(b.flows[0].destination_port, 25);
  EXPECT_EQ(b.flows[0].tcp_flags, 2);
  EXPECT_EQ(b.flows[0].bytes, 40U);
  EXPECT_EQ(b.flows[1].sampling, 512U);
  EXPECT_EQ(b.flows[1].destination_port, 465);
  EXPECT_EQ(b.flows[1].begin.unix_seconds(), kNow);
  b.take(datagram(5));
  EXPECT_EQ(b.decoder.stats().lost, 3U);
  EXPECT_EQ(b.all_faults(), 0U);
  const std::string whole = datagram(6);
  b.take(whole.substr(0, whole.size() - 4));
  EXPECT_EQ(b.faults(FlowFault::length), 1U);
  EXPECT_EQ(b.flows.size(), 5U);
}

// Every kind of datagram with octets changed, cut and repeated: what comes of it is flows and counters, within bounds.
TEST(Hostile, AMillionBrokenDatagrams) {
  std::vector<Bytes> seeds;
  for (const std::string& s : {v5(1, 3), v9(1, set(0, kV9Template) + set(256, v9_record() + v9_record())),
                               ipfix(1, set(2, kIpfixTemplate) + set(400, ipfix_record("abc")))})
    seeds.push_back(bytes_of(s));
  Bench b({.domains_max = 64, .templates_max = 256});
  uint64_t chance = 0x9e3779b97f4a7c15;
  const auto draw = [&](uint64_t below) {
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return chance % below;
  };
  Bytes datagram;
  for (int i = 0; i < 1'000'000; ++i) {
    datagram = seeds[draw(seeds.size())];
    for (uint64_t n = draw(4); n > 0; --n) datagram[draw(datagram.size())] = static_cast<std::byte>(draw(256));
    if (draw(3) == 0) datagram.resize(draw(datagram.size()));
    b.decoder.decode(kExporter, Time{} + seconds(kNow + i / 1000), datagram);
    if (i % 100'000 == 0) b.flows.clear();
  }
  EXPECT_EQ(b.decoder.stats().datagrams, 1'000'000U);
  EXPECT_LE(b.decoder.domains(), 64U);
  EXPECT_LE(b.decoder.templates(), 256U);
  for (const FlowFault why : {FlowFault::short_datagram, FlowFault::version, FlowFault::length,
                              FlowFault::template_broken, FlowFault::no_template, FlowFault::domains_full})
    EXPECT_GT(b.faults(why), 0U) << to_string(why);
}

// RFC 8158: 230 natEvent, 323 when, 8 inside, 225 outside, 361 and 362 the block; 4 and 227 of a session.
const std::string kNatBlock =
    number(500, 2) + number(6, 2) + fields({{323, 8}, {230, 1}, {8, 4}, {225, 4}, {361, 2}, {362, 2}});
const std::string kNatSession =
    number(501, 2) + number(9, 2) +
    fields({{323, 8}, {230, 1}, {8, 4}, {225, 4}, {4, 1}, {7, 2}, {227, 2}, {12, 4}, {11, 2}});
std::string nat_block(uint8_t event, uint32_t inside, uint16_t first, uint16_t last, uint32_t outside = 0xc0000201) {
  return number(static_cast<uint64_t>(kNow) * 1000 - 5'000, 8) + number(event, 1) + number(inside, 4) +
         number(outside, 4) + number(first, 2) + number(last, 2);
}
std::string nat_session(uint8_t event, uint16_t port) {
  return number(static_cast<uint64_t>(kNow) * 1000, 8) + number(event, 1) + number(0x64400001, 4) +
         number(0xc0000201, 4) + number(6, 1) + number(40'000, 2) + number(port, 2) + number(0xc6336401, 4) +
         number(25, 2);
}

struct NatBench : Bench {
  std::vector<model::NatBlock> blocks;
  std::vector<model::NatLoss> losses;
  NatBench() {
    decoder.set_nat({[this](const model::NatBlock& b) { blocks.push_back(b); },
                     [this](const model::NatLoss& l) { losses.push_back(l); }});
  }
};

TEST(NatLogs, BlocksOfPorts) {
  NatBench b;
  b.take(ipfix(0, set(2, kNatBlock) + set(500, nat_block(16, 0x64400001, 1'024, 1'535) +
                                                   nat_block(17, 0, 1'024, 1'535) + nat_block(12, 0x64400001, 0, 0))));
  ASSERT_EQ(b.blocks.size(), 2U);
  EXPECT_TRUE(b.blocks[0].given);
  EXPECT_EQ(to_string(b.blocks[0].inside), "100.64.0.1");
  EXPECT_EQ(to_string(b.blocks[0].outside), "192.0.2.1");
  EXPECT_EQ(b.blocks[0].first_port, 1'024);
  EXPECT_EQ(b.blocks[0].last_port, 1'535);
  EXPECT_EQ(b.blocks[0].protocol, 0);
  EXPECT_EQ(b.blocks[0].at.unix_seconds(), kNow - 5);
  EXPECT_EQ(b.blocks[0].exporter, kExporter);
  EXPECT_FALSE(b.blocks[1].given);
  EXPECT_EQ(b.decoder.stats().nat_events, 2U);
  EXPECT_EQ(b.faults(FlowFault::no_addresses), 1U) << "ports exhausted: neither an event of ours nor a flow";
  EXPECT_TRUE(b.flows.empty());
}

TEST(NatLogs, SessionsWhateverIsWantedOfFlows) {
  NatBench all;
  std::vector<model::NatBlock> blocks;
  FlowExport decoder(
      {}, [](const model::Flow&) { ADD_FAILURE(); }, [](uint8_t, uint16_t, uint16_t, uint8_t) { return false; });
  decoder.set_nat({[&](const model::NatBlock& b) { blocks.push_back(b); }, nullptr});
  decoder.decode(kExporter, Time{} + seconds(kNow),
                 bytes_of(ipfix(0, set(2, kNatSession) + set(501, nat_session(4, 5'000) + nat_session(5, 5'000)))));
  ASSERT_EQ(blocks.size(), 2U);
  EXPECT_EQ(blocks[0].first_port, 5'000);
  EXPECT_EQ(blocks[0].last_port, 5'000);
  EXPECT_EQ(blocks[0].protocol, 6);
  EXPECT_EQ(to_string(blocks[0].to), "198.51.100.1:25");
  EXPECT_FALSE(blocks[1].given);
}

TEST(NatLogs, WhatIsNoRangeIsCounted) {
  NatBench b;
  b.take(ipfix(0, set(2, kNatBlock) + set(500, nat_block(16, 0, 1'024, 1'535) + nat_block(16, 1, 99, 98))));
  EXPECT_TRUE(b.blocks.empty());
  EXPECT_EQ(b.faults(FlowFault::nat_unread), 2U);
}

TEST(NatLogs, LossesAreTold) {
  NatBench b;
  b.take(ipfix(0, set(2, kNatBlock) + set(500, nat_block(16, 1, 1'024, 1'535))), kNow);
  b.take(ipfix(1, set(500, nat_block(16, 2, 1'536, 2'047))), kNow + 10);
  EXPECT_TRUE(b.losses.empty());
  b.take(ipfix(5, set(500, nat_block(16, 3, 2'048, 2'559))), kNow + 20);
  ASSERT_EQ(b.losses.size(), 1U);
  EXPECT_EQ(b.losses[0].exporter, kExporter);
  EXPECT_EQ(b.losses[0].after.unix_seconds(), kNow + 10);
  EXPECT_EQ(b.losses[0].until.unix_seconds(), kNow + 20);
}

}  // namespace
}  // namespace postern::wire
