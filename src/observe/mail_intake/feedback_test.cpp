// SPDX-License-Identifier: Apache-2.0
#include "observe/mail_intake/feedback.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace postern::observe::mail_intake {
namespace {

Prefix prefix(const char* text) { return parse_prefix(text).value(); }
Time when(const char* text) { return parse_time(text).value(); }

constexpr const char* kEntered =
    "Received: from mail.fbl.example (mail.fbl.example [192.0.2.77]) by MX.isp.example (Postfix) with ESMTPS id 4Z\r\n"
    "\tfor <fbl@isp.example>; Fri, 27 Nov 2026 20:05:00 +0000\r\n";
constexpr const char* kPasses = "Authentication-Results: mx.isp.example; dkim=pass header.d=fbl.example\r\n";

struct Report {
  std::string top = std::string(kPasses) + kEntered;
  std::string report =
      "Feedback-Type: abuse\r\nVersion: 1\r\nSource-IP: 10.64.0.7\r\n"
      "Arrival-Date: Fri, 27 Nov 2026 20:00:00 +0000\r\n";
  std::string copied =
      "Received: from x (y [10.64.0.7]) by mx.fbl.example id 1; Fri, 27 Nov 2026 20:00:01 +0000\r\n"
      "Message-ID: <1@x>\r\n";
  [[nodiscard]] wire::HeardMail heard() const {
    wire::HeardMail out{.kind = wire::MailKind::report, .status = {}, .envelope_id = {}, .named = {}};
    out.report = report;
    out.copied = copied;
    return out;
  }
  [[nodiscard]] std::string message() const { return top + "Subject: x\r\n\r\nbody\r\n"; }
};

class Feedback : public testing::Test {
 protected:
  Feedback() {
    trusted.reporters = {"other.example", "fbl.example"};
    trusted.authserv_id = "mx.isp.example";
    trusted.received_by = {"mx.isp.example", "relay.isp.example"};
    trusted.relay = {prefix("203.0.113.25/32"), prefix("2001:db8:25::25/128")};
    trusted.network = {prefix("10.64.0.0/16"), prefix("2001:db8:100::/40")};
    trusted.outside = {{{.outside = prefix("198.51.100.0/28"), .inside = prefix("10.64.128.0/24")}}, {}};
    trusted.account_of = [](std::string_view id) { return id == "4dJb7y2FW1z0" ? "Erika" : ""; };
  }
  [[nodiscard]] Word word() const { return word_of_report(r.heard(), r.message(), trusted); }
  [[nodiscard]] Fate fate() const { return word().fate; }
  [[nodiscard]] model::Complaint complaint() const {
    const Word w = word();
    EXPECT_EQ(w.fate, Fate::taken) << to_string(w.fate);
    const auto* c = std::get_if<model::Complaint>(&w.body);
    return c == nullptr ? model::Complaint{} : *c;
  }

