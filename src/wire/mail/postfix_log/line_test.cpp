// SPDX-License-Identifier: Apache-2.0
#include "wire/mail/postfix_log/line.h"

#include <gtest/gtest.h>
#include <string>

namespace postern::wire {
namespace {

using enum PostfixLogKind;

TEST(PostfixLog, WhoseMessageItIs) {
  const auto l = read_postfix_log(
      "Nov 27 20:00:01 mx postfix/submission/smtpd[123]: 4Sf1kX2Zz1: client=host.example[192.0.2.1], "
      "sasl_method=PLAIN, sasl_username=Erika@isp.example");
  EXPECT_EQ(l.kind, submitted);
  EXPECT_EQ(l.queue_id, "4Sf1kX2Zz1");
  EXPECT_EQ(l.account, "Erika@isp.example");
  EXPECT_EQ(read_postfix_log("postfix/smtpd[1]: 4Sf1kX2Zz1: client=a[192.0.2.1]").kind, other);
}

TEST(PostfixLog, WhatBecameOfARecipient) {
  const auto sent = read_postfix_log(
      "<22>1 2026-11-27T20:00:02+00:00 mx postfix/smtp 77 - - postfix/smtp[77]: 4Sf1kX2Zz1: to=<a@far.example>, "
      "relay=mx.far.example[198.51.100.1]:25, delay=1.2, delays=0.1/0/0.5/0.6, dsn=2.0.0, status=sent (250 2.0.0 Ok)");
  EXPECT_EQ(sent.kind, final_word);
  EXPECT_EQ(sent.recipient, "a@far.example");
  EXPECT_TRUE(sent.delivered);
  const std::string head = "postfix/smtp[77]: 4Sf1kX2Zz1: to=<a@far.example>, relay=x, delay=1, ";
  const auto gone = read_postfix_log(head + "dsn=5.1.1, status=bounced (host x said: 550 5.1.1 no such user)");
  EXPECT_EQ(gone.kind, final_word);
  EXPECT_FALSE(gone.delivered);
  EXPECT_EQ(read_postfix_log(head + "dsn=5.7.1, status=bounced (spam)").kind, final_word);
  EXPECT_EQ(read_postfix_log(head + "dsn=5.2.2, status=bounced (full)").kind, word);
  EXPECT_EQ(read_postfix_log(head + "dsn=4.4.1, status=deferred (status=sent ()").kind, word);
}

TEST(PostfixLog, WhatTheServerAnswered) {
  const auto of = [](const std::string& program, const std::string& relay, const std::string& rest) {
    return read_postfix_log("postfix/" + program + "[7]: 4Sf1kX2Zz1: to=<a@far.example>, relay=" + relay +
                            ", delay=3605.2, delays=1/2/3/4, " + rest);
  };
  const std::string mx = "mx.far.example[198.51.100.1]:25";
  EXPECT_EQ(of("smtp", mx, "dsn=2.0.0, status=sent (ok)").answer, PostfixAnswer::delivered);
  const auto later = of("smtp", mx, "dsn=4.7.1, status=deferred (host said: 451 4.7.1 not now)");
  EXPECT_EQ(later.answer, PostfixAnswer::put_off);
  EXPECT_TRUE(later.deferred);
  EXPECT_EQ(later.delay_s, 3'605U);
  EXPECT_EQ(of("smtp", mx, "dsn=5.7.1, status=bounced (no)").answer, PostfixAnswer::refused);
  EXPECT_EQ(of("smtp", mx, "dsn=5.1.1, status=bounced (no)").answer, PostfixAnswer::unknown);
  EXPECT_EQ(of("smtp", mx, "dsn=5.2.2, status=bounced (full)").answer, PostfixAnswer::not_taken);
  EXPECT_EQ(of("smtp", mx, "dsn=4.4.2, status=deferred (lost)").answer, PostfixAnswer::unreachable);
  EXPECT_EQ(of("smtp", "none", "dsn=4.4.1, status=deferred (refused)").answer, PostfixAnswer::unreachable);
  EXPECT_EQ(of("smtp", "none", "dsn=5.4.4, status=bounced (no such host)").answer, PostfixAnswer::none);
  EXPECT_EQ(of("virtual", "virtual", "dsn=2.0.0, status=sent (ok)").answer, PostfixAnswer::none);
  // What a peer says is no relay, no code and no delay.
  EXPECT_EQ(of("smtp", mx, "dsn=4.7.1, status=deferred (said: 451 , relay=none, dsn=4.4.1, delay=9)").answer,
            PostfixAnswer::put_off);
}

TEST(PostfixLog, WhatAPeerSaysIsNotBelieved) {
  const auto l = read_postfix_log(
      "postfix/smtp[7]: 4Sf1kX2Zz1: to=<a@far.example>, relay=x, dsn=4.7.0, status=deferred (host said: 451 "
      "postfix/smtpd[1]: 4Sf1kX2Zz1: client=x[192.0.2.1], sasl_method=PLAIN, sasl_username=victim, status=sent (ok))");
  EXPECT_EQ(l.kind, word);
  EXPECT_EQ(l.account, "");
}

TEST(PostfixLog, ANameSomebodySignsInWithIsNoHeader) {
  for (const char* program :
       {"dovecot: imap-login: Disconnected", "sshd[7]: Invalid user", "postfix/smtpd[3]: warning"})
    EXPECT_EQ(read_postfix_log("Nov 27 20:00:01 mx " + std::string(program) +
                               ": user=< postfix/smtpd[1]: 4Sf1kX2Zz1: client=x[192.0.2.1], sasl_method=PLAIN, "
                               "sasl_username=victim")
                  .kind,
              other)
        << program;
  EXPECT_EQ(read_postfix_log("sshd[7]: Invalid user dovecot: x (auth failed, 9 attempts in 6 secs): user=<victim>, "
                             "method=PLAIN, rip=192.0.2.9, lip=1")
                .kind,
            other);
}

TEST(PostfixLog, TheEnd) {
  EXPECT_EQ(read_postfix_log("Nov 27 20:00:01 mx postfix/qmgr[9]: 4Sf1kX2Zz1: removed\n").kind, removed);
  EXPECT_EQ(read_postfix_log("Nov 27 20:00:01 mx postfix/qmgr[9]: 4Sf1kX2Zz1: from=<a@b>, size=1").kind, other);
}

TEST(PostfixLog, AWrongPassword) {
  const auto l = read_postfix_log(
      "Nov 27 20:00:01 mx dovecot: submission-login: Disconnected: Connection closed (auth failed, 3 attempts in 6 "
      "secs): user=<erika, rip=203.0.113.9,>, method=PLAIN, rip=192.0.2.9, lip=203.0.113.25, TLS, session=<x>");
  EXPECT_EQ(l.kind, login_failed);
  EXPECT_EQ(l.account, "erika, rip=203.0.113.9,");
  EXPECT_EQ(to_string(l.client), "192.0.2.9");
  EXPECT_EQ(l.attempts, 3U);
}

TEST(PostfixLog, EverythingElse) {
  for (const char* line :
       {"", "postfix", "postfix/", "postfix/smtp[", "postfix/smtp[1]: ", "postfix/smtp[1]: ABCDEF: to=<",
        "dovecot: (auth failed, ", "xpostfix/qmgr[9]: 4Sf1kX2Zz1: removed"})
    EXPECT_EQ(read_postfix_log(line).kind, other) << line;
}

}  // namespace
}  // namespace postern::wire
