// SPDX-License-Identifier: Apache-2.0
#include "wire/smtp_command.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace postern::wire {
namespace {

std::vector<SmtpVerb> verbs_of(std::string_view bytes, size_t chunk) {
  SmtpCommandReader reader;
  std::vector<SmtpVerb> out;
  while (!bytes.empty()) {
    std::string_view part = bytes.substr(0, chunk);
    bytes.remove_prefix(part.size());
    while (!part.empty())
      if (const auto v = reader.take(part)) out.push_back(*v);
  }
  return out;
}

TEST(SmtpCommand, ReadsVerbsInAnyCaseAndIgnoresArguments) {
  using enum SmtpVerb;
  const std::string in =
      "EHLO client.example\r\nmail FROM:<a@b> SIZE=1\r\nRcPt TO:<c>\r\nQUIT\r\nquit \r\nStartTLS\r\nAUTH PLAIN x\n";
  const std::vector<SmtpVerb> out{ehlo, mail, rcpt, quit, quit, starttls, auth};
  for (const size_t chunk : {size_t{1}, size_t{2}, size_t{7}, in.size()}) EXPECT_EQ(verbs_of(in, chunk), out) << chunk;
}

TEST(SmtpCommand, WhatIsNoVerbIsOther) {
  using namespace std::string_view_literals;
  for (const std::string_view line :
       {"\r\n"sv, "\n"sv, "QUI\r\n"sv, "QUITT\r\n"sv, " QUIT\r\n"sv, "too_long\r\n"sv, "other\r\n"sv, "STARTTLSX\r\n"sv,
        "QUIT\0\r\n"sv, "\x16\x03\x01\n"sv, "GET / HTTP/1.1\r\n"sv}) {
    EXPECT_EQ(verbs_of(line, 64), std::vector{SmtpVerb::other}) << line;
  }
}

TEST(SmtpCommand, LineLimitIs512OctetsWithItsEnd) {
  const std::string fits = "NOOP " + std::string(kSmtpLineMax - 7, 'x') + "\r\n";
  const std::string breaks = "NOOP " + std::string(kSmtpLineMax - 6, 'x') + "\r\nQUIT\r\n";
  EXPECT_EQ(verbs_of(fits, 100), std::vector{SmtpVerb::noop});
  EXPECT_EQ(verbs_of(breaks, 100), (std::vector{SmtpVerb::too_long, SmtpVerb::quit}));
  EXPECT_EQ(verbs_of(std::string(200'000, 'Q') + "\n", 512), std::vector{SmtpVerb::too_long});
  EXPECT_TRUE(verbs_of(std::string(200'000, 'Q'), 512).empty());
}

}  // namespace
}  // namespace postern::wire
