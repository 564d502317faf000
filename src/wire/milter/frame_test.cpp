// SPDX-License-Identifier: Apache-2.0
#include "wire/milter/frame.h"

#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <vector>

#include "tests/support/pieces.h"

namespace postern::wire {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

std::string file(const std::string& name) {
  std::ifstream in("src/wire/milter/frame_corpus/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string frame(char letter, std::string_view content) {
  const auto length = static_cast<uint32_t>(1 + content.size());
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(length >> shift & 0xff);
  return (out += letter).append(content);
}

std::string describe(const MilterFrame& f) {
  std::string out(to_string(f.command));
  if (const auto n = decode_milter_negotiation(f.content); n && f.command == MilterCommand::negotiate)
    out += fmt::format(" {} {:x} {:x}", n->version, n->actions, n->protocol);
  if (f.command == MilterCommand::macros) {
    const auto m = decode_milter_macros(f.content);
    if (!m) return "bad macros";
    out += fmt::format(" of {}", to_string(m->of));
    for (const auto& [name, value] : {std::pair{"queue", m->queue_id},
                                      {"method", m->sasl_method},
                                      {"user", m->sasl_username},
                                      {"tls", m->encryption_protocol},
                                      {"port", m->server_port},
                                      {"mailer", m->rcpt_mailer}})
      if (!value.empty()) out += fmt::format(" {}={}", name, value);
  }
  if (f.command == MilterCommand::connect) {
    const auto c = decode_milter_connect(f.content);
    out += c ? fmt::format(" {} {} {}", c->host, to_string(c->client), c->port) : " bad";
  }
  if (f.command == MilterCommand::helo) out += fmt::format(" {}", decode_milter_helo(f.content).value_or("bad"));
  if (f.command == MilterCommand::mail || f.command == MilterCommand::rcpt) {
    const auto a = decode_milter_address(f.content);
    out += a ? fmt::format(" <{}>", a->address) : " bad";
    if (a && a->size) out += fmt::format(" {}", *a->size);
  }
  return out;
}

std::vector<std::string> frames_of(std::string_view stream, size_t chunk) {
  std::vector<std::string> out;
  testing::feed(stream, chunk, [&](std::string_view& unread, bool& broken) {
    const auto taken = take_milter_frame(unread);
    broken = !taken;
    if (broken) out.emplace_back(taken.error().code == Errc::limit ? "limit" : "bad");
    if (broken || !*taken) return false;
    out.push_back(describe(**taken));
    return true;
  });
  return out;
}

// Recorded from Postfix 3.7.11 that had been told which macros to send.
TEST(MilterFrame, WhatPostfixSendsIsReadHoweverItIsCut) {
  const std::string stream = file("postfix_3_7_11_auth");
  const std::vector<std::string> expected{"negotiate 6 1ff 1fffff",
                                          "macros of connect port=2587",
                                          "connect [127.0.0.1] 127.0.0.1 45180",
                                          "macros of helo",
                                          "abort",
                                          "macros of helo tls=TLSv1.3",
                                          "macros of mail method=PLAIN user=owner tls=TLSv1.3",
                                          "mail <owner@isp.example>",
                                          "macros of rcpt mailer=discard",
                                          "rcpt <one@far.example>",
                                          "macros of rcpt queue=072C5A7221F mailer=discard",
                                          "rcpt <two@far.example>",
                                          "macros of data queue=072C5A7221F",
                                          "data",
                                          "macros of eob queue=072C5A7221F",
                                          "eob",
                                          "abort",
                                          "abort",
                                          "quit"};
  for (const size_t chunk : {size_t{1}, size_t{3}, size_t{64}, stream.size()})
    EXPECT_EQ(frames_of(stream, chunk), expected) << chunk;
}

TEST(MilterFrame, TheNullSenderAndTheFormsOfSendmail) {
  const std::string stream = file("postfix_3_7_11_null_sender");
  const auto null_sender = frames_of(stream, stream.size());
  ASSERT_GE(null_sender.size(), 6U);
  EXPECT_EQ(null_sender[2], "connect [::1] ::1 56516");
  EXPECT_EQ(null_sender[5], "mail <>");
  EXPECT_EQ(frames_of(file("everything"), 7),
            (std::vector<std::string>{"negotiate 6 1ff 1fffff", "macros of connect",
                                      "connect client.example 2001:db8::7 4000", "helo client.example",
                                      "macros of mail queue=wAR1 method=LOGIN", "mail <a@isp.example> 1234",
                                      "rcpt <b@far.example>", "data", "header", "eoh", "body", "eob", "quit_next",
                                      "connect localhost - 0", "unknown", "quit"}));
}

TEST(MilterFrame, LimitIsSaidAtTheLengthAndNotAfterTheContent) {
  std::string_view bytes = "\x00\x02\x00\x00"sv;  // with its length 4 octets more than fit
  EXPECT_EQ(take_milter_frame(bytes).error().code, Errc::limit);
  const std::string fits = frame('B', std::string(kMilterFrameOctetsMax - 5, 'x'));
  for (const size_t chunk : {size_t{1000}, fits.size()}) {
    EXPECT_EQ(frames_of(fits + fits, chunk), (std::vector<std::string>{"body", "body"}));
    EXPECT_EQ(frames_of(frame('B', std::string(kMilterFrameOctetsMax - 4, 'x')), chunk),
              std::vector<std::string>{"limit"});
  }
  EXPECT_EQ(frames_of("\xff\xff\xff\xff"sv, 4), std::vector<std::string>{"limit"});
}

TEST(MilterFrame, AHeadIsReadBeforeItsContentIsThere) {
  const std::string body = frame('B', std::string(1'000, 'x'));
  EXPECT_FALSE(*milter_head(std::string_view(body).substr(0, kMilterHeadOctets - 1)));
  const auto head = milter_head(std::string_view(body).substr(0, kMilterHeadOctets));
  ASSERT_TRUE(head && *head);
  EXPECT_EQ((*head)->command, MilterCommand::body);
  EXPECT_EQ((*head)->content, 1'000U);
}

TEST(MilterFrame, WhatIsNotTheProtocolIsRefused) {
  for (const std::string_view bad : {"\0\0\0\0"sv, "\0\0\0\1z"sv, "\0\0\1\0z"sv})
    EXPECT_EQ(frames_of(bad, 1), std::vector<std::string>{"bad"}) << bad.size();
  EXPECT_FALSE(decode_milter_negotiation("\0\0\0\6\0\0\0\0\0\0\0"sv));
  EXPECT_FALSE(decode_milter_negotiation("\0\0\0\1\0\0\0\0\0\0\0\0"sv));
  for (const std::string_view bad : {""sv, "host"sv, "host\0"sv, "host\0X"sv, "host\0004"sv, "host\0004\1"sv,
                                     "host\0004\1\1"sv, "host\0004\1\001127.0.0.1"sv})
    EXPECT_FALSE(decode_milter_connect(bad)) << bad.size();
  EXPECT_FALSE(decode_milter_helo("client"sv));
  EXPECT_FALSE(decode_milter_address("<a@b>"sv));
  EXPECT_FALSE(decode_milter_address("<a@b>\0SIZE=1"sv));
  for (const std::string_view bad : {""sv, "z"sv, "Mi"sv, "Mi\0"sv, "Mi\0value"sv, "Mi\0v\0j\0"sv})
    EXPECT_FALSE(decode_milter_macros(bad)) << bad.size();
}

TEST(MilterFrame, WhatIsNoAddressIsNobody) {
  for (const std::string_view nobody :
       {"x\0U"sv, "x\0L\0\0/run/socket\0"sv, "x\0004\1\1unknown\0"sv, "x\0006\1\1fe80::1%eth0\0"sv}) {
    const auto c = decode_milter_connect(nobody);
    ASSERT_TRUE(c);
    EXPECT_FALSE(c->client);
    EXPECT_EQ(c->port, 0);
  }
}

TEST(MilterFrame, SizeIsANumberOrNotSaid) {
  const auto size = [](std::string_view arguments) {
    return decode_milter_address("<a@b>\0"s.append(arguments))->size;
  };
  EXPECT_EQ(size("BODY=7BIT\0size=10\0SIZE=11\0"sv), 10U);
  for (const std::string_view none :
       {""sv, "SIZE\0"sv, "SIZE=\0"sv, "SIZE=1x\0"sv, "SIZE=-1\0"sv, "XSIZE=1\0"sv, "SIZE=18446744073709551616\0"sv})
    EXPECT_FALSE(size(none)) << none;
}

TEST(MilterAnswer, NothingIsAgreedThatWasNotOffered) {
  const MilterNegotiation wish{.version = kMilterVersion,
                               .actions = kMilterMayQuarantine | kMilterMayNameMacros,
                               .protocol = kMilterNoBody | kMilterConnectUnanswered};
  EXPECT_EQ(agreed({.version = 2, .actions = 0x3f, .protocol = 0x7f}, wish),
            (MilterNegotiation{.version = 2, .actions = kMilterMayQuarantine, .protocol = kMilterNoBody}));
  EXPECT_EQ(agreed({.version = 7, .actions = ~0U, .protocol = ~0U}, wish), wish);
}

TEST(MilterAnswer, MacrosAreNamedOnlyToServersThatAsk) {
  std::string out;
  append_milter_negotiation(out, {.version = 6, .actions = kMilterMayNameMacros, .protocol = kMilterNoBody},
                            {{MilterCommand::mail, "i"}, {MilterCommand::eob, "{x}"}});
  EXPECT_EQ(out, frame('O', "\0\0\0\6\0\0\1\0\0\0\0\20\0\0\0\2i\0\0\0\0\5{x}\0"sv));
  out.clear();
  append_milter_negotiation(out, {.version = 2, .actions = 0, .protocol = 0}, {{MilterCommand::mail, "i"}});
  EXPECT_EQ(out, frame('O', "\0\0\0\2\0\0\0\0\0\0\0\0"sv));
}

TEST(MilterAnswer, VerdictsAndLinesOnTheWire) {
  std::string out;
  for (const auto v : {MilterVerdict::carry_on, MilterVerdict::accept, MilterVerdict::reject, MilterVerdict::tempfail})
    append_milter_verdict(out, v);
  EXPECT_EQ(out, frame('c', "") + frame('a', "") + frame('r', "") + frame('t', ""));
  out.clear();
  append_milter_reply(out, {.code = 550, .status = "5.7.1", .text = "100%\r\n\0y"sv});
  EXPECT_EQ(out, frame('y', "550 5.7.1 100%%???y\0"sv));
  out.clear();
  append_milter_quarantine(out, "case\n7");
  EXPECT_EQ(out, frame('q', "case?7\0"sv));
}

TEST(MilterAnswerDeathTest, OnlyCommandsThatHaveMacrosAreNamed) {
  std::string out;
  EXPECT_DEATH(append_milter_negotiation(out, {.version = 6, .actions = kMilterMayNameMacros, .protocol = 0},
                                         {{MilterCommand::quit, "i"}}),
               "broken invariant");
}

}  // namespace
}  // namespace postern::wire
