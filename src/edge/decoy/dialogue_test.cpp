// SPDX-License-Identifier: Apache-2.0
#include "edge/decoy/dialogue.h"

#include <gtest/gtest.h>

#include "wire/base64.h"

namespace postern::edge::decoy {
namespace {

const std::set<std::string> kHoney{"anna@isp.example"};

class DialogueTest : public testing::Test {
 protected:
  std::string say(std::string_view bytes) {
    std::string out;
    open_ = dialogue_.take(bytes, out);
    return out;
  }
  void play(Play what, uint16_t port = 25) { dialogue_ = Dialogue(what, port, "mx.isp.example", kHoney); }
  std::string greeting() const {
    std::string out;
    dialogue_.greet(out);
    return out;
  }
  Dialogue dialogue_{Play::smtp, 25, "mx.isp.example", kHoney};
  bool open_ = true;
};

TEST_F(DialogueTest, AMailServerKnowsNobody) {
  EXPECT_EQ(greeting(), "220 mx.isp.example ESMTP\r\n");
  EXPECT_EQ(say("EHLO me\r\n"), "250-mx.isp.example\r\n250 8BITMIME\r\n");
  EXPECT_EQ(say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"),
            "250 2.1.0 OK\r\n550 5.1.1 no such user\r\n554 5.5.1 no valid recipients\r\n");
  EXPECT_EQ(say("AUTH PLAIN AAAA\r\nSTARTTLS\r\n"), "502 5.5.1 not implemented\r\n502 5.5.1 not implemented\r\n");
  EXPECT_EQ(say("QUIT\r\n"), "221 2.0.0 mx.isp.example closing\r\n");
  EXPECT_FALSE(open_);
}

TEST_F(DialogueTest, AnOpenRelayTakesEverythingAndKeepsNothing) {
  play(Play::open_relay);
  EXPECT_EQ(say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"), "250 2.1.0 OK\r\n250 2.1.5 OK\r\n354 go ahead\r\n");
  EXPECT_EQ(say("Subject: x\r\n\r\nQUIT\r\n..\r\n.\r"), "") << "a body is no command";
  EXPECT_EQ(say("\nNOOP\r\n"), "250 2.0.0 queued\r\n250 2.0.0 OK\r\n");
  EXPECT_EQ(say("DATA\r\n.\r\n"), "354 go ahead\r\n250 2.0.0 queued\r\n") << "an empty body";
  EXPECT_EQ(dialogue_.heard().messages, 2U);
}

TEST_F(DialogueTest, SignInIsRefusedAndHoneyIsSeen) {
  play(Play::sign_in, 587);
  EXPECT_EQ(say("EHLO me\r\n"), "250-mx.isp.example\r\n250 AUTH PLAIN LOGIN\r\n");
  EXPECT_EQ(say("MAIL FROM:<a@b>\r\n"), "530 5.7.0 Authentication required\r\n");
  EXPECT_EQ(say("AUTH LOGIN\r\n" + wire::base64("bob") + "\r\n" + wire::base64("x") + "\r\n"),
            "334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n535 5.7.8 Authentication credentials invalid\r\n");
  EXPECT_FALSE(dialogue_.heard().honey);
  EXPECT_EQ(say("AUTH PLAIN\r\n*\r\nAUTH PLAIN !!\r\nAUTH NTLM\r\n"),
            "334 \r\n501 5.7.0 cancelled\r\n501 5.5.2 cannot decode\r\n504 5.5.4 no such mechanism\r\n");
  using namespace std::string_literals;
  EXPECT_EQ(say("auth plain " + wire::base64("\0Anna@ISP.example\0secret"s) + "\r\n"),
            "535 5.7.8 Authentication credentials invalid\r\n");
  EXPECT_TRUE(dialogue_.heard().honey);
  EXPECT_EQ(dialogue_.heard().sign_ins, 2U);
}

TEST_F(DialogueTest, TelnetAsksThreeTimes) {
  play(Play::worm, 23);
  EXPECT_EQ(greeting(), "login: ");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(open_, true);
    EXPECT_EQ(say("root\r\n"), "Password: ");
    EXPECT_EQ(say("admin\r\n"), "\r\nLogin incorrect\r\nlogin: ");
  }
  EXPECT_FALSE(open_);
  EXPECT_EQ(dialogue_.heard().sign_ins, 3U);
  play(Play::worm, 445);
  EXPECT_EQ(greeting() + say("\xff\x53MB whatever\r\n"), "") << "the bait on 445 says nothing";
}

TEST_F(DialogueTest, Bounds) {
  EXPECT_EQ(say(std::string(100'000, 'a') + "\r\n"), "502 5.5.1 not implemented\r\n");
  for (uint32_t i = 1; i < kCommandsMax; ++i) EXPECT_EQ(say("NOOP\r\n"), "250 2.0.0 OK\r\n");
  EXPECT_EQ(say("NOOP\r\n"), "421 4.7.0 mx.isp.example too many commands\r\n");
  EXPECT_FALSE(open_);
  play(Play::open_relay);
  EXPECT_EQ(say("DATA\r\n"), "354 go ahead\r\n");
  for (int i = 0; i < 4 && open_; ++i) say(std::string(kOctetsMax / 4, 'x'));
  EXPECT_FALSE(open_);
}

}  // namespace
}  // namespace postern::edge::decoy
