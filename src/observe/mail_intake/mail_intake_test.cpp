// SPDX-License-Identifier: Apache-2.0
#include "observe/mail_intake/mail_intake.h"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <optional>
#include <sys/socket.h>

namespace postern::observe::mail_intake {
namespace {

tables::ContactTags tags() { return tables::ContactTags::of(std::string(tables::ContactTags::kBytes, 'k')).value(); }

wire::HeardMail heard(wire::MailKind kind, std::vector<std::string> named = {}) {
  return {.kind = kind, .status = kind == wire::MailKind::bounce ? "5.1.1" : "", .named = std::move(named)};
}

const Address kAddress("Notice-Bounces@isp.example");

TEST(Address, IsItsOwnWithAndWithoutATag) {
  EXPECT_TRUE(kAddress.is("notice-bounces@ISP.example"));
  EXPECT_TRUE(kAddress.is("notice-bounces+c7-abc@isp.example"));
  for (const char* other : {"", "@isp.example", "notice-bounces2@isp.example", "x@isp.example",
                            "notice-bounces@other.example", "notice-bounces", "notice-bounces+c7"})
    EXPECT_FALSE(kAddress.is(other)) << other;
  EXPECT_EQ(kAddress.tag_of("notice-bounces+C7-AbC@isp.example"), "7-AbC");
  EXPECT_EQ(kAddress.tag_of("notice-bounces+x7@isp.example"), "");
  EXPECT_EQ(kAddress.tag_of("notice-bounces@isp.example"), "");
}

TEST(Meaning, ABounceIsOfTheNoticeWhoseTagIsRight) {
  const std::string mine = "notice-bounces+c" + tags().make({7}) + "@isp.example";
  const Meaning m = meaning_of(heard(wire::MailKind::bounce), {mine}, kAddress, tags());
  EXPECT_EQ(m.contact, model::ContactId{7});
  const auto& settled = std::get<model::ContactSettled>(m.body);
  EXPECT_EQ(settled.state, model::ContactState::bounced);
  EXPECT_EQ(settled.detail, "returned: 5.1.1");
  // By what came back, where the address lost its tag.
  const Meaning by_id =
      meaning_of(heard(wire::MailKind::bounce, {"x@y", "notice." + tags().make({8}) + "@isp.example"}),
                 {"notice-bounces@isp.example"}, kAddress, tags());
  EXPECT_EQ(by_id.contact, model::ContactId{8});
}

TEST(Meaning, AGuessedNumberIsNobodys) {
  const Meaning m =
      meaning_of(heard(wire::MailKind::bounce, {"notice.7@isp.example", "notice.7-0000000000@isp.example"}),
                 {"notice-bounces+c7-0000000000@isp.example"}, kAddress, tags());
  EXPECT_FALSE(m.contact);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(m.body));
}

TEST(Meaning, OnlyAPersonsReplyCounts) {
  const std::vector<std::string> named{"notice." + tags().make({9}) + "@isp.example"};
  const std::vector<std::string> to{"notice-bounces@isp.example"};
  EXPECT_TRUE(std::holds_alternative<model::NoticeAnswered>(
      meaning_of(heard(wire::MailKind::reply, named), to, kAddress, tags()).body));
  for (const auto kind :
       {wire::MailKind::automatic, wire::MailKind::no_bounce, wire::MailKind::report, wire::MailKind::other})
    EXPECT_TRUE(std::holds_alternative<std::monostate>(meaning_of(heard(kind, named), to, kAddress, tags()).body));
}

class Intake : public testing::Test {
 protected:
  void start(Config config) {
    config.address = "notice-bounces@isp.example";
    config.host = "isp.example";
    std::vector<sys::Fd> listeners;
    listeners.push_back(sys::listen_tcp(sys::parse_endpoint("127.0.0.1:0").value(), 16, false).value());
    port = sys::local_of(listeners[0].get()).port;
    intake.emplace(
        config, loop, std::move(listeners), tags(),
        [this](uint64_t token, model::Observation o) {
          emitted.emplace_back(token, std::move(o));
          if (answers) loop.after({}, [this, token] { intake->journaled(token); });
        },
        MailIntake::Clock{[] { return Time{}; }, [this] { return now; }});
  }

