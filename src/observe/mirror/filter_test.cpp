// SPDX-License-Identifier: Apache-2.0
// By the kernel itself: a filter of a socket sees what is written to the other end of a pair as a frame.
#include "observe/mirror/filter.h"

#include <array>
#include <gtest/gtest.h>
#include <string>
#include <sys/socket.h>

#include "sys/fd.h"

namespace postern::observe::mirror {
namespace {

std::string number(uint64_t v, int n) {
  std::string out;
  for (int i = n - 1; i >= 0; --i) out += static_cast<char>(i < 8 ? v >> 8 * i : 0);
  return out;
}
std::string tcp(uint16_t from, uint16_t to, uint8_t flags, const std::string& payload = "", size_t options = 0) {
  return number(from, 2) + number(to, 2) + number(7, 4) + number(9, 4) + number((5 + options) << 4, 1) +
         number(flags, 1) + number(0, 6) + std::string(options * 4, '\1') + payload;
}
std::string udp(uint16_t from, uint16_t to) { return number(from, 2) + number(to, 2) + number(12, 4) + "data"; }
std::string ipv4(uint8_t protocol, const std::string& inner, uint16_t fragment = 0, size_t options = 0) {
  return number(0x45 + options, 1) + number(0, 1) + number(20 + options * 4 + inner.size(), 2) + number(0, 2) +
         number(fragment, 2) + number(64, 1) + number(protocol, 1) + number(0, 10) + std::string(options * 4, '\1') +
         inner;
}
std::string ipv6(uint8_t next, const std::string& inner) {
  return number(0x60000000, 4) + number(inner.size(), 2) + number(next, 1) + number(64, 1) + std::string(32, '\3') +
         inner;
}
std::string frame(uint16_t type, const std::string& inner) { return std::string(12, '\2') + number(type, 2) + inner; }

constexpr uint8_t kSyn = 2;
constexpr uint8_t kAck = 16;
constexpr uint8_t kPush = 24;

std::string joined(std::initializer_list<std::string> parts) {
  std::string out;
  for (const std::string& part : parts) out += part;
  return out;
}

class FilterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::array<int, 2> pair{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair.data()), 0);
    in_ = sys::Fd(pair[0]);
    out_ = sys::Fd(pair[1]);
    auto filter = make_filter();
    const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
    ASSERT_EQ(::setsockopt(out_.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), 0);
  }
  // How much of it comes up; 0 = dropped.
  size_t kept(const std::string& frame) {
    // The kernel tells a sender whose datagram a filter drops.
    (void)::send(in_.get(), frame.data(), frame.size(), MSG_DONTWAIT);
    std::array<char, 4096> got{};
    const ssize_t n = ::recv(out_.get(), got.data(), got.size(), MSG_DONTWAIT);
    return n < 0 ? 0 : static_cast<size_t>(n);
  }
  // Over both families.
  bool passes(const std::string& segment) {
    const bool four = kept(frame(0x0800, ipv4(6, segment))) != 0;
    EXPECT_EQ(kept(frame(0x86dd, ipv6(6, segment))) != 0, four);
    return four;
  }

  sys::Fd in_;
  sys::Fd out_;
};

