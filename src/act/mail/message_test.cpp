// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "act/mail/mail.h"

namespace postern::act::mail {
namespace {

Config config() {
  Config c;
  c.from = "abuse@isp.example";
  c.from_name = "Example ISP";
  c.bounces = "bounces@isp.example";
  return c;
}

Letter letter() {
  Letter l;
  l.contact.value = 7;
  l.tag = "7-k3xq9t2mfa";
  l.to = "ann@home.example";
  l.name = "Ann Müller";
  l.language = "de";
  l.subject = "Ein Gerät an Ihrem Anschluss verschickt von selbst E-Mails (Fall 12)";
  l.body = "Guten Tag,\n\n.ein Punkt\nFrom hier\nende = gut \n" + std::string(100, 'x') + "\n";
  l.reply_to = "abuse@isp.example";
  l.at = parse_time("2026-11-27T14:05:06Z").value();
  return l;
}

TEST(Message, EveryCopyIsTheSame) {
  EXPECT_EQ(message_of(letter(), config()), message_of(letter(), config()));
  EXPECT_EQ(message_id_of(letter(), config()), "<notice.7-k3xq9t2mfa@isp.example>");
  EXPECT_EQ(envelope_sender_of(letter(), config()), "bounces+c7-k3xq9t2mfa@isp.example");
}

TEST(Message, HeadersAreAsciiAndShort) {
  const std::string m = message_of(letter(), config());
  const std::string head = m.substr(0, m.find("\r\n\r\n"));
  for (size_t at = 0; at < head.size();) {
    const size_t end = std::min(head.find("\r\n", at), head.size());
    EXPECT_LE(end - at, 78U) << head.substr(at, end - at);
    at = end + 2;
  }
  for (const char c : head) EXPECT_LT(static_cast<unsigned char>(c), 0x80);
  EXPECT_NE(head.find("Date: Fri, 27 Nov 2026 14:05:06 +0000"), std::string::npos) << head;
  EXPECT_NE(head.find("Auto-Submitted: auto-generated"), std::string::npos);
  EXPECT_NE(head.find("Subject: =?utf-8?B?"), std::string::npos);
}

TEST(Message, TheBodyIsQuotedPrintable) {
  const std::string m = message_of(letter(), config());
  const std::string body = m.substr(m.find("\r\n\r\n") + 4);
  EXPECT_NE(body.find("\r\n=2Eein Punkt\r\n=46rom hier\r\nende =3D gut=20\r\n"), std::string::npos) << body;
  EXPECT_NE(body.find("=\r\n"), std::string::npos) << "the long line is broken softly";
  EXPECT_EQ(body.find("\n."), std::string::npos);
}

TEST(Message, AHeaderCannotBeAddedByAName) {
  Letter l = letter();
  l.name = "Eve\r\nBcc: everybody@home.example";
  l.subject = "hello\nBcc: everybody@home.example";
  const std::string m = message_of(l, config());
  EXPECT_EQ(m.find("\nBcc:"), std::string::npos) << m;
}

}  // namespace
}  // namespace postern::act::mail
