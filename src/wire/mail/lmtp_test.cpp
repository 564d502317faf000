// SPDX-License-Identifier: Apache-2.0
#include "wire/mail/lmtp.h"

#include <gtest/gtest.h>

namespace postern::wire {
namespace {

class Lmtp : public testing::Test {
 protected:
  explicit Lmtp(LmtpLimits limits = {})
      : session("isp.example", limits, [](std::string_view to) { return to.starts_with("bounces"); }) {}

  // What is said to `bytes`; messages are taken and kept.
  std::string say(std::string_view bytes) {
    std::string out;
    while (!bytes.empty()) {
      const auto step = session.take(bytes, out);
      if (step == LmtpSession::Step::over) return out + "(over)";
      if (step != LmtpSession::Step::message) continue;
      messages.push_back(session.message());
      session.answer("250 2.0.0 taken", out);
    }
    return out;
  }

  LmtpSession session;
  std::vector<LmtpMessage> messages;
};

TEST_F(Lmtp, ADeliveryWithOneReplyForEachRecipient) {
  EXPECT_TRUE(say("LHLO relay.isp.example\r\n").ends_with("\r\n250 SIZE 67108864\r\n"));
  EXPECT_EQ(say("MAIL FROM:<> SIZE=10 BODY=8BITMIME\r\nRCPT TO:<bounces+c7-x@isp.example>\r\n"
                "RCPT TO:<postmaster@isp.example>\r\nRCPT TO:<bounces@isp.example>\r\nDATA\r\n"),
            "250 2.1.0 OK\r\n250 2.1.5 OK\r\n550 5.1.1 no such address here\r\n250 2.1.5 OK\r\n354 go on\r\n");
  EXPECT_EQ(say("a\r\n..b\r\n.c\r\nd\n.\n\r\n.\r\n"), "250 2.0.0 taken\r\n250 2.0.0 taken\r\n");
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].sender, "");
  EXPECT_EQ(messages[0].recipients, (std::vector<std::string>{"bounces+c7-x@isp.example", "bounces@isp.example"}));
  EXPECT_EQ(messages[0].kept, "a\r\n.b\r\nc\r\nd\n.\n\r\n") << "a bare LF ends no line";
  EXPECT_EQ(say("QUIT\r\n"), "221 2.0.0 bye\r\n(over)");
}

TEST_F(Lmtp, WhatIsOutOfOrderIsRefused) {
  EXPECT_EQ(say("MAIL FROM:<>\r\n"), "503 5.5.1 LHLO first: this is LMTP (RFC 2033)\r\n");
  EXPECT_EQ(say("EHLO x\r\n").substr(0, 3), "503");
  (void)say("LHLO x\r\n");
  EXPECT_EQ(say("RCPT TO:<bounces@x>\r\n").substr(0, 3), "503");
  EXPECT_EQ(say("MAIL FROM:<a b>\r\n").substr(0, 3), "501");
  EXPECT_EQ(say("MAIL FROM:<a@b> RET=HDRS\r\n").substr(0, 3), "555");
  EXPECT_EQ(say("MAIL FROM:<a@b>\r\nDATA\r\n"), "250 2.1.0 OK\r\n503 5.5.1 RCPT first\r\n");
  EXPECT_EQ(say("MAIL FROM:<c@d>\r\n").substr(0, 3), "503");
  EXPECT_EQ(say(std::string(5'000, 'x') + "\r\n").substr(0, 3), "500");
}

struct Tight : Lmtp {
  Tight() : Lmtp({.recipients_max = 2, .kept_max = 8, .octets_max = 20, .errors_max = 3, .messages_max = 2}) {}
};

TEST_F(Tight, LimitsHold) {
  (void)say("LHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<bounces1@x>\r\nRCPT TO:<bounces2@x>\r\n");
  EXPECT_EQ(say("RCPT TO:<bounces3@x>\r\n"), "452 4.5.3 too many recipients\r\n");
  EXPECT_EQ(say("DATA\r\n0123456789\r\n.\r\n"), "354 go on\r\n250 2.0.0 taken\r\n250 2.0.0 taken\r\n");
  EXPECT_EQ(messages[0].kept, "01234567");
  EXPECT_EQ(messages[0].octets, 12U);
  EXPECT_EQ(say("MAIL FROM:<a@b>\r\nRCPT TO:<bounces1@x>\r\nDATA\r\n" + std::string(30, 'x') + "\r\n.\r\n"),
            "250 2.1.0 OK\r\n250 2.1.5 OK\r\n354 go on\r\n552 5.3.4 the message is too large\r\n");
  EXPECT_EQ(messages.size(), 1U);
  EXPECT_EQ(say("MAIL FROM:<a@b>\r\n"), "452 4.3.1 enough for one connection\r\n");
  EXPECT_EQ(say("nonsense\r\nnonsense\r\nNOOP\r\n"),
            "500 5.5.1 unknown command\r\n500 5.5.1 unknown command\r\n421 4.7.0 too many errors\r\n(over)");
}

}  // namespace
}  // namespace postern::wire
