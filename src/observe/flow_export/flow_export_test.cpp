// SPDX-License-Identifier: Apache-2.0
// With datagrams over loopback; the clock is the test's.
#include "observe/flow_export/flow_export.h"

#include <gtest/gtest.h>

#include "base/endpoint.h"
#include "sys/clock.h"
#include "sys/udp.h"

namespace postern::observe::flow_export {
namespace {

constexpr int64_t kStart = 1'700'000'000;
constexpr uint8_t kTalk = 0x1b;  // SYN, FIN, PSH, ACK

struct V5 {
  uint32_t line = 1;  // 10.0.0.N
  uint32_t server = 0xc6336401;
  uint16_t port = 25;
  uint8_t flags = 2;
  bool back = false;
  uint32_t client = 0x0a000000;  // and `line`
  uint16_t client_port = 40'000;
};

void put(Bytes& out, uint64_t v, int octets) {
  for (int i = octets - 1; i >= 0; --i) out.push_back(static_cast<std::byte>(v >> 8 * i));
}

Bytes datagram(int64_t at, const std::vector<V5>& flows) {
  Bytes out;
  put(out, 5, 2);
  put(out, flows.size(), 2);
  put(out, 100'000, 4);
  put(out, static_cast<uint64_t>(at), 4);
  out.resize(24);
  for (const V5& f : flows) {
    const uint32_t client = f.client + f.line;
    put(out, f.back ? f.server : client, 4);
    put(out, f.back ? client : f.server, 4);
    put(out, 0, 8);
    put(out, 1, 4);
    put(out, 60, 4);
    put(out, 99'000, 4);
    put(out, 99'000, 4);
    put(out, f.back ? f.port : f.client_port, 2);
    put(out, f.back ? f.client_port : f.port, 2);
    put(out, 0, 1);
    put(out, f.flags, 1);
    put(out, 6, 1);
    out.resize(out.size() + 9);
  }
  return out;
}

class FlowExportTest : public ::testing::Test {
 protected:
  void start(Config config) {
    config.exporters.push_back(*parse_prefix("127.0.0.1/32"));
    auto socket = sys::bind_udp(*parse_endpoint("127.0.0.1:0"));
    ASSERT_TRUE(socket) << socket.error().text();
    to_ = sys::local_of(socket->get());
    std::vector<sys::Fd> sockets;
    sockets.push_back(std::move(*socket));
    room_ = std::make_unique<FlowExport>(
        std::move(config), loop_, std::move(sockets),
        [](const IpAddress& a) {
          const bool ours = Prefix::of(a, 8) == *parse_prefix("10.0.0.0/8");
          return fold::MailFlows::Line{.number = ours ? a.v4_host_order() & 0xffff : 0};
        },
        [this](model::Observation o) { seen_.push_back(std::move(o)); }, [this] { return now_; });
    sender_ = *sys::bind_udp(*parse_endpoint("127.0.0.1:0"));
    stranger_ = *sys::bind_udp(*parse_endpoint("127.0.0.2:0"));
  }
  void send(const Bytes& bytes) {
    const uint64_t before = room_->decoder().stats().datagrams;
    ASSERT_TRUE(sys::send(sender_.get(), {}, to_, bytes));
    while (room_->decoder().stats().datagrams == before) loop_.step(seconds(1));
  }
  // The room's own timer does the rest.
  void pass(Duration time) {
    now_ = now_ + time;
    bool over = false;
    loop_.after(seconds(2), [&] { over = true; });
    while (!over) loop_.step(seconds(1));
  }
  [[nodiscard]] const model::FirstContact& contact(size_t i) const {
    return std::get<model::FirstContact>(seen_[i].body);
  }

  Time now_ = Time{} + seconds(kStart);
  sys::Loop loop_;
  Endpoint to_;
  sys::Fd sender_;
  sys::Fd stranger_;
  std::vector<model::Observation> seen_;
  std::unique_ptr<FlowExport> room_;
};

// 10.0.0.0/28 behind 192.0.2.1 (RFC 7422).
Config behind_nat() {
  Config config;
  config.outside = {{{.outside = *parse_prefix("192.0.2.1/32"),
                      .inside = *parse_prefix("10.0.0.0/28"),
                      .skip_ends = true,
                      .first_port = 1'024,
                      .ports = 4'032}},
                    {}};
  return config;
}

// RFC 7422: two lines behind 192.0.2.1, told apart by port; what comes back counts for the one that asked.
TEST_F(FlowExportTest, LinesBehindANatAreToldApartByPort) {
  start(behind_nat());
  const auto flow = [](uint16_t client_port, uint8_t flags, bool back) {
    return V5{.line = 0, .flags = flags, .back = back, .client = 0xc0000201, .client_port = client_port};
  };
  send(datagram(kStart,
                {flow(1'024, 2, false), flow(1'024, 0x12, true), flow(5'056, 2, false), flow(60'000, 2, false)}));
  pass(seconds(90));
  ASSERT_EQ(seen_.size(), 2U);
  const bool first = to_string(contact(0).source) == "10.0.0.1";
  EXPECT_EQ(to_string(contact(first ? 0 : 1).source), "10.0.0.1");
  EXPECT_EQ(contact(first ? 0 : 1).outcome, model::Outcome::success);
  EXPECT_EQ(to_string(contact(first ? 1 : 0).source), "10.0.0.2");
  EXPECT_NE(contact(first ? 1 : 0).outcome, model::Outcome::success);
  EXPECT_EQ(room_->stats().behind_nat_unknown, 1U) << "a port of the dynamic pool is no line's";
}

// A line that talks to a server of the list, on no mail port: told once a day, and only when both ends took part.
TEST_F(FlowExportTest, LinesThatTalkToControlServers) {
  start(behind_nat());
  const auto flow = [](uint32_t line, bool back, uint16_t port = 443, uint8_t flags = kTalk) {
    return V5{.line = line, .port = port, .flags = flags, .back = back};
  };
  send(datagram(kStart, {flow(1, false), flow(1, true)}));
  EXPECT_EQ(room_->decoder().stats().passed_over, 2U) << "nobody is on a list that is not there";
  room_->take(tables::C2List::parse("198.51.100.1:443\n198.51.100.1:8443\n").value());
  send(datagram(kStart, {flow(1, false), flow(2, false, 443, 0x12), flow(2, true, 443, 0x12), flow(3, true, 8'443)}));
  send(datagram(kStart, {flow(1, true), flow(1, false), flow(4, false, 80), flow(4, true, 80), flow(3, false, 8'443)}));
  send(datagram(kStart,
                {{.line = 0, .port = 443, .flags = kTalk, .client = 0xc0000201, .client_port = 5'056},
                 {.line = 0, .port = 443, .flags = kTalk, .back = true, .client = 0xc0000201, .client_port = 5'056},
                 {.line = 0, .port = 443, .flags = kTalk, .client = 0xc0000201, .client_port = 60'000},
                 {.line = 0, .port = 443, .flags = kTalk, .client = 0xac100001}}));
  ASSERT_EQ(seen_.size(), 3U);
  const auto told = [&](size_t i) { return std::get<model::C2Contact>(seen_[i].body); };
  EXPECT_EQ(to_string(told(0).source), "10.0.0.1");
  EXPECT_EQ(to_string(told(0).server), "198.51.100.1");
  EXPECT_EQ(told(0).port, 443);
  EXPECT_EQ(to_string(told(1).source), "10.0.0.3");
  EXPECT_EQ(told(1).port, 8'443);
  EXPECT_EQ(to_string(told(2).source), "10.0.0.2") << "behind the NAT";
  EXPECT_EQ(room_->c2().stats().told, 3U);
  EXPECT_EQ(room_->c2().stats().nat_unknown, 1U);
  EXPECT_EQ(room_->stats().mail_flows, 0U);
  room_->take(tables::C2List());
  send(datagram(kStart, {flow(5, false), flow(5, true)}));
  EXPECT_EQ(seen_.size(), 3U);
}

// As a mirror sees them: no exporter, no sampling, and SMTP on a port that is none of mail.
TEST_F(FlowExportTest, FlowsOfAnotherSourceAreFoldedWithTheRest) {
  start({.sampling = 100});
  model::Flow flow;
  flow.begin = flow.end = now_;
  flow.source = *parse_ip("10.0.0.1");
  flow.destination = *parse_ip("198.51.100.1");
  flow.source_port = 40'000;
  flow.destination_port = 2'626;
  flow.protocol = 6;
  flow.tcp_flags = 0x1a;
  flow.flags_known = true;
  flow.packets = 1;
  room_->take(flow);  // of another port
  flow.smtp = true;
  room_->take(flow);
  flow.smtp = false;
  flow.destination_port = 25;
  flow.destination = *parse_ip("203.0.113.1");
  flow.tcp_flags = 2;
  room_->take(flow);
  pass(seconds(90));
  ASSERT_EQ(seen_.size(), 2U);
  const size_t odd = contact(0).port == 25 ? 1 : 0;
  EXPECT_EQ(contact(odd).port, 2'626);
  EXPECT_EQ(contact(odd).outcome, model::Outcome::success);
  EXPECT_EQ(contact(1 - odd).outcome, model::Outcome::failure) << "what exporters sample is no matter here";
  EXPECT_EQ(room_->stats().mail_flows, 2U);
}

// As a mirror sees it: told of the line that it was, and no contact of its own.
TEST_F(FlowExportTest, SigningInWithoutEncryptionIsToldButNotOfTheRelay) {
  Config config{.relay = {*parse_prefix("203.0.113.0/24")}};
  config.outside = {{{.outside = *parse_prefix("192.0.2.1/32"),
                      .inside = *parse_prefix("10.0.0.0/28"),
                      .skip_ends = true,
                      .first_port = 1'024,
                      .ports = 4'032}},
                    {}};
  start(std::move(config));
  model::Flow flow;
  flow.begin = flow.end = now_;
  flow.source = *parse_ip("192.0.2.1");
  flow.source_port = 5'056;  // the second line's
  flow.destination_port = 587;
  flow.protocol = 6;
  flow.tcp_flags = 0x1a;
  flow.flags_known = true;
  flow.sign_in = model::SignIn::token;
  for (const char* server : {"198.51.100.1", "203.0.113.1"}) {
    flow.destination = *parse_ip(server);
    room_->take(flow);
  }
  flow.source = *parse_ip("198.51.100.9");  // nobody's
  room_->take(flow);
  pass(seconds(90));
  ASSERT_EQ(seen_.size(), 1U);
  const auto& told = std::get<model::ClearSignIn>(seen_[0].body);
  EXPECT_EQ(to_string(told.source), "10.0.0.2");
  EXPECT_EQ(to_string(told.destination), "198.51.100.1");
  EXPECT_EQ(told.port, 587);
  EXPECT_EQ(told.gave, model::SignIn::token);
  EXPECT_FALSE(told.decoy);
  EXPECT_EQ(seen_[0].at, flow.begin);
  EXPECT_EQ(room_->stats().sign_ins, 1U);
}

TEST_F(FlowExportTest, FirstContactsOfLinesOnMailPorts) {
  start({});
  // The answer is told before the question, and another port is nobody's mail.
  send(datagram(kStart, {{.flags = 0x12, .back = true}, {.port = 443}}));
  send(datagram(kStart, {{}, {}, {.server = 0xcb007101}}));
  pass(seconds(30));
  EXPECT_TRUE(seen_.empty());
  pass(seconds(60));
  ASSERT_EQ(seen_.size(), 2U);
  for (const auto& o : seen_) {
    const auto& c = std::get<model::FirstContact>(o.body);
    EXPECT_EQ(to_string(c.source), "10.0.0.1");
    EXPECT_EQ(c.line.value, 0U);
    EXPECT_EQ(c.port, 25);
    EXPECT_EQ(o.at.unix_seconds(), kStart - 1);
    EXPECT_EQ(c.outcome,
              to_string(c.destination) == "198.51.100.1" ? model::Outcome::success : model::Outcome::failure);
  }
  EXPECT_EQ(room_->stats().mail_flows, 4U);
}

// A block that the NAT logged (IPFIX, RFC 8158) before the flow's time is over: its line is told apart by the port.
Bytes nat_log(int64_t at, uint32_t sequence, uint8_t event, uint32_t inside) {
  Bytes out;
  const std::vector<std::pair<uint16_t, uint16_t>> fields{{323, 8}, {230, 1}, {8, 4}, {225, 4}, {361, 2}, {362, 2}};
  put(out, 10, 2);
  put(out, 16 + 8 + 24 + 4 + 21, 2);
  put(out, static_cast<uint64_t>(at), 4);
  put(out, sequence, 4);
  put(out, 7, 4);
  put(out, 2, 2);
  put(out, 8 + 24, 2);
  put(out, 500, 2);
  put(out, fields.size(), 2);
  for (const auto& [number, octets] : fields) {
    put(out, number, 2);
    put(out, octets, 2);
  }
  put(out, 500, 2);
  put(out, 4 + 21, 2);
  put(out, static_cast<uint64_t>(at) * 1'000, 8);
  put(out, event, 1);
  put(out, inside, 4);
  put(out, 0xc0000201, 4);
  put(out, 1'024, 2);
  put(out, 1'535, 2);
  return out;
}

TEST_F(FlowExportTest, LinesBehindANatThatLogsAreToldApart) {
  start({.nat_logged = {*parse_prefix("192.0.2.0/28")}, .clock_skew = seconds(2)});
  const V5 flow{.client = 0xc0000200, .client_port = 1'100};  // 192.0.2.1
  send(datagram(kStart, {flow}));
  send(nat_log(kStart - 60, 0, 16, 0x0a000003));
  pass(seconds(100));
  ASSERT_EQ(seen_.size(), 1U);
  EXPECT_EQ(to_string(contact(0).source), "10.0.0.3");
  EXPECT_EQ(room_->take_blocks().size(), 1U);
  send(nat_log(kStart + 101, 1, 17, 0));
  now_ = now_ + seconds(60);
  send(datagram(now_.unix_seconds(), {flow}));
  pass(seconds(100));
  EXPECT_EQ(seen_.size(), 1U);
  EXPECT_EQ(room_->stats().behind_nat_unknown, 1U);
  EXPECT_EQ(room_->stats().nat_blocks, 2U);
  EXPECT_TRUE(room_->take_losses().empty());
  send(nat_log(now_.unix_seconds(), 9, 16, 0x0a000003));
  EXPECT_EQ(room_->take_losses().size(), 1U);
}

TEST_F(FlowExportTest, StrangersAreNotListenedTo) {
  start({});
  ASSERT_TRUE(sys::send(stranger_.get(), {}, to_, datagram(kStart, {{}})));
  while (room_->stats().not_listed == 0) loop_.step(seconds(1));
  EXPECT_EQ(room_->decoder().stats().datagrams, 0U);
}

TEST_F(FlowExportTest, MailToTheRelayIsNotJudged) {
  start({.relay = {*parse_prefix("203.0.113.0/24")}});
  send(datagram(kStart, {{}, {.server = 0xcb007101}, {.server = 0xcb007101, .flags = 0x12, .back = true}}));
  pass(seconds(100));
  ASSERT_EQ(seen_.size(), 1U);
  EXPECT_EQ(to_string(contact(0).destination), "198.51.100.1");
  EXPECT_EQ(room_->stats().local_relay, 2U);
}

TEST_F(FlowExportTest, SubmissionToABigProviderIsMarked) {
  start({});
  send(datagram(kStart, {{.server = 0x4a7d0001, .port = 587}, {.line = 2, .server = 0x4a7d0001}}));
  pass(seconds(100));
  ASSERT_EQ(seen_.size(), 2U);
  EXPECT_TRUE(contact(0).provider != contact(1).provider) << "port 25 to it is nobody's mail program";
}

TEST_F(FlowExportTest, TwentyHostsThatDoNotAnswerAreTwoStepsAndNotHeld) {
  start({});
  std::vector<V5> flows;
  for (uint32_t i = 0; i < 20; ++i) flows.push_back({.server = 0x96000000 + i, .port = 445});
  flows.push_back({.server = 0x96000000, .port = 445, .flags = 0x14, .back = true});
  for (uint32_t i = 0; i < 9; ++i) flows.push_back({.line = 2, .server = 0x96000000 + i, .port = 445});
  send(datagram(kStart, flows));
  ASSERT_EQ(seen_.size(), 2U);
  for (const auto& o : seen_) {
    EXPECT_EQ(to_string(std::get<model::PortScan>(o.body).source), "10.0.0.1");
    EXPECT_EQ(std::get<model::PortScan>(o.body).port, 445);
  }
  EXPECT_EQ(room_->stats().unanswered_flows, 29U);
  EXPECT_EQ(room_->stats().mail_flows, 0U);
}

TEST_F(FlowExportTest, AClientThatRetriesWithoutPauseIsToldOfByTheMinute) {
  start({});
  const int64_t minute = kStart / 60 * 60 + 60;
  now_ = Time{} + seconds(minute + 30);
  for (uint16_t i = 0; i < 40; ++i) {
    Bytes one = datagram(minute + 30, {{.port = 587}});
    one[24 + 32] = static_cast<std::byte>(i + 1);  // of the client's port
    send(one);
  }
  pass(seconds(90));
  pass(seconds(90));
  ASSERT_EQ(seen_.size(), 2U);
  const auto& volume = std::get<model::MailVolume>(seen_[0].body.index() == 2 ? seen_[1].body : seen_[0].body);
  EXPECT_EQ(volume.connections, 40U);
  EXPECT_EQ(volume.port, 587);
  EXPECT_EQ(room_->stats().volumes, 1U);
}

TEST_F(FlowExportTest, AOneWayViewIsNoticedAndSilenceSaysNothingThen) {
  start({});
  const auto hour = [&](bool answers, uint32_t first_server) {
    std::vector<V5> flows;
    for (uint32_t i = 0; i < 24; ++i) {
      const uint32_t server = first_server + (i << 8);
      flows.push_back({.line = 2, .server = server, .flags = 0x1b});
    }
    send(datagram(now_.unix_seconds(), flows));
    if (answers) {
      for (V5& f : flows) f.back = true;
      send(datagram(now_.unix_seconds(), flows));
    }
    pass(seconds(100));
    pass(seconds(100));
    seen_.clear();
    send(datagram(now_.unix_seconds(), {{.server = first_server}}));
    pass(seconds(100));
  };
  hour(false, 0x2d000001);
  EXPECT_TRUE(room_->one_way());
  ASSERT_EQ(seen_.size(), 1U);
  EXPECT_EQ(contact(0).outcome, model::Outcome::unknown);
  hour(true, 0x2e000001);
  EXPECT_FALSE(room_->one_way());
  ASSERT_EQ(seen_.size(), 1U);
  EXPECT_EQ(contact(0).outcome, model::Outcome::failure);
}

TEST_F(FlowExportTest, SampledFlowsSayNothingOfOutcomes) {
  start({.sampling = 100});
  send(datagram(kStart, {{}}));
  pass(seconds(100));
  ASSERT_EQ(seen_.size(), 1U);
  EXPECT_EQ(contact(0).outcome, model::Outcome::unknown);
}

TEST_F(FlowExportTest, AFloodIsBounded) {
  const Duration begun = sys::monotonic();
  start({.held_max = 100, .contacts_per_s = 5});
  for (uint32_t i = 0; i < 40; ++i) {
    std::vector<V5> flows;
    for (uint32_t k = 0; k < 30; ++k) flows.push_back({.line = 1 + (i & 3U), .server = (i * 30 + k) << 8});
    send(datagram(kStart, flows));
  }
  EXPECT_LE(room_->held(), 100U);
  EXPECT_GT(room_->stats().given_early, 1'000U);
  pass(seconds(100));
  // What one second may give, for each second that the loop has run.
  EXPECT_GT(room_->stats().contacts_over_rate, 0U);
  EXPECT_EQ(room_->stats().contacts, seen_.size());
  EXPECT_LE(seen_.size(), 5U * static_cast<size_t>((sys::monotonic() - begun).seconds() + 2));
}

}  // namespace
}  // namespace postern::observe::flow_export
