// SPDX-License-Identifier: Apache-2.0
#include "edge/explainer/explainer.h"

#include <array>
#include <gtest/gtest.h>
#include <map>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include "base/endpoint.h"
#include "edge/explainer/test_client.h"

namespace postern::edge::explainer {
namespace {

using model::LineEntry;
using model::Reason;
using model::SubscriberId;
using model::Verdict;

// An explainer on loopback with a clock of its own; every wait turns its loop.
class ExplainerTest : public ::testing::Test {
 protected:
  static constexpr const char* kLoopback4 = "127.0.0.1:0";
  static constexpr const char* kLoopback6 = "[::1]:0";

  static Config config() {
    Config c;
    c.texts = {"Example Net", "https://mail.example.net", "relay.example.net", "help@example.net", ""};
    return c;
  }
  void start(const Config& c = config()) {
    Listeners l;
    l.v4 = sys::listen_tcp(parse_endpoint(kLoopback4).value(), 128, false).value();
    l.v6 = sys::listen_tcp(parse_endpoint(kLoopback6).value(), 128, false).value();
    at4_ = sys::local_of(l.v4.get());
    at6_ = sys::local_of(l.v6.get());
    explainer_ = Explainer::make(
                     c, std::move(l),
                     [this](const IpAddress& source) -> std::optional<LineEntry> {
                       const auto it = lines_.find(source);
                       return it == lines_.end() ? std::nullopt : std::optional(it->second);
                     },
                     key_, Clock{[this] { return utc_; }, [this] { return monotonic_; }},
                     [this](const Served& s) { served_.push_back(s); })
                     .value();
    explainer_->start(loop_);
  }
  void set_line(const char* address, Verdict verdict, Reason reason, model::Limits limits = {}, Time expires = {}) {
    LineEntry e;
    e.line = SubscriberId{1001};
    e.verdict = verdict;
    e.reason = reason;
    e.revision = 3;
    e.limits = limits;
    e.expires = expires;
    lines_[parse_ip(address).value()] = e;
  }
  TestClient call(const char* from = "127.0.0.1") {
    const IpAddress source = parse_ip(from).value();
    return TestClient(source, source.family == Family::v4 ? at4_ : at6_, [this] { loop_.step(milliseconds(1)); });
  }
  // Time passes, then the loop sees what it did.
  void pass(Duration d) {
    monotonic_ = monotonic_ + d;
    utc_ = utc_ + d;
    explainer_->tick();
    loop_.step({});
  }
  tables::Reference reference_in(const std::string& reply) const {
    const size_t at = reply.rfind("/r/");
    EXPECT_NE(at, std::string::npos) << reply;
    return key_.read(reply.substr(at + 3, 17), utc_.unix_day(), 3).value();
  }

