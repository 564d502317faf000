// SPDX-License-Identifier: Apache-2.0
// The other side is a socket of the test's own that misbehaves to order; real peers are in tests/lab/plug_test.py.
#include "act/radius_coa/radius_coa.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "sys/clock.h"
#include "sys/udp.h"

namespace postern::act::radius_coa {
namespace {

using model::ReceiptState;

class CoaTest : public ::testing::Test {
 protected:
  CoaTest() {
    nas_ = std::move(*sys::bind_udp(*parse_endpoint("127.0.0.1:0")));
    sockaddr_in at{};
    socklen_t size = sizeof at;
    EXPECT_EQ(::getsockname(nas_.get(), reinterpret_cast<sockaddr*>(&at), &size), 0);
    Config config{.retransmit_after = milliseconds(40), .attempts = 3, .in_flight_max = 2};
    config.nases.push_back({.name = "bng1",
                            .address = {*parse_ip("127.0.0.1"), ntohs(at.sin_port)},
                            .secret = "s3cret",
                            .identify = {Identify::user_name, Identify::acct_session_id},
                            .methods = {wire::DynAuthVerb::coa, wire::DynAuthVerb::disconnect},
                            .garden = {*model::parse_radius_attribute("Filter-Id = garden")},
                            .normal = {*model::parse_radius_attribute("Filter-Id = {class}")}});
    client_ = std::make_unique<RadiusCoa>(
        std::move(config), loop_, [this](const model::PlugAnswer& a) { said_.push_back(a.receipt); }, sys::now);
    EXPECT_TRUE(client_->open());
  }

  static model::PlugAsk ask(uint64_t order, uint8_t step = 0, bool garden = true) {
    return {.order = {order},
            .step = step,
            .session = {order},
            .garden = garden,
            .nas = "bng1",
            .session_key = "S-1",
            .line_key = "cust-1",
            .class_name = "business"};
  }
  struct Asked {
    Bytes bytes;
    Endpoint from;
    wire::DynAuthRequest request;
  };
  // The next request that reaches the NAS.
  std::optional<Asked> next(int turns = 200) {
    Bytes buffer(4096);
    for (int i = 0; i < turns; ++i) {
      loop_.step(milliseconds(5));
      const auto got = sys::receive(nas_.get(), buffer);
      if (!got || !*got) continue;
      Asked out{{buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>((*got)->octets)}, (*got)->from, {}};
      const auto request = wire::decode_dynauth_request(out.bytes, "s3cret");
      EXPECT_TRUE(request);
      if (request) out.request = *request;
      return out;
    }
    return std::nullopt;
  }
  void answer(const Asked& to, bool ack, std::optional<uint32_t> cause = {}, const std::string& secret = "s3cret") {
    const Bytes told =
        wire::encode_dynauth_answer({.id = to.request.id, .verb = to.request.verb, .ack = ack, .error_cause = cause},
                                    wire::decode_radius_header(to.bytes)->authenticator, secret);
    EXPECT_TRUE(sys::send(nas_.get(), {}, to.from, told));
  }
  const model::Receipt& said(size_t n = 1) {
    for (int i = 0; i < 400 && said_.size() < n; ++i) loop_.step(milliseconds(5));
    EXPECT_EQ(said_.size(), n);
    static const model::Receipt kNone;
    return said_.empty() ? kNone : said_.back();
  }

