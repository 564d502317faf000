// SPDX-License-Identifier: Apache-2.0
#include "edge/relay/milter/session.h"

#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <memory>
#include <vector>

namespace postern::edge::relay {
namespace {

using namespace std::string_literals;

const Time kAt{1'796'000'400'000'000};
constexpr uint32_t kAllOffered = 0x1fffff;

std::string frame(char letter, std::string_view content = {}) {
  const auto length = static_cast<uint32_t>(1 + content.size());
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(length >> shift & 0xff);
  return (out += letter).append(content);
}
std::string number(uint32_t n) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(n >> shift & 0xff);
  return out;
}
std::string texts(std::initializer_list<std::string_view> all) {
  std::string out;
  for (const std::string_view text : all) (out += text) += '\0';
  return out;
}
std::string offer(uint32_t protocol = kAllOffered) { return frame('O', number(6) + number(0x1ff) + number(protocol)); }
std::string client(std::string_view address, std::string_view port = "587", uint16_t client_port = 4'097) {
  return frame('D', "C" + texts({"{daemon_port}", port})) +
         frame('C', texts({"host"}) + (address.contains(':') ? "6"s : "4"s) + static_cast<char>(client_port >> 8) +
                        static_cast<char>(client_port & 0xff) + texts({address}));
}
std::string mail(std::string_view account = {}, bool tls = true, std::string_view argument = "BODY=7BIT") {
  std::string macros = "M";
  if (!account.empty()) macros += texts({"{auth_authen}", account});
  if (tls) macros += texts({"{tls_version}", "TLSv1.3"});
  return frame('D', macros) + frame('M', texts({"<me@isp.example>", argument}));
}
std::string to(std::string_view recipient, std::string_view mailer = "smtp") {
  return frame('D', "R" + texts({"{rcpt_mailer}", mailer})) + frame('R', texts({recipient}));
}
const std::string kGo = frame('c');
const std::string kData = frame('T');
const std::string kEnd = frame('D', "E") + frame('E');

class MilterTest : public testing::Test {
 protected:
  MilterTest()
      : memory_(SharedMemory::make("milter-test").value()),
        meters_(Meters::open(memory_, {.meters_max = 64, .messages_max = 64}, {5}).value()) {
    Limits limits{.invalid_percent = 30, .recipients_per_message = 5};
    limits.most[0] = {3, 10, 100, 0, 4};
    config_ = {.provider = "Lab ISP",
               .url = "https://help.example",
               .relay_host = "relay.example",
               .subscriber_prefixes = {parse_prefix("10.64.0.0/16").value()},
               .trusted = {},
               .classes = {{"residential", limits}},
               .otherwise = limits,
               .account = limits};
    make();
  }
  void make() {
    judge_ = std::make_unique<Judge>(config_, meters_, [](const IpAddress& a) {
      model::LineEntry e;
      if (a == parse_ip("10.64.0.7").value()) e.line = {7};
      e.class_name = "residential";
      return e;
    });
    again();
  }
  void again(bool with_size = true) { talk_ = std::make_unique<MilterTalk>(*judge_, stats_, with_size); }
  // What is answered to these bytes, cut into pieces of `piece` octets; "<left>" and "<broken>" say how it ended.
  std::string said(std::string_view bytes, size_t piece = SIZE_MAX) {
    std::string out;
    std::string unread;
    while (!bytes.empty()) {
      unread.append(bytes.substr(0, piece));
      bytes.remove_prefix(std::min(piece, bytes.size()));
      std::string_view view = unread;
      const auto goes_on = talk_->take(view, out, kAt);
      if (!goes_on) return out + "<broken>";
      if (!*goes_on) return out + "<left>";
      EXPECT_LE(view.size(), kTalkOctetsMax);
      unread = std::string(view);
    }
    return out;
  }
  uint32_t used(uint64_t key, Quantity q) {
    const Meter* m = meters_.find(key);
    return m == nullptr ? 0 : m->used(Window::hour, q, static_cast<uint32_t>(kAt.unix_seconds()));
  }
  uint32_t of_line(Quantity q) { return used(judge_->key_of_line(7), q); }
  uint32_t of_account(Quantity q) { return used(judge_->key_of_account("erika@isp"), q); }

