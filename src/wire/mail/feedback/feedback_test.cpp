// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <string>

#include "wire/mail/feedback/authentication_results.h"
#include "wire/mail/feedback/feedback_report.h"
#include "wire/mail/feedback/header.h"
#include "wire/mail/feedback/mail_date.h"
#include "wire/mail/feedback/received.h"

namespace postern::wire {
namespace {

TEST(Fields, UnfoldedUpToTheEmptyLine) {
  Fields fields("Subject: a\r\n b\n\tc\r\nno field\r\n: none\r\nX-Y :z\r\n\r\nBody: no\r\n");
  const auto first = fields.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->name, "subject");
  EXPECT_EQ(first->value, "a b c");
  const auto second = fields.next();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->name, "x-y");
  EXPECT_EQ(second->value, "z");
  EXPECT_FALSE(fields.next());
}

TEST(Fields, BoundsHold) {
  std::string many;
  for (size_t i = 0; i < 2 * kFieldsMax; ++i) many += "A: b\n";
  Fields fields(many);
  size_t n = 0;
  while (fields.next()) ++n;
  EXPECT_EQ(n, kFieldsMax);
  const std::string text = "A: " + std::string(2 * kFieldOctetsMax, 'x') + "\n " + std::string(9, 'y');
  Fields one(text);
  EXPECT_EQ(one.next()->value.size(), kFieldOctetsMax);
}

TEST(MailDate, IsOneOrNone) {
  const Time at = parse_time("2026-11-27T19:00:01Z").value();
  for (const char* same : {"Fri, 27 Nov 2026 20:00:01 +0100 (CET)", "27 nov 2026 19:00:01 GMT",
                           "27 Nov 2026 14:00:01 EST", "Fri, 27 Nov 2026 19:00:01 -0000"})
    EXPECT_EQ(read_mail_date(same), at) << same;
  EXPECT_EQ(read_mail_date("1 Jan 1970 00:01 +0000"), Time{} + minutes(1));
  for (const char* bad : {"", "Fri, 27 Nov 2026 20:00:01", "27 Nov 2026 20:00:01 CEST", "31 Feb 2026 20:00:01 +0000",
                          "27 Nov 26 20:00:01 +0000", "27 Nov 2026 24:00:01 +0000", "27 Nov 2026 20:60:01 +0000",
                          "27 Nov 2026 20:00:1 +0000", "27 Nov 2026 20:00:01 +01:00", "2026-11-27T19:00:01Z",
                          "27 Nov 2026 -1:00:01 +0000"})
    EXPECT_FALSE(read_mail_date(bad)) << bad;
}

TEST(Received, AsPostfixWritesIt) {
  const Received r = read_received(
      "from [10.9.9.9] (unknown [IPv6:2001:db8::7]) (using TLSv1.3 with cipher X (256/256 bits)) "
      "(Authenticated sender: erika@isp.example) by MX.isp.example (Postfix) with ESMTPSA id 4Sf1kX2Zz1 for "
      "<a@far.example>; Fri, 27 Nov 2026 20:00:00 +0100 (CET)");
  EXPECT_EQ(r.by, "mx.isp.example");
  EXPECT_EQ(to_string(r.from), "2001:db8::7");
  EXPECT_EQ(r.account, "erika@isp.example");
  EXPECT_EQ(r.id, "4Sf1kX2Zz1");
  EXPECT_EQ(to_string(r.at), "2026-11-27T19:00:00Z");
}

TEST(Received, WhatTheClientSaidIsNotBelieved) {
  // The name of HELO is one word; an address in it is the client's.
  const Received helo = read_received("from [198.51.100.1] (host.example [192.0.2.9]) by mx (Postfix) id A; x");
  EXPECT_EQ(to_string(helo.from), "192.0.2.9");
  EXPECT_FALSE(helo.at);
  // Behind "by" nothing is the client's any more.
  const Received late = read_received(
      "from a (b [192.0.2.9]) by mx (Authenticated sender: victim) with (x [198.51.100.1]) SMTP id B; "
      "27 Nov 2026 19:00:00 GMT");
  EXPECT_EQ(late.account, "");
  EXPECT_EQ(to_string(late.from), "192.0.2.9");
  // A name that says "by" is a name.
  EXPECT_EQ(read_received("from by (c [192.0.2.9]) by mx id C").by, "mx");
  for (const char* text : {"", "(", "from", "from x (", "from x (y [", "by", ";", "from x (\\"})
    EXPECT_FALSE(read_received(text).from) << text;
}