  sys::Loop loop_;
  sys::Fd nas_;
  std::unique_ptr<RadiusCoa> client_;
  std::vector<model::Receipt> said_;
};

TEST_F(CoaTest, AckIsAcceptedAndAskedAgainIsAnsweredAgain) {
  client_->ask(ask(1));
  const auto asked = next();
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->request.verb, wire::DynAuthVerb::coa);
  ASSERT_EQ(asked->request.attributes.size(), 3U);
  EXPECT_EQ(asked->request.attributes[0], model::text_attribute(1, "cust-1"));
  EXPECT_EQ(asked->request.attributes[1], model::text_attribute(44, "S-1"));
  EXPECT_EQ(asked->request.attributes[2], model::text_attribute(11, "garden"));
  client_->ask(ask(1));  // under way: one ask
  answer(*asked, true);
  EXPECT_EQ(said().state, ReceiptState::accepted);
  client_->ask(ask(1));
  EXPECT_EQ(said(2).state, ReceiptState::accepted);
  EXPECT_EQ(client_->stats().sent, 1U);
  answer(*asked, true);  // a duplicate
  loop_.step(milliseconds(20));
  EXPECT_EQ(client_->stats().duplicate_replies, 1U);
  EXPECT_EQ(said_.size(), 2U);
}

TEST_F(CoaTest, SilenceIsSentAgainByteForByteAndThenLost) {
  client_->ask(ask(1));
  const auto first = next();
  const auto second = next();
  const auto third = next();
  ASSERT_TRUE(first && second && third);
  EXPECT_EQ(first->bytes, second->bytes);
  EXPECT_EQ(first->bytes, third->bytes);
  EXPECT_EQ(said().state, ReceiptState::lost);
  EXPECT_NE(said().detail.find("no answer to 3 packets"), std::string::npos);
  EXPECT_FALSE(next(10));
}

TEST_F(CoaTest, AWrongSecretIsToldFromSilence) {
  client_->ask(ask(1));
  for (int i = 0; i < 3; ++i) {
    const auto asked = next();
    ASSERT_TRUE(asked);
    answer(*asked, true, {}, "other");
  }
  EXPECT_EQ(said().state, ReceiptState::lost);
  EXPECT_NE(said().detail.find("the secret differs"), std::string::npos);
  EXPECT_EQ(client_->stats().wrong_secret, 3U);
}

TEST_F(CoaTest, AForgedAnswerDoesNotHinderTheRealOne) {
  client_->ask(ask(1));
  const auto asked = next();
  ASSERT_TRUE(asked);
  answer(*asked, false, 503, "forged");
  answer(*asked, true);
  EXPECT_EQ(said().state, ReceiptState::accepted);
}

TEST_F(CoaTest, CausesSayWhatNext) {
  client_->ask(ask(1));
  answer(*next(), false, 407);
  EXPECT_EQ(said(1).state, ReceiptState::refused);
  EXPECT_NE(said_.back().detail.find("Invalid-Attribute-Value"), std::string::npos);
  client_->ask(ask(2));
  answer(*next(), false, 503);
  EXPECT_EQ(said(2).state, ReceiptState::withdrawn);
  client_->ask(ask(3));
  answer(*next(), false, 506);  // not now: it is sent again
  answer(*next(), true);
  EXPECT_EQ(said(3).state, ReceiptState::accepted);
}

TEST_F(CoaTest, RestoreAndDisconnect) {
  client_->ask(ask(1, 0, false));
  EXPECT_EQ(next()->request.attributes.back(), model::text_attribute(11, "business"));
  client_->ask(ask(2, 1));
  std::optional<Asked> asked;
  do asked = next();
  while (asked && asked->request.verb != wire::DynAuthVerb::disconnect);
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->request.attributes.size(), 2U);
}

TEST_F(CoaTest, ANewerOrderEndsWhatTheOlderWanted) {
  client_->ask(ask(1));
  const auto plug = next();
  ASSERT_TRUE(plug);
  model::PlugAsk restore = ask(2, 0, false);
  restore.session = {1};
  client_->ask(restore);
  answer(*plug, true);  // comes late
  const auto asked = next();
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->request.attributes.back(), model::text_attribute(11, "business"));
  answer(*asked, true);
  EXPECT_EQ(said().order, model::OrderId{2});
  EXPECT_EQ(client_->in_flight(), 0U);
}

TEST_F(CoaTest, NoMoreThanAllowedAtOnce) {
  for (uint64_t order = 1; order <= 5; ++order) client_->ask(ask(order));
  EXPECT_EQ(client_->in_flight(), 2U);
  EXPECT_EQ(client_->waiting(), 3U);
  for (int i = 0; i < 60 && said_.size() < 5; ++i)
    if (const auto asked = next(20)) answer(*asked, true);
  EXPECT_EQ(said_.size(), 5U);
}

TEST_F(CoaTest, WhoCannotBeAskedIsSaid) {
  model::PlugAsk unknown = ask(1);
  unknown.nas = "bng9";
  client_->ask(unknown);
  EXPECT_EQ(said(1).state, ReceiptState::withdrawn);
  client_->ask(ask(2, 2));
  EXPECT_EQ(said(2).state, ReceiptState::refused);
  model::PlugAsk nameless = ask(3);
  nameless.line_key = nameless.session_key = "";
  client_->ask(nameless);
  EXPECT_EQ(said(3).state, ReceiptState::refused);
  EXPECT_EQ(client_->stats().sent, 0U);
}

}  // namespace
}  // namespace postern::act::radius_coa