TEST_F(FilterTest, BeginningsAndEndsOfAnyPort) {
  EXPECT_TRUE(passes(tcp(40'000, 445, kSyn)));
  EXPECT_TRUE(passes(tcp(443, 40'000, kSyn | kAck)));
  EXPECT_TRUE(passes(tcp(443, 40'000, 4)));
  EXPECT_TRUE(passes(tcp(443, 40'000, 1 | kAck)));
  EXPECT_FALSE(passes(tcp(40'000, 443, kAck)));
  EXPECT_FALSE(passes(tcp(40'000, 443, kPush, "GET / HTTP/1.1\r\n")));
}

TEST_F(FilterTest, CommandsOfMailAndNotTheMail) {
  for (const uint16_t port : {25, 465, 587, 2525}) {
    EXPECT_TRUE(passes(tcp(40'000, port, kPush, "MAIL FROM:<a@b.example>\r\n")));
    EXPECT_TRUE(passes(tcp(port, 40'000, kPush, "250 ok\r\n")));
    EXPECT_FALSE(passes(tcp(40'000, port, kAck, std::string(1'400, 'x'))));
  }
}

TEST_F(FilterTest, SmtpOnAnyPortByHowItBegins) {
  for (const char* text : {"220 mail.example\r\n", "220-mail.example\r\n", "EHLO x\r\n", "helo x\r\n", "hElO x\r\n"}) {
    EXPECT_TRUE(passes(tcp(40'000, 8'025, kPush, text))) << text;
    EXPECT_TRUE(passes(tcp(40'000, 8'025, kPush, text, 10))) << text;  // behind options
  }
  for (const char* text : {"221 bye\r\n", "HELP\r\n", "220", "x220 "})
    EXPECT_FALSE(passes(tcp(40'000, 8'025, kPush, text))) << text;
}

TEST_F(FilterTest, WhatProxiesAreAskedAndTheirYes) {
  for (const std::string& text :
       {std::string("CONNECT mx.example:25 HTTP/1.1\r\n"), std::string("HTTP/1.0 200 Connection established\r\n"),
        number(0x05010001, 4) + number(0, 6), number(0x05000003, 4) + number(0, 6),
        number(0x0401024b, 4) + number(0, 5), number(0x005a, 2) + number(0, 6)})
    EXPECT_TRUE(passes(tcp(40'000, 8'080, kPush, text))) << text;
  for (const std::string& text : {std::string("HTTP/1.1 200 OK\r\nConnection: close\r\n"), std::string("HTTP/1.1 200"),
                                  std::string("GET / HTTP/1.1\r\n"), number(0x050100, 3), number(0x05010002, 4),
                                  number(0x040101bb, 4) + number(0, 5), number(0x005b, 2) + number(0, 6)})
    EXPECT_FALSE(passes(tcp(8'080, 40'000, kPush, text))) << text;
}

TEST_F(FilterTest, AnswersOfResolversAndNoQuestions) {
  EXPECT_NE(kept(frame(0x0800, ipv4(17, udp(53, 40'000)))), 0U);
  EXPECT_NE(kept(frame(0x86dd, ipv6(17, udp(53, 40'000)))), 0U);
  EXPECT_EQ(kept(frame(0x0800, ipv4(17, udp(40'000, 53)))), 0U);
  EXPECT_EQ(kept(frame(0x0800, ipv4(17, udp(40'000, 443)))), 0U);
  EXPECT_TRUE(passes(tcp(53, 40'000, kPush, "answer")));
  EXPECT_FALSE(passes(tcp(40'000, 53, kPush, "question")));
}

TEST_F(FilterTest, WhateverStandsInFrontOfIt) {
  for (const uint8_t flags : {kSyn, kAck}) {
    const std::string inner = ipv4(6, tcp(40'000, 25'000, flags));
    const std::string tag = number(100, 2);
    EXPECT_EQ(kept(frame(0x8100, joined({tag, number(0x0800, 2), inner}))) != 0, flags == kSyn);
    EXPECT_EQ(kept(frame(0x88a8, joined({tag, number(0x8100, 2), tag, number(0x0800, 2), inner}))) != 0, flags == kSyn);
    const std::string six = ipv6(6, tcp(40'000, 25'000, flags));
    EXPECT_EQ(kept(frame(0x8100, joined({tag, number(0x86dd, 2), six}))) != 0, flags == kSyn);
    const std::string session = number(0x11000001, 4) + number(2 + inner.size(), 2);
    EXPECT_EQ(kept(frame(0x8864, joined({session, number(0x21, 2), inner}))) != 0, flags == kSyn);
    EXPECT_EQ(kept(frame(0x8864, joined({session, number(0x57, 2), six}))) != 0, flags == kSyn);
    EXPECT_EQ(kept(frame(0x0800, ipv4(6, tcp(40'000, 25'000, flags), 0, 10))) != 0, flags == kSyn);
  }
  EXPECT_NE(kept(frame(0x8847, "label")), 0U);
  EXPECT_NE(kept(frame(0x86dd, ipv6(44, "a fragment"))), 0U);
}

TEST_F(FilterTest, WhatIsNothingOfAllThat) {
  EXPECT_EQ(kept(frame(0x0806, std::string(28, '\1'))), 0U) << "ARP";
  EXPECT_EQ(kept(frame(0x0800, ipv4(1, "an echo"))), 0U);
  EXPECT_EQ(kept(frame(0x0800, ipv4(6, tcp(40'000, 25, kSyn), 100))), 0U) << "a later fragment";
  const std::string whole = frame(0x0800, ipv4(6, tcp(40'000, 25, kSyn)));
  for (size_t cut = 1; cut < whole.size() - 7; ++cut) EXPECT_EQ(kept(whole.substr(0, cut)), 0U) << cut;
  EXPECT_EQ(kept(frame(0x0800, ipv4(6, tcp(40'000, 25, kSyn, std::string(1'000, 'x'))))), kSnapOctets);
}

}  // namespace
}  // namespace postern::observe::mirror