TEST(AuthenticationResults, WhoIsProven) {
  const auto r = read_authentication_results(
      "mx.ISP.example 1; dkim=pass (2048-bit; \"x\") reason=\"good; fine\" header.d=FBL.example header.i=@fbl.example; "
      "dkim/1=fail header.d=bank.example; spf=pass smtp.mailfrom=\"a;b\"@bounce.fbl.example; "
      "dmarc=pass header.from=other.example; spf=softfail smtp.mailfrom=shop.example;");
  ASSERT_TRUE(r);
  EXPECT_EQ(r->authserv_id, "mx.isp.example");
  EXPECT_EQ(r->methods.size(), 5U);
  EXPECT_EQ(proven_domains(*r), (std::vector<std::string>{"fbl.example", "bounce.fbl.example"}));
  const auto none = read_authentication_results("mx.isp.example; none");
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->methods.empty());
}

TEST(AuthenticationResults, HalfOfOneIsNone) {
  for (const char* bad : {"", ";", "mx 2; none", "mx; dkim", "mx; dkim=", "mx; dkim=pass header.d",
                          "mx; dkim=pass header.d=", "mx; dkim=pass (never ends", "mx; spf=pass smtp.mailfrom=\"x",
                          "mx extra; dkim=pass header.d=a"})
    EXPECT_FALSE(read_authentication_results(bad)) << bad;
}

TEST(FeedbackReport, AsReceiversWriteIt) {
  const auto r = read_feedback_report(
      "Feedback-Type: abuse\r\nUser-Agent: SomeGenerator/1.0\r\nVersion: 1\r\nOriginal-Rcpt-To: <a@b.example>\r\n"
      "Arrival-Date: Fri, 27 Nov 2026 20:00:00 +0100\r\nSource-IP: 192.0.2.1\r\nSource-Port: 40001\r\n"
      "Reported-Domain: x.example\r\nReported-Domain: y.example\r\n");
  ASSERT_TRUE(r);
  EXPECT_EQ(r->type, FeedbackType::abuse);
  EXPECT_EQ(to_string(r->source), "192.0.2.1");
  EXPECT_EQ(r->port, 40'001);
  EXPECT_EQ(to_string(r->arrived), "2026-11-27T19:00:00Z");
  const auto six = read_feedback_report(
      "Feedback-Type: virus\nVersion: 0.1\nSource-IP: [IPv6:2001:db8::1]\nReceived-Date: 27 Nov 2026 19:00:00 GMT\n");
  ASSERT_TRUE(six);
  EXPECT_EQ(six->type, FeedbackType::virus);
  EXPECT_EQ(to_string(six->source), "2001:db8::1");
  EXPECT_EQ(to_string(six->arrived), "2026-11-27T19:00:00Z");
  EXPECT_EQ(read_feedback_report("Feedback-Type: not-spam\n")->type, FeedbackType::not_spam);
  EXPECT_EQ(read_feedback_report("Feedback-Type: x-new\n")->type, FeedbackType::other);
}

TEST(FeedbackReport, WhatCannotBeRightIsNone) {
  for (const char* bad : {"", "Version: 1\n", "Feedback-Type: abuse\nVersion: 2\n",
                          "Feedback-Type: abuse\nSource-IP: 192.0.2.1\nSource-IP: 192.0.2.2\n",
                          "Feedback-Type: abuse\nSource-IP: somebody\n", "Feedback-Type: abuse\nSource-Port: 0\n",
                          "Feedback-Type: abuse\nSource-Port: 65536\n", "Feedback-Type: abuse\nSource-Port: 1x\n"})
    EXPECT_FALSE(read_feedback_report(bad)) << bad;
}

}  // namespace
}  // namespace postern::wire