  Config config_;
  sys::Fd memory_;
  Meters meters_;
  std::unique_ptr<Judge> judge_;
  TalkStats stats_;
  std::unique_ptr<MilterTalk> talk_;
};

TEST_F(MilterTest, AClientBehindANatIsToldByItsPort) {
  config_.nats = {{{{.outside = parse_prefix("198.51.100.1/32").value(),
                     .inside = parse_prefix("10.64.0.0/28").value(),
                     .first_port = 1'024,
                     .ports = 256}},
                   {}},
                  nullptr,
                  {}};
  make();
  ASSERT_FALSE(said(offer()).empty());
  EXPECT_EQ(said(client("198.51.100.1", "587", 1'024 + 7 * 256) + mail({}, false) + to("<a@one.example>")), kGo);
  EXPECT_EQ(of_line(Quantity::messages), 1U);
  const std::string refused =
      said(frame('K') + client("198.51.100.1", "587", 1'024 + 6 * 256) + mail({}, false) + to("<a@one.example>"));
  EXPECT_NE(refused.find("450 4.7.1"), std::string::npos) << refused;
  EXPECT_NE(said(frame('K') + client("198.51.100.1", "587", 80) + mail({}, false) + to("<a@one.example>"))
                .find("Several lines share your address"),
            std::string::npos);
  EXPECT_EQ(of_line(Quantity::messages), 1U);
}

TEST_F(MilterTest, AMessageIsOneAnswerARecipientAndOneAtItsEnd) {
  const std::string message = mail({}, false, "SIZE=1000") + to("<a@one.example>") + to("<b@two.example>") + kData +
                              frame('B', std::string(3'000, 'x')) + frame('B', std::string(2'000, 'x')) + kEnd;
  const std::string stream = offer() + client("10.64.0.7") + message + message + frame('A') + frame('Q');
  const std::string greeting = said(offer());
  EXPECT_TRUE(greeting.ends_with(texts({"{rcpt_mailer}"})));
  again();
  const std::string wanted = greeting + kGo + kGo + kGo + kGo + kGo + kGo + "<left>";
  EXPECT_EQ(said(stream), wanted);
  EXPECT_EQ(of_line(Quantity::messages), 2U);
  EXPECT_EQ(of_line(Quantity::recipients), 4U);
  EXPECT_EQ(of_line(Quantity::domains), 2U);
  EXPECT_EQ(of_line(Quantity::kilobytes), 2U * 5U) << "what came, not what was promised";
  EXPECT_EQ(of_line(Quantity::invalid), 0U);
  EXPECT_EQ(stats_.requests, 6U);
}

TEST_F(MilterTest, HoweverItIsCut) {
  const std::string stream = offer() + client("10.64.0.7") + mail() + to("<a@one.example>") + kData +
                             frame('B', std::string(2'000, 'x')) + kEnd + frame('Q');
  const std::string whole = said(stream);
  for (const size_t piece : {size_t{1}, size_t{999}}) {
    again();
    EXPECT_EQ(said(stream, piece), whole) << piece;
  }
  EXPECT_EQ(of_line(Quantity::messages), 3U);
  EXPECT_EQ(of_line(Quantity::kilobytes), 3U * 2U);
}

// The offer of a server that is content with everything: nothing of a message is asked for but what is counted.
TEST_F(MilterTest, WhatIsAskedFor) {
  const auto protocol = [](std::string_view greeting) {
    uint32_t n = 0;
    for (const char c : greeting.substr(13, 4)) n = n << 8 | static_cast<uint8_t>(c);
    return n;
  };
  constexpr uint32_t kNeither = wire::kMilterNoHeaders | wire::kMilterNoEoh | wire::kMilterNoHelo;
  const uint32_t sized = protocol(said(offer()));
  EXPECT_EQ(sized & kNeither, kNeither);
  EXPECT_EQ(sized & wire::kMilterNoBody, 0U);
  again(false);
  const uint32_t unsized = protocol(said(offer()));
  EXPECT_EQ(unsized & (kNeither | wire::kMilterNoBody), kNeither | wire::kMilterNoBody);
  again();
  EXPECT_EQ(protocol(said(offer(wire::kMilterNoHeaders))), wire::kMilterNoHeaders) << "no more than was offered";
}

// A server that awaits an answer to everything gets one to everything, and content is passed over.
TEST_F(MilterTest, AnOldServer) {
  EXPECT_FALSE(said(offer(0)).empty());
  EXPECT_EQ(said(client("10.64.0.7") + frame('H', texts({"client"})) + mail() + to("<a@one.example>") + kData +
                 frame('L', texts({"Subject", "secret"})) + frame('N') + frame('B', std::string(100'000, 'x')) + kEnd),
            kGo + kGo + kGo + kGo + kGo + kGo + kGo + kGo + kGo);
  EXPECT_EQ(of_line(Quantity::kilobytes), 98U);
}

TEST_F(MilterTest, TheSentencesOfThePolicyServer) {
  (void)said(offer() + client("198.51.100.9"));
  EXPECT_EQ(said(mail() + to("<a@far.example>")),
            frame('y',
                  "530 5.7.0 Lab ISP: Authentication required: sign in with your mail account on port 587 or "
                  "465. https://help.example\0"s));
  EXPECT_NE(said(mail("erika@isp", false) + to("<a@far.example>")).find("538 5.7.11 "), std::string::npos);
  EXPECT_EQ(said(mail("Erika@isp") + to("<a@far.example>") + kData + kEnd), kGo + kGo);
  EXPECT_EQ(of_account(Quantity::messages), 1U);
  EXPECT_EQ(said(mail() + to("<a@far.example>")).substr(5, 3), "530") << "who signed in for one message before";
  EXPECT_EQ(stats_.refused, 3U);
}

TEST_F(MilterTest, ALimitIsReachedWithinASessionAndAcrossSessions) {
  (void)said(offer() + client("10.64.0.7"));
  const std::string one = mail() + to("<a@far.example>") + kData + kEnd;
  EXPECT_EQ(said(one + one), kGo + kGo + kGo + kGo);
  again();
  (void)said(offer() + client("10.64.0.7"));
  EXPECT_EQ(said(one), kGo + kGo);
  EXPECT_NE(said(mail() + to("<a@far.example>")).find("450 4.7.1 Lab ISP: Your line reached its limit of 3 messages"),
            std::string::npos);
  std::string many;
  again();
  (void)said(offer() + client("198.51.100.9"));
  for (int i = 0; i < 6; ++i) many += to("<a@far.example>");
  const std::string answers = said(mail("erika@isp") + many);
  EXPECT_TRUE(answers.starts_with(kGo + kGo + kGo + kGo + kGo));
  EXPECT_NE(answers.find("452 4.5.3 "), std::string::npos);
}

TEST_F(MilterTest, ABodyThatIsTooLargeIsRefusedAtItsEnd) {
  (void)said(offer() + client("10.64.0.7"));
  const std::string large = frame('B', std::string(60'000, 'x'));
  EXPECT_EQ(said(mail() + to("<a@far.example>") + kData + large + kEnd), kGo + kGo);
  const std::string told = said(mail() + to("<a@far.example>") + kData + large + kEnd);
  EXPECT_NE(told.find("450 4.7.1 Lab ISP: Your line reached its limit of 100 kB of mail"), std::string::npos);
  EXPECT_EQ(of_line(Quantity::kilobytes), 59U) << "what was refused is not counted";
}

TEST_F(MilterTest, WhatTheServerRefusesItselfCountsAsNotExisting) {
  (void)said(offer() + client("198.51.100.9"));
  EXPECT_EQ(said(mail("erika@isp") + to("<a@far.example>") + to("<gone@far.example>", "error") + frame('D', "R") +
                 frame('R', texts({"<b@far.example>"})) + kData + kEnd),
            kGo + kGo + kGo + kGo);
  EXPECT_EQ(of_account(Quantity::recipients), 3U);
  EXPECT_EQ(of_account(Quantity::invalid), 1U);
}

TEST_F(MilterTest, AMessageThatNeverComes) {
  (void)said(offer() + client("198.51.100.9"));
  EXPECT_EQ(said(mail("erika@isp") + to("<a@far.example>") + to("<b@far.example>") + frame('A')), kGo + kGo);
  EXPECT_EQ(of_account(Quantity::invalid), 2U) << "addresses were tried";
  EXPECT_EQ(said(mail("erika@isp") + to("<a@far.example>") + kData + frame('A')), kGo);
  EXPECT_EQ(of_account(Quantity::invalid), 2U) << "broken off in DATA";
  EXPECT_EQ(said(mail("erika@isp") + to("<a@far.example>")), kGo);
  talk_.reset();
  judge_->sweep(kAt + hours(2));
  EXPECT_EQ(judge_->stats().invalid, 2U) << "the connection ended: the message may come past us";
  EXPECT_EQ(judge_->stats().messages, 3U);
}

TEST_F(MilterTest, AnotherClientOnTheSameConnection) {
  (void)said(offer() + client("198.51.100.9"));
  EXPECT_EQ(said(mail("erika@isp") + to("<a@far.example>") + kData + kEnd + frame('K')), kGo + kGo);
  EXPECT_EQ(said(client("10.64.0.7") + mail() + to("<a@far.example>")), kGo);
  EXPECT_EQ(of_line(Quantity::messages), 1U);
  EXPECT_EQ(of_account(Quantity::messages), 1U);
}

// Recorded from Postfix 3.7.11 that had been told to send more than we ask for.
TEST_F(MilterTest, WhatPostfixSends) {
  std::ifstream in("src/wire/milter/frame_corpus/postfix_3_7_11_auth", std::ios::binary);
  const std::string stream{std::istreambuf_iterator<char>(in), {}};
  ASSERT_FALSE(stream.empty());
  EXPECT_TRUE(said(stream, 7).ends_with(kGo + kGo + kGo + "<left>"));
}

TEST_F(MilterTest, PeersThatAreBroken) {
  const std::string good = offer() + client("10.64.0.7");
  for (const std::string& bad :
       {mail(), frame('Q'), offer() + offer(), good + to("<a@far.example>"), good + kEnd, good + frame('z'),
        good + frame('M', "no end"), good + frame('D', std::string(kTalkOctetsMax, 'x')),
        good + "\x7f\xff\xff\xff" + "B", offer() + frame('C', "x"s), frame('O', "short")}) {
    again();
    EXPECT_TRUE(said(bad).ends_with("<broken>"));
    again();
    EXPECT_TRUE(said(bad, 1).ends_with("<broken>"));
  }
  EXPECT_EQ(of_line(Quantity::messages), 0U);
}

}  // namespace
}  // namespace postern::edge::relay