  sys::Fd connect() const {
    sys::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_TRUE(::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0 || errno == EINPROGRESS);
    return fd;
  }
  static void write(const sys::Fd& fd, std::string_view bytes) {
    ASSERT_EQ(::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  // What was said until `end` comes, or the end of the connection ("(closed)"), or nothing more happens.
  std::string until(const sys::Fd& fd, std::string_view end) {
    std::string all;
    for (int i = 0; i < 2'000 && !all.ends_with(end); ++i) {
      loop.step(milliseconds(5));
      std::array<char, 4096> chunk{};
      const ssize_t n = ::recv(fd.get(), chunk.data(), chunk.size(), MSG_DONTWAIT);
      if (n > 0) all.append(chunk.data(), static_cast<size_t>(n));
      if (n == 0) return all + "(closed)";
    }
    return all;
  }

  [[nodiscard]] static std::string delivery(std::string_view sender, std::string_view body) {
    return "LHLO x\r\nMAIL FROM:<" + std::string(sender) + ">\r\nRCPT TO:<notice-bounces@isp.example>\r\nDATA\r\n" +
           std::string(body) + "\r\n.\r\n";
  }
  [[nodiscard]] static std::string reply() {
    return "In-Reply-To: <notice." + tags().make({9}) + "@isp.example>\r\n\r\nthank you";
  }

  sys::Loop loop;
  Duration now = hours(1);
  uint16_t port = 0;
  bool answers = true;
  std::vector<std::pair<uint64_t, model::Observation>> emitted;
  std::optional<MailIntake> intake;
};

TEST_F(Intake, AReplyIsAnsweredOnceItIsWrittenDown) {
  start({});
  const sys::Fd fd = connect();
  write(fd, delivery("ann@home.example", reply()) + "QUIT\r\n");
  const std::string said = until(fd, "bye\r\n");
  EXPECT_TRUE(said.ends_with("250 2.0.0 taken\r\n221 2.0.0 bye\r\n")) << said;
  ASSERT_EQ(emitted.size(), 1U);
  EXPECT_EQ(std::get<model::NoticeAnswered>(emitted[0].second.body).contact, model::ContactId{9});
  EXPECT_EQ(intake->stats().replies, 1U);
}

TEST_F(Intake, WithoutTheBrainItIsToComeAgain) {
  answers = false;
  start({});
  const sys::Fd fd = connect();
  write(fd, delivery("ann@home.example", reply()));
  EXPECT_TRUE(until(fd, "354 go on\r\n").ends_with("354 go on\r\n"));
  while (emitted.empty()) loop.step(milliseconds(5));
  intake->forget_in_flight();
  EXPECT_TRUE(until(fd, "later\r\n").starts_with("451 4.3.2"));
  EXPECT_EQ(intake->stats().not_journaled, 1U);
  intake->journaled(emitted[0].first);  // too late: nothing waits for it
  write(fd, "NOOP\r\n");
  EXPECT_EQ(until(fd, "OK\r\n"), "250 2.0.0 OK\r\n");
}

TEST_F(Intake, WhatMeansNothingIsTakenAndForgotten) {
  start({});
  const sys::Fd fd = connect();
  write(fd, delivery("ann@home.example", "Subject: hello\r\n\r\nI am new here"));
  EXPECT_TRUE(until(fd, "taken\r\n").ends_with("250 2.0.0 taken\r\n"));
  write(fd, delivery("ann@home.example", "In-Reply-To: <notice.9@isp.example>\r\n\r\nguess").substr(8));
  EXPECT_TRUE(until(fd, "taken\r\n").ends_with("250 2.0.0 taken\r\n"));
  EXPECT_TRUE(emitted.empty());
  EXPECT_EQ(intake->stats().not_understood, 1U);
  EXPECT_EQ(intake->stats().not_ours, 1U);
}

TEST_F(Intake, AReportCountsOnceItIsWrittenDownAndThenNoMore) {
  Config config{.reports = "fbl@isp.example", .traps = {"old@isp.example"}, .trusted = {}};
  config.trusted.reporters = {"fbl.example"};
  config.trusted.authserv_id = "mx.isp.example";
  config.trusted.received_by = {"mx.isp.example"};
  config.trusted.network = {parse_prefix("10.64.0.0/16").value()};
  const auto send = [&](const sys::Fd& fd, const char* to, const char* answer) {
    write(fd, "LHLO x\r\nMAIL FROM:<a@fbl.example>\r\nRCPT TO:<" + std::string(to) +
                  ">\r\nDATA\r\nAuthentication-Results: mx.isp.example; dkim=pass header.d=fbl.example\r\n"
                  "Received: from x (x [10.64.0.9]) by mx.isp.example id 1; Fri, 27 Nov 2026 20:00:00 +0000\r\n"
                  "Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\n"
                  "Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nSource-IP: 10.64.0.7\r\n"
                  "Arrival-Date: Fri, 27 Nov 2026 20:00:00 +0000\r\n--b--\r\n.\r\n");
    EXPECT_TRUE(until(fd, answer).ends_with(answer));
  };
  start(config);
  answers = false;
  const sys::Fd first = connect();
  send(first, "fbl@isp.example", "354 go on\r\n");
  while (emitted.empty()) loop.step(milliseconds(5));
  intake->forget_in_flight();
  EXPECT_TRUE(until(first, "later\r\n").ends_with("later\r\n"));
  answers = true;
  for (int i = 0; i < 2; ++i) send(connect(), "Fbl+x@isp.example", "taken\r\n");
  ASSERT_EQ(emitted.size(), 2U) << "the second time it was not written down yet";
  EXPECT_TRUE(std::holds_alternative<model::Complaint>(emitted[1].second.body));
  EXPECT_EQ(intake->reports()[static_cast<size_t>(Fate::taken)], 2U);
  EXPECT_EQ(intake->reports()[static_cast<size_t>(Fate::again)], 1U);
  EXPECT_EQ(intake->reporters().all().at("fbl.example").times, 3U);
  send(connect(), "OLD@isp.example", "taken\r\n");
  ASSERT_EQ(emitted.size(), 3U);
  EXPECT_EQ(std::get<model::TrapHit>(emitted[2].second.body).trap, "old@isp.example");
  EXPECT_EQ(intake->traps()[static_cast<size_t>(Fate::taken)], 1U);
}

TEST(Tally, TheOneHeardLongestAgoGivesWay) {
  Tally tally;
  for (size_t i = 0; i <= Tally::kNamesMax; ++i)
    tally.add("n" + std::to_string(i), Time{} + seconds(static_cast<int64_t>(i + 1)), false);
  EXPECT_EQ(tally.all().size(), Tally::kNamesMax);
  EXPECT_EQ(tally.gone(), 1U);
  EXPECT_FALSE(tally.all().contains("n0"));
}

TEST_F(Intake, LimitsHold) {
  start({.sessions_max = 1, .messages_per_min = 1, .idle_timeout = seconds(5)});
  const sys::Fd first = connect();
  EXPECT_TRUE(until(first, "postern\r\n").starts_with("220 isp.example LMTP"));
  const sys::Fd second = connect();
  EXPECT_EQ(until(second, "(closed)"), "421 4.3.2 too many connections\r\n(closed)");
  write(first, delivery("ann@home.example", reply()));
  EXPECT_TRUE(until(first, "taken\r\n").ends_with("taken\r\n"));
  write(first, delivery("ann@home.example", reply()));
  EXPECT_TRUE(until(first, "later\r\n").ends_with("452 4.3.1 too much mail at the moment, try again later\r\n"));
  EXPECT_EQ(intake->stats().over_rate, 1U);
  now = now + seconds(6);
  EXPECT_EQ(until(first, "(closed)"), "(closed)");
  EXPECT_EQ(intake->stats().timed_out, 1U);
  EXPECT_EQ(intake->open(), 0U);
}

}  // namespace
}  // namespace postern::observe::mail_intake
