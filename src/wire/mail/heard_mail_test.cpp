// SPDX-License-Identifier: Apache-2.0
#include "wire/mail/heard_mail.h"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <string_view>

#include "wire/mail/delivery_status.h"

namespace postern::wire {
namespace {

std::string file(const char* name) {
  std::ifstream in(std::string("src/wire/mail/heard_mail_corpus/") + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool names_it(const HeardMail& mail) {
  return std::ranges::find(mail.named, "notice.7-k3xq9t2mfa@isp.example") != mail.named.end();
}

std::string with(std::string_view header, std::string_view mail) { return fmt::format("{}\r\n{}", header, mail); }

TEST(HeardMail, ABounceNamesWhatBounced) {
  const HeardMail dsn = read_mail(file("dsn"), "");
  EXPECT_EQ(dsn.kind, MailKind::bounce);
  EXPECT_EQ(dsn.status, "5.1.1");
  EXPECT_TRUE(names_it(dsn));
  const HeardMail exim = read_mail(file("exim"), "");
  EXPECT_EQ(exim.kind, MailKind::bounce);
  EXPECT_EQ(exim.status, "5.2.1");
  EXPECT_TRUE(names_it(exim));
}

TEST(HeardMail, APersonsReply) {
  const HeardMail reply = read_mail(file("reply"), "ann@home.example");
  EXPECT_EQ(reply.kind, MailKind::reply);
  EXPECT_TRUE(names_it(reply));
  EXPECT_EQ(read_mail("Subject: hello\r\n\r\nwho are you?", "ann@home.example").kind, MailKind::other);
}

TEST(HeardMail, AMachinesReplyIsNeither) {
  for (const char* header : {"Auto-Submitted: auto-replied", "Auto-Submitted: auto-generated; why", "Precedence: bulk",
                             "X-Autoreply: yes", "List-Id: <cats>"})
    EXPECT_EQ(read_mail(with(header, file("reply")), "ann@home.example").kind, MailKind::automatic) << header;
  EXPECT_EQ(read_mail(with("Auto-Submitted: no", file("reply")), "ann@home.example").kind, MailKind::reply);
  EXPECT_EQ(read_mail(file("reply"), "").kind, MailKind::automatic) << "no sender: nobody to be reached";
  EXPECT_EQ(read_mail("Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n"
                      "In-Reply-To: <notice.7-k3xq9t2mfa@isp.example>\r\n\r\n--b\r\n\r\nread\r\n--b--\r\n",
                      "ann@home.example")
                .kind,
            MailKind::automatic);
}

TEST(HeardMail, ADelayIsNoBounce) {
  std::string delayed = file("dsn");
  delayed.replace(delayed.find("Action: failed"), 14, "Action: delayed");
  EXPECT_EQ(read_mail(delayed, "").kind, MailKind::no_bounce);
}

TEST(HeardMail, AFeedbackReportIsOne) {
  const char* const arf =
      "Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\n"
      "Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n--b\r\n"
      "Content-Type: message/rfc822\r\n\r\nReceived: from x\r\n by y\r\nSubject: z\r\n\r\nsecret\r\n--b--\r\n";
  const HeardMail heard = read_mail(arf, "fbl@provider.example");
  EXPECT_EQ(heard.kind, MailKind::report);
  EXPECT_NE(heard.report.find("Feedback-Type: abuse"), std::string::npos) << heard.report;
  EXPECT_NE(heard.copied.find("Received: from x"), std::string::npos) << heard.copied;
  EXPECT_EQ(heard.copied.find("secret"), std::string::npos);
  const HeardMail headers = read_mail(
      "Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\n"
      "Content-Type: text/rfc822-headers\r\n\r\nReceived: from x\r\n--b--\r\n",
      "fbl@provider.example");
  EXPECT_EQ(headers.report, "");
  EXPECT_NE(headers.copied.find("Received: from x"), std::string::npos);
}

TEST(HeardMail, CutOffIsStillUnderstood) {
  const std::string dsn = file("dsn");
  EXPECT_EQ(read_mail(dsn.substr(0, dsn.find("Message-ID")), "").kind, MailKind::bounce);
  EXPECT_EQ(read_mail(dsn + std::string(kHeardMailMax, 'x'), "").kind, MailKind::bounce);
}

TEST(DeliveryStatus, WhatServersReallyWrite) {
  const DeliveryStatus found = read_delivery_status(
      "Reporting-MTA: dns; mx\nOriginal-Envelope-Id: QQ314159\n\nFinal-Recipient: rfc822; a\nAction: Delayed (later)\n"
      "Status: 4.4.0 (other or undefined network\n  status)\n\nFinal-Recipient: rfc822; b\naction:FAILED\n\n\n\nX: "
      "y\n");
  EXPECT_EQ(found.envelope_id, "QQ314159");
  ASSERT_EQ(found.recipients.size(), 2U);
  EXPECT_EQ(found.recipients[0].action, DeliveryAction::delayed);
  EXPECT_EQ(found.recipients[0].status, "4.4.0");
  EXPECT_EQ(found.recipients[1].action, DeliveryAction::failed);
  EXPECT_EQ(found.recipients[1].status, "5.0.0");
}

TEST(DeliveryStatus, AStatusIsOne) {
  EXPECT_EQ(enhanced_status_at("5.1.1"), "5.1.1");
  EXPECT_EQ(enhanced_status_at("4.13.200 words"), "4.13.200");
  for (const char* bad : {"", "5", "5.1", "5.1.", "5..1", "3.1.1", "55.1.1", "x5.1.1"})
    EXPECT_EQ(enhanced_status_at(bad), "") << bad;
}

}  // namespace
}  // namespace postern::wire