  Trusted trusted;
  Report r;
};

TEST_F(Feedback, AboutALine) {
  const model::Complaint c = complaint();
  EXPECT_EQ(c.reporter, "fbl.example");
  EXPECT_EQ(c.kind, model::ComplaintKind::abuse);
  EXPECT_EQ(to_string(c.source), "10.64.0.7");
  EXPECT_EQ(c.sent, when("2026-11-27T20:00:00Z"));
  EXPECT_FALSE(c.relayed);
  r.report = "Feedback-Type: virus\r\nVersion: 1\r\nSource-IP: 2001:db8:100:1::5\r\n";
  const model::Complaint six = complaint();
  EXPECT_EQ(to_string(six.source), "2001:db8:100:1::5");
  EXPECT_EQ(six.sent, when("2026-11-27T20:00:01Z")) << "the reporter's own Received says when";
}

TEST_F(Feedback, OnlyOurOwnWordProvesWhoSentIt) {
  for (const std::string& top : {
           std::string(kEntered),  // nobody says anything
           "Authentication-Results: mx.other.example; dkim=pass header.d=fbl.example\r\n" + std::string(kEntered),
           "Authentication-Results: mx.isp.example; dkim=fail header.d=fbl.example\r\n" + std::string(kEntered),
           std::string(kPasses),  // it never entered
           // Below the next server's field: whoever wrote it did so before it came to us.
           std::string(kEntered) + "Received: from a (b [192.0.2.9]) by mail.fbl.example id 2; x\r\n" + kPasses,
           // Ours said "none" above it.
           "Authentication-Results: mx.isp.example; dkim=none\r\n" + std::string(kEntered) + kPasses,
           // It came from a server that is not ours.
           std::string(kPasses) + "Received: from a (b [192.0.2.9]) by mail.evil.example id 2; x\r\n" + kEntered,
       }) {
    r.top = top;
    EXPECT_EQ(fate(), Fate::unproven) << top;
  }
  // A milter writes below Postfix's own field, and a filter behind hands it back from this machine.
  r.top = "Received: from localhost (localhost [127.0.0.1]) by mx.isp.example (Postfix) id 5; x\r\n" +
          std::string(kEntered) + "Authentication-Results: mx.isp.example; spf=pass smtp.mailfrom=a@b.fbl.example\r\n";
  EXPECT_EQ(fate(), Fate::taken);
  trusted.authserv_id.clear();
  EXPECT_EQ(fate(), Fate::unproven);
}

TEST_F(Feedback, WhoIsNotListedIsNamedAndNotBelieved) {
  r.top = "Authentication-Results: mx.isp.example; dkim=pass header.d=notfbl.example\r\n" + std::string(kEntered);
  EXPECT_EQ(fate(), Fate::unlisted);
  EXPECT_EQ(word().who, "notfbl.example");
  EXPECT_TRUE(std::holds_alternative<std::monostate>(word().body));
}

TEST_F(Feedback, WhatAccusesNobody) {
  for (const char* type : {"not-spam", "opt-out", "auth-failure", "other"}) {
    r.report = fmt::format("Feedback-Type: {}\r\nSource-IP: 10.64.0.7\r\n", type);
    EXPECT_EQ(fate(), Fate::no_complaint) << type;
  }
  r.report = "Source-IP: 10.64.0.7\r\n";
  EXPECT_EQ(fate(), Fate::not_whole);
  r.report = "Feedback-Type: abuse\r\nSource-IP: 192.0.2.1\r\n";
  EXPECT_EQ(fate(), Fate::not_ours);
  r.report = "Feedback-Type: abuse\r\n";
  EXPECT_EQ(fate(), Fate::not_ours);
  r.report = "Feedback-Type: abuse\r\nSource-IP: 10.64.0.7\r\nArrival-Date: yesterday\r\n";
  r.copied.clear();
  EXPECT_EQ(fate(), Fate::no_time);
}

TEST_F(Feedback, BehindANatThePortSaysWho) {
  const std::string head = "Feedback-Type: abuse\r\nSource-IP: 198.51.100.0\r\n";
  r.report = head + "Source-Port: 2050\r\nArrival-Date: Fri, 27 Nov 2026 20:00:00 +0000\r\n";
  EXPECT_EQ(to_string(complaint().source), "10.64.128.1");
  r.report = head + "Arrival-Date: Fri, 27 Nov 2026 20:00:00 +0000\r\n";
  EXPECT_EQ(fate(), Fate::shared);
}

TEST_F(Feedback, BehindANatThatLogsItsLogSaysWhoHadThePortThen) {
  trusted.logged_behind = [](const IpAddress& outside, uint16_t port, Time at) -> std::optional<IpAddress> {
    if (to_string(outside) != "192.0.2.65") return std::nullopt;
    return port == 2050 && to_string(at).starts_with("2026-11-27T20:00") ? parse_ip("10.64.3.3").value() : IpAddress{};
  };
  const std::string head = "Feedback-Type: abuse\r\nSource-IP: 192.0.2.65\r\n";
  const std::string then = "Arrival-Date: Fri, 27 Nov 2026 20:00:00 +0000\r\n";
  r.report = head + "Source-Port: 2050\r\n" + then;
  EXPECT_EQ(to_string(complaint().source), "10.64.3.3");
  r.report = head + "Source-Port: 2051\r\n" + then;
  EXPECT_EQ(fate(), Fate::shared) << "nobody had that port";
  r.report = head + then;
  EXPECT_EQ(fate(), Fate::shared);
  r.report = head + "Source-Port: 2050\r\n";
  r.copied.clear();
  EXPECT_EQ(fate(), Fate::no_time);
}

TEST_F(Feedback, ThroughTheRelayItsOwnFieldSaysWho) {
  r.report = "Feedback-Type: abuse\r\nSource-IP: 203.0.113.25\r\nArrival-Date: Fri, 27 Nov 2026 20:00:00 +0000\r\n";
  const std::string theirs = "Received: from relay (relay [203.0.113.25]) by mx.fbl.example id 1; x\r\n";
  const auto copied = [&](const std::string& from, const std::string& id) {
    r.copied = theirs + "Received: from pc (pc [10.64.0.9])" + from +
               " by relay.isp.example (Postfix) with ESMTPSA id " + id + "; Fri, 27 Nov 2026 19:59:00 +0000\r\n" +
               "Received: from x (y [10.64.0.1]) (Authenticated sender: victim) by relay.isp.example id 7; x\r\n";
  };
  copied(" (Authenticated sender: Anna@ISP.example)", "AAAAA");
  model::Complaint c = complaint();
  EXPECT_TRUE(c.relayed);
  EXPECT_EQ(c.account, "anna@isp.example");
  EXPECT_FALSE(c.source);
  copied("", "4dJb7y2FW1z0");
  EXPECT_EQ(complaint().account, "erika");
  copied("", "AAAAA");
  c = complaint();
  EXPECT_EQ(c.account, "");
  EXPECT_EQ(to_string(c.source), "10.64.0.9");
  EXPECT_EQ(c.sent, when("2026-11-27T19:59:00Z")) << "our own clock";
  r.copied = theirs;
  EXPECT_EQ(fate(), Fate::not_ours);
}

TEST_F(Feedback, TheSameReportHasTheSameMark) {
  const uint64_t mark = word().mark;
  EXPECT_NE(mark, 0U);
  r.top += "X-Another: way\r\n";
  EXPECT_EQ(word().mark, mark);
  r.copied += "X: y\r\n";
  EXPECT_EQ(word().mark, mark);
  r.copied = "Message-ID: <2@x>\r\n";
  EXPECT_NE(word().mark, mark);
}

TEST_F(Feedback, ATrapNamesTheLineOrTheAccountThatHandedItIn) {
  const Time now = when("2026-11-27T20:00:00Z");
  const auto of = [&](const std::string& header) { return word_of_trap("old@isp.example", header, trusted, now); };
  const std::string by = " by mx.isp.example (Postfix) with ESMTP id 4Z; Fri, 27 Nov 2026 19:00:00 +0000\r\n";
  const Word line = of("Received: from bot (bot [10.64.0.7])" + by);
  ASSERT_EQ(line.fate, Fate::taken);
  const auto hit = std::get<model::TrapHit>(line.body);
  EXPECT_EQ(hit.trap, "old@isp.example");
  EXPECT_EQ(to_string(hit.source), "10.64.0.7");
  EXPECT_EQ(hit.sent, when("2026-11-27T19:00:00Z"));
  const Word account = of("Received: from pc (pc [192.0.2.9]) (Authenticated sender: erika)" + by);
  EXPECT_EQ(std::get<model::TrapHit>(account.body).account, "erika");
  EXPECT_FALSE(std::get<model::TrapHit>(account.body).source);
  EXPECT_EQ(of("Received: from out (out [192.0.2.9])" + by).fate, Fate::not_ours);
  // What others wrote below, or instead, names nobody.
  EXPECT_EQ(of("Received: from out (out [192.0.2.9])" + by + "Received: from bot (bot [10.64.0.7])" + by).fate,
            Fate::not_ours);
  EXPECT_EQ(of("Received: from bot (bot [10.64.0.7]) by mx.evil.example id 1; x\r\n").fate, Fate::not_ours);
}

}  // namespace
}  // namespace postern::observe::mail_intake