  sys::Loop loop_;
  Time utc_ = parse_time("2026-11-22T19:00:00Z").value();
  Duration monotonic_ = hours(5);
  tables::ReferenceKey key_{std::array<uint8_t, 32>{1, 2, 3}};
  std::map<IpAddress, LineEntry> lines_;
  std::vector<Served> served_;
  Endpoint at4_;
  Endpoint at6_;
  std::unique_ptr<Explainer> explainer_;
};

TEST_F(ExplainerTest, ClosedLineReadsWhyInBothFamiliesAndQuitsInPeace) {
  set_line("127.0.0.1", Verdict::explain, Reason::class_policy);
  set_line("::1", Verdict::explain, Reason::class_policy);
  start();
  for (const char* from : {"127.0.0.1", "::1"}) {
    TestClient client = call(from);
    const std::string greeting = client.reply();
    EXPECT_TRUE(greeting.starts_with("554-5.7.1 Example Net keeps port 25 closed")) << greeting;
    EXPECT_NE(greeting.find("relay.example.net, port 587"), std::string::npos);
    EXPECT_EQ(greeting.find("127.0.0.1"), std::string::npos);
    EXPECT_EQ(reference_in(greeting),
              (tables::Reference{SubscriberId{1001}, Reason::class_policy, 3, utc_.unix_day()}));
    client.send("QUIT\r\n");
    EXPECT_EQ(client.reply(), "221 2.0.0 mail.example.net Example Net closes the connection\r\n");
    EXPECT_EQ(client.end(), TestClient::End::closed);
  }
  EXPECT_EQ(explainer_->stats().closed, 2U);
  EXPECT_EQ(explainer_->stats().open, 0U);
  EXPECT_EQ(explainer_->stats().lost, 0U);
}

TEST_F(ExplainerTest, OtherCommandsGet503AndAfterAFewTheConnectionEnds) {
  set_line("127.0.0.1", Verdict::explain, Reason::operator_order);
  start();
  TestClient client = call();
  client.reply();
  for (const char* command :
       {"EHLO x\r\n", "STARTTLS\r\n", "AUTH PLAIN AGEAYg==\r\n", "MAIL FROM:<a@b>\r\n", "DATA\r\n"}) {
    client.send(command);
    const std::string reply = client.reply();
    EXPECT_TRUE(reply.starts_with("503 5.5.1 Example Net accepts no mail here")) << reply;
    EXPECT_EQ(reference_in(reply).reason, Reason::operator_order);
  }
  EXPECT_EQ(client.end(), TestClient::End::closed);
  EXPECT_EQ(explainer_->stats().over_input, 1U);
}

TEST_F(ExplainerTest, PipelinedCommandsAreAnsweredInOrder) {
  set_line("127.0.0.1", Verdict::explain, Reason::class_policy);
  start();
  TestClient client = call();
  client.send("EHLO x\r\nMAIL FROM:<a@b>\r\nQUIT\r\n");
  client.reply();
  EXPECT_TRUE(client.reply().starts_with("503 "));
  EXPECT_TRUE(client.reply().starts_with("503 "));
  EXPECT_TRUE(client.reply().starts_with("221 "));
  EXPECT_EQ(client.end(), TestClient::End::closed);
}

// Spam tools talk first and a lot. A close with unread bytes would reset and take the explanation away.
TEST_F(ExplainerTest, OneWhoTalksFirstStillReadsTheExplanation) {
  set_line("127.0.0.1", Verdict::explain, Reason::class_policy);
  set_line("127.0.0.2", Verdict::limited, Reason::permit, {30, 60, 0, 0});
  start();
  for (const char* from : {"127.0.0.1", "127.0.0.2"}) {
    TestClient client = call(from);
    client.send(std::string(20'000, 'x'));
    for (int i = 0; i < 50; ++i) loop_.step(milliseconds(1));
    EXPECT_NE(client.reply().find("/r/"), std::string::npos);
    client.end_of_replies();
    client.hang_up();
    for (int i = 0; i < 50 && explainer_->stats().open > 0; ++i) loop_.step(milliseconds(1));
    EXPECT_EQ(explainer_->stats().open, 0U);
  }
}

TEST_F(ExplainerTest, LimitedLineIsToldWhenItGoesOnAndLetGo) {
  set_line("127.0.0.1", Verdict::limited, Reason::permit, {30, 60, 0, 0});
  start();
  TestClient client = call();
  const std::string greeting = client.reply();
  EXPECT_TRUE(greeting.starts_with("421-4.7.1 mail.example.net Example Net limits this line to 30 new")) << greeting;
  EXPECT_NE(greeting.find("passes by 2026-11-22T19:00:03Z"), std::string::npos) << greeting;
  EXPECT_EQ(reference_in(greeting).reason, Reason::permit);
  EXPECT_EQ(client.end(), TestClient::End::closed);
  EXPECT_EQ(explainer_->stats().limited, 1U);
}

// The table changed between steering and greeting: queue, never bounce.
TEST_F(ExplainerTest, LineThatIsOpenAgainIsAskedToTryAgain) {
  set_line("127.0.0.1", Verdict::open, Reason::permit);
  start();
  EXPECT_TRUE(call().reply().starts_with("421-4.7.1 mail.example.net Example Net lets this line send mail"));
}

TEST_F(ExplainerTest, ListedUnknownAndExpiredLinesHaveTheirOwnWords) {
  set_line("127.0.0.1", Verdict::listed, Reason::permit);
  set_line("127.0.0.2", Verdict::limited, Reason::permit, {30, 60, 0, 0}, utc_);
  start();
  EXPECT_NE(call("127.0.0.1").reply().find("a permit for named mail servers"), std::string::npos);
  for (const char* from : {"127.0.0.2", "127.0.0.3"}) {
    const std::string greeting = call(from).reply();
    EXPECT_TRUE(greeting.starts_with("554-5.7.1 Example Net does not know this line")) << greeting;
    const tables::Reference r = reference_in(greeting);
    EXPECT_EQ(r.line.value, 0U);
    EXPECT_EQ(r.reason, Reason::unknown_line);
  }
  EXPECT_EQ(explainer_->stats().unknown_line, 2U);
}

TEST_F(ExplainerTest, AFloodFromOneSourceIsResetAndCountedAndOthersAreServed) {
  set_line("127.0.0.1", Verdict::explain, Reason::class_policy);
  Config c = config();
  c.banners_per_min = 2;
  start(c);
  EXPECT_FALSE(call().reply().empty());
  EXPECT_FALSE(call().reply().empty());
  EXPECT_EQ(call().end(), TestClient::End::reset);
  EXPECT_FALSE(call("127.0.0.9").reply().empty());
  pass(seconds(31));
  EXPECT_FALSE(call().reply().empty());
  EXPECT_EQ(call().end(), TestClient::End::reset);
  explainer_->flush();
  std::map<uint32_t, Served> sum;
  for (const Served& s : served_) {
    sum[s.line.value].closed += s.closed;
    sum[s.line.value].refused += s.refused;
    sum[s.line.value].source = s.source;
  }
  EXPECT_EQ(sum[1001].closed, 3U);
  EXPECT_EQ(sum[1001].refused, 2U);
  EXPECT_EQ(to_string(sum[1001].source), "127.0.0.1");
  EXPECT_EQ(sum[0].closed, 1U);
  EXPECT_EQ(explainer_->stats().refused, 2U);
}

TEST_F(ExplainerTest, WhenFullTheOneIdleLongestGivesWay) {
  Config c = config();
  c.connections_max = 2;
  start(c);
  TestClient first = call();
  TestClient second = call();
  first.reply();
  second.reply();
  pass(seconds(1));
  first.send("NOOP\r\n");
  first.reply();
  TestClient third = call();
  EXPECT_FALSE(third.reply().empty());
  EXPECT_EQ(second.end(), TestClient::End::reset);
  first.send("QUIT\r\n");
  EXPECT_TRUE(first.reply().starts_with("221 "));
  EXPECT_EQ(explainer_->stats().evicted, 1U);
}

TEST_F(ExplainerTest, OutOfDescriptorsOneGivesWayInsteadOfSpinning) {
  start();
  TestClient first = call();
  first.reply();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  TestClient second = call("127.0.0.2");  // connected, not yet accepted
  const rlimit none{static_cast<rlim_t>(second.fd()) + 1, before.rlim_max};
  // Every lower number is taken, so accept has none to give until one is closed.
  std::vector<sys::Fd> fill;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  for (int fd = 0; (fd = ::dup(0)) >= 0;) fill.emplace_back(fd);
  EXPECT_FALSE(second.reply().empty());
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(first.end(), TestClient::End::reset);
  EXPECT_EQ(explainer_->stats().evicted, 1U);
  EXPECT_GE(explainer_->stats().accept_failed, 1U);
}

TEST_F(ExplainerTest, IdleTimeoutCountsWholeCommandsOnly) {
  start();
  TestClient client = call();
  client.reply();
  pass(seconds(20));
  client.send("NOO");
  for (int i = 0; i < 20; ++i) loop_.step(milliseconds(1));
  pass(seconds(9));
  EXPECT_EQ(explainer_->stats().open, 1U);
  pass(seconds(2));
  EXPECT_EQ(explainer_->stats().timed_out, 1U);
  EXPECT_EQ(client.end(), TestClient::End::closed);
}

TEST_F(ExplainerTest, AWholeCommandStartsTheIdleTimeAgain) {
  start();
  TestClient client = call();
  client.reply();
  pass(seconds(20));
  client.send("NOOP\r\n");
  client.reply();
  pass(seconds(20));
  EXPECT_EQ(explainer_->stats().open, 1U);
  pass(seconds(10));
  EXPECT_EQ(explainer_->stats().open, 0U);
}

TEST_F(ExplainerTest, OneWhoNeverClosesIsNotWaitedForLong) {
  set_line("127.0.0.1", Verdict::limited, Reason::permit, {30, 60, 0, 0});
  start();
  TestClient client = call();
  client.reply();
  EXPECT_EQ(client.end(), TestClient::End::closed);  // our half; the client keeps its own open
  EXPECT_EQ(explainer_->stats().open, 1U);
  pass(seconds(4));
  EXPECT_EQ(explainer_->stats().open, 0U);
}

TEST_F(ExplainerTest, ReportsComeOncePerInterval) {
  set_line("127.0.0.1", Verdict::explain, Reason::class_policy);
  start();
  call().reply();
  call().reply();
  pass(seconds(9));
  EXPECT_TRUE(served_.empty());
  pass(seconds(2));
  ASSERT_EQ(served_.size(), 1U);
  EXPECT_EQ(served_[0].line.value, 1001U);
  EXPECT_EQ(served_[0].closed, 2U);
  pass(seconds(11));
  EXPECT_EQ(served_.size(), 1U);
  call().reply();
  explainer_.reset();
  EXPECT_EQ(served_.size(), 2U);
}

TEST(ExplainerMake, RefusesWhatItCannotServeWith) {
  const auto make = [](Config c, Listeners l) {
    return Explainer::make(std::move(c), std::move(l), {}, tables::ReferenceKey(std::array<uint8_t, 32>{}),
                           Clock{[] { return Time{}; }, [] { return Duration{}; }}, {});
  };
  Config c;
  c.texts = {"Example Net", "https://mail.example.net", "", "", ""};
  EXPECT_TRUE(make(c, {}));
  Config nameless = c;
  nameless.texts.provider.clear();
  EXPECT_FALSE(make(nameless, {}));
  Config none = c;
  none.connections_max = 0;
  EXPECT_NE(make(none, {}).error().text().find("connections_max"), std::string::npos);
  Listeners no_listener;
  no_listener.v4 = sys::Fd(::dup(2));
  EXPECT_NE(make(c, std::move(no_listener)).error().text().find("no listening socket"), std::string::npos);
}

}  // namespace
}  // namespace postern::edge::explainer
