// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/smtp_seen/sign_ins.h"

#include <gtest/gtest.h>
#include <vector>

#include "wire/traffic/packet/packets_test.h"

namespace postern::wire {
namespace {

using model::SignIn;

class SignInsTest : public ::testing::Test {
 protected:
  void server(const std::string& text) {
    PacketHeaders p = packet(text);
    p.source = server_;
    p.destination = client_;
    p.source_port = 587;
    p.destination_port = port_;
    p.tcp_acknowledged = said_;
    seen_.from_server(now_, p);
  }
  void client(const std::string& text, uint8_t flags = 0x18) {
    PacketHeaders p = packet(text);
    p.source = client_;
    p.destination = server_;
    p.source_port = port_;
    p.destination_port = 587;
    p.tcp_sequence = said_;
    p.tcp_flags = flags;
    seen_.from_client(now_, p);
    said_ += static_cast<uint32_t>(text.size());
  }
  void greet() {
    server("220 mail.example ESMTP\r\n");
    client("EHLO laptop\r\n");
    server("250-mail.example\r\n250 AUTH PLAIN LOGIN\r\n");
  }
  PacketHeaders packet(const std::string& text) {
    kept_ = testing::bytes_of(text);
    return testing::segment_of(kept_);
  }

  IpAddress client_ = *parse_ip("192.0.2.1");
  IpAddress server_ = *parse_ip("198.51.100.2");
  uint16_t port_ = 40'000;
  uint32_t said_ = 0xfffffff0;  // and around its end
  Time now_ = Time{} + seconds(1'700'000'000);
  Bytes kept_;
  std::vector<model::Flow> flows_;
  SignIns seen_{[this](const model::Flow& f) { flows_.push_back(f); }};
};

TEST_F(SignInsTest, PlainWithItsInitialResponse) {
  greet();
  now_ = now_ + seconds(3);
  client("auth Plain AGFubmEAc2VjcmV0\r\n");
  ASSERT_EQ(flows_.size(), 1U);
  EXPECT_EQ(flows_[0].source, client_);
  EXPECT_EQ(flows_[0].destination, server_);
  EXPECT_EQ(flows_[0].destination_port, 587);
  EXPECT_EQ(flows_[0].begin, now_);
  EXPECT_EQ(flows_[0].sign_in, SignIn::password);
  EXPECT_FALSE(flows_[0].smtp);
  server("235 2.7.0 ok\r\n");
  EXPECT_EQ(seen_.talks(), 0U) << "nothing is kept of it";
}

TEST_F(SignInsTest, PromptsAreAnswered) {
  greet();
  client("AUTH LOGIN\r\n");
  server("334 VXNlcm5hbWU6\r\n");
  client("YW5uYQ==\r\n");
  server("334 UGFzc3dvcmQ6\r\n");
  EXPECT_TRUE(flows_.empty()) << "a name alone opens nothing";
  client("c2VjcmV0\r\n");
  EXPECT_EQ(flows_.size(), 1U);
}

TEST_F(SignInsTest, TheOtherForms) {
  for (const auto& [auth, prompts, gives] :
       {std::tuple("AUTH PLAIN\r\n", 1, SignIn::password), std::tuple("AUTH PLAIN =\r\n", 1, SignIn::password),
        std::tuple("AUTH LOGIN YW5uYQ==\r\n", 1, SignIn::password),
        std::tuple("AUTH XOAUTH2 dXNlcj1hbm5h\r\n", 0, SignIn::token),
        std::tuple("AUTH OAUTHBEARER\r\n", 1, SignIn::token)}) {
    flows_.clear();
    ++port_;
    greet();
    client(auth);
    for (int i = 0; i < prompts; ++i) {
      EXPECT_TRUE(flows_.empty()) << auth;
      server("334 \r\n");
      client("c2VjcmV0\r\n");
    }
    ASSERT_EQ(flows_.size(), 1U) << auth;
    EXPECT_EQ(flows_[0].sign_in, gives) << auth;
  }
}

TEST_F(SignInsTest, APipelinedAuthAndASecondTry) {
  server("220 mail.example\r\n");
  client("EHLO bot\r\nAUTH PLAIN AGFubmEAc2VjcmV0\r\n");
  EXPECT_EQ(flows_.size(), 1U);
  ++port_;
  greet();
  client("AUTH CRAM-MD5\r\n");
  server("334 PDEuMkBtYWlsLmV4YW1wbGU+\r\n");
  client("YW5uYSBkZWFkYmVlZg==\r\n");
  EXPECT_EQ(flows_.size(), 1U) << "that shows no password";
  server("535 5.7.8 no\r\n");
  client("AUTH LOGIN\r\n");
  server("334 VXNlcm5hbWU6\r\n");
  client("*\r\n");
  server("501 5.7.0 cancelled\r\n");
  client("AUTH LOGIN\r\n");
  server("504 5.5.4 no such mechanism\r\n");
  client("NOOP\r\n");
  server("250 ok\r\n");
  client("AUTH PLAIN AGFubmEAc2VjcmV0\r\n");
  EXPECT_EQ(flows_.size(), 2U);
}

TEST_F(SignInsTest, WhatIsRefusedBeforeItShowsAnythingIsNone) {
  greet();
  client("AUTH LOGIN\r\n");
  server("538 5.7.11 encryption required\r\n");
  client("QUIT\r\n");
  client("AUTH PLAIN AGFubmEAc2VjcmV0\r\n");
  EXPECT_TRUE(flows_.empty());
}

TEST_F(SignInsTest, EncryptionThatIsGrantedHidesAllAndARefusalDoesNot) {
  greet();
  client("STARTTLS\r\n");
  server("220 2.0.0 go on\r\n");
  client("\x16\x03\x01 hello");
  // Octets that look like a command cannot follow; if they did, they were encrypted.
  client("AUTH PLAIN AGFubmEAc2VjcmV0\r\n");
  EXPECT_TRUE(flows_.empty());
  ++port_;
  greet();
  client("STARTTLS\r\n");
  server("454 4.7.0 not now\r\n");
  client("AUTH PLAIN AGFubmEAc2VjcmV0\r\n");
  EXPECT_EQ(flows_.size(), 1U);
}

TEST_F(SignInsTest, AMailAboutItIsNone) {
  greet();
  client("MAIL FROM:<a@b.example>\r\n");
  server("250 ok\r\n");
  client("DATA\r\n");
  server("354 go on\r\n");
  client("AUTH PLAIN AGFubmEAc2VjcmV0\r\n");
  EXPECT_TRUE(flows_.empty());
  EXPECT_EQ(seen_.talks(), 0U);
}

TEST_F(SignInsTest, OnlyTheNextOctetOfTheClientCounts) {
  greet();
  said_ += 100;
  client("AUTH PLAIN AGFubmEAc2VjcmV0\r\n");
  EXPECT_TRUE(flows_.empty());
  said_ -= 100;
  server("250 ok\r\n");
  client("AUTH PLAIN AGFubmEAc2VjcmV0\r\n");
  EXPECT_EQ(flows_.size(), 1U);
}

TEST_F(SignInsTest, AnAnswerThatTheCaptureCutIsKnownByItsFirstLine) {
  server("220 mail.example ESMTP\r\n");
  client("EHLO laptop\r\n");
  server("250-mail.example\r\n250-SIZE 1000\r\n250-AUTH PL");
  client("AUTH PLAIN AGFubmEAc2VjcmV0\r\n");
  EXPECT_EQ(flows_.size(), 1U);
  ++port_;
  greet();
  server("250 ok\r\n354 g");
  client("AUTH PLAIN AGFubmEAc2VjcmV0\r\n");
  EXPECT_EQ(flows_.size(), 1U) << "whether that was all it said is not known";
}

TEST_F(SignInsTest, WhoeverDidNotGreetIsNoServer) {
  server("250 mail.example\r\n");
  client("AUTH PLAIN AGFubmEAc2VjcmV0\r\n");
  EXPECT_TRUE(flows_.empty());
  greet();
  client("", 2);  // a new connection between the same ends
  client("AUTH PLAIN AGFubmEAc2VjcmV0\r\n");
  EXPECT_TRUE(flows_.empty());
}

TEST_F(SignInsTest, TimeAndTableAreBounded) {
  greet();
  now_ = now_ + SignIns::kWithin + seconds(1);
  client("AUTH PLAIN AGFubmEAc2VjcmV0\r\n");
  EXPECT_TRUE(flows_.empty());
  for (size_t i = 0; i < SignIns::kTalksMax + 100; ++i) {
    port_ = static_cast<uint16_t>(i + 1);
    server("220 x\r\n");
  }
  EXPECT_EQ(seen_.talks(), SignIns::kTalksMax);
  EXPECT_EQ(seen_.forgotten_early(), 100U);
}

}  // namespace
}  // namespace postern::wire
