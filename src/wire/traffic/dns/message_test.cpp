// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/dns/message.h"

#include <gtest/gtest.h>

namespace postern::wire {
namespace {

Bytes bytes_of(std::string_view text) {
  const auto* p = reinterpret_cast<const std::byte*>(text.data());
  return {p, p + text.size()};
}

// id 0x1234, QR 1, RD 1, RA 1, NXDOMAIN; "MX1.Example.org" A IN
constexpr std::string_view kAnswer("\x12\x34\x81\x83\0\1\0\0\0\0\0\0\3MX1\7Example\3org\0\0\1\0\1", 33);

TEST(Dns, QuestionAndCode) {
  const auto m = decode_dns(bytes_of(kAnswer));
  ASSERT_TRUE(m) << m.error().text();
  EXPECT_EQ(m->id, 0x1234);
  EXPECT_TRUE(m->response);
  EXPECT_EQ(m->rcode, 3);
  EXPECT_EQ(m->name, "mx1.example.org");
  EXPECT_EQ(m->type, kDnsTypeA);
  EXPECT_EQ(m->class_, kDnsClassInternet);
  EXPECT_EQ(dns_question_type(bytes_of(kAnswer)), kDnsTypeA);
}

TEST(Dns, EveryCutIsAnError) {
  for (size_t n = 0; n < kAnswer.size(); ++n) EXPECT_FALSE(decode_dns(bytes_of(kAnswer.substr(0, n)))) << n;
}

TEST(Dns, NamesArePlainTextAndStayApart) {
  DnsMessage m{.type = 1, .class_ = 1, .name = "a\\046b.c\\000\\255"};
  const auto read = decode_dns(encode_dns_question(m));
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->name, m.name);
  m.name = "";
  EXPECT_EQ(decode_dns(encode_dns_question(m))->name, "");
}

TEST(Dns, PointersLeadBackAndEnd) {
  const std::string head("\0\1\0\0\0\1\0\0\0\0\0\0", 12);
  // To itself, forward, into the head: none of them ends, or means anything.
  for (const std::string_view name : {std::string_view("\xc0\x0c", 2), std::string_view("\xc0\x20", 2),
                                      std::string_view("\1a\xc0\x0c", 4), std::string_view("\xc0\x02", 2)})
    EXPECT_FALSE(decode_dns(bytes_of(head + std::string(name) + std::string("\0\1\0\1", 4)))) << name.size();
  EXPECT_FALSE(decode_dns(bytes_of(head + std::string("\x40"
                                                      "a\0\0\1\0\1",
                                                      7))));
}

TEST(Dns, LongNamesAreAnError) {
  std::string message("\0\1\0\0\0\1\0\0\0\0\0\0", 12);
  for (int i = 0; i < 4; ++i) message += std::string(1, 63) + std::string(63, 'a');
  message += std::string("\0\0\1\0\1", 5);
  const auto m = decode_dns(bytes_of(message));
  ASSERT_FALSE(m);
  EXPECT_NE(m.error().what.find("255"), std::string::npos);
}

TEST(Dns, OneQuestion) {
  Bytes two = bytes_of(kAnswer);
  two[5] = std::byte{2};
  EXPECT_FALSE(decode_dns(two));
  two[5] = std::byte{0};
  EXPECT_FALSE(decode_dns(two));
}

TEST(Dns, MailNames) {
  for (const char* yes : {"mx.example", "mx12.example", "smtp.a", "mail3.b.c", "relay.x", "gate7.x", "ns.x"})
    EXPECT_TRUE(looks_like_mail_server(yes)) << yes;
  for (const char* no : {"mx", "mxa.example", "mailing.x", "xmail.x", "www.mail.x", "", "ns1"})
    EXPECT_FALSE(looks_like_mail_server(no)) << no;
}

}  // namespace
}  // namespace postern::wire
