// SPDX-License-Identifier: Apache-2.0
// Over loopback: every address of 127.0.0.0/8 is this machine's, so decoys, lines and the probe have their own.
#include "edge/decoy/decoy.h"

#include <arpa/inet.h>
#include <cerrno>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "sys/address/kernel_address.h"
#include "sys/clock.h"

namespace postern::edge::decoy {
namespace {

constexpr const char* kProbe = "127.0.0.9";

class DecoyTest : public testing::Test {
 protected:
  Endpoint place(const char* address, Play play, bool listens = true) {
    sys::Fd fd = std::move(*sys::listen_tcp({parse_ip(address).value(), 0}, 16, false));
    const Endpoint at = sys::local_of(fd.get());
    config_.places.push_back({at, play});
    // A listener that nobody accepts on stands for another host that has the address.
    if (!listens)
      others_.push_back(std::exchange(fd, std::move(*sys::listen_tcp({parse_ip(address).value(), 0}, 16, false))));
    listeners_.push_back(std::move(fd));
    return at;
  }
  void start(bool probed = false) {
    std::vector<sys::Fd> probes;
    config_.beat = milliseconds(400);
    if (probed) {
      config_.probe_from[0] = parse_ip(kProbe).value();
      for (size_t i = 0; i < config_.places.size(); ++i)
        probes.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    }
    decoy_ = std::make_unique<Decoy>(
        config_, loop_, std::move(listeners_), std::move(probes),
        [this](model::Observation o) {
          if (const auto* sign_in = std::get_if<model::ClearSignIn>(&o.body)) {
            sign_ins_.push_back(*sign_in);
          } else {
            told_.push_back(std::get<model::FirstContact>(o.body));
          }
        },
        Decoy::Clock{[this] { return sys::now() + later_; }, sys::monotonic});
  }
  sys::Fd connect(const Endpoint& to, const char* from, uint16_t port = 0) {
    sys::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const sys::KernelAddress mine = sys::kernel_form({parse_ip(from).value(), port});
    const sys::KernelAddress its = sys::kernel_form(to);
    EXPECT_EQ(::bind(fd.get(), mine.get(), mine.size), 0) << errno;
    EXPECT_EQ(::connect(fd.get(), its.get(), its.size), 0) << errno;
    return fd;
  }
  template <class F>
  void until(F&& done) {
    while (!done()) loop_.step(milliseconds(100));
  }
  std::string read(const sys::Fd& fd, std::string_view last) {
    std::string out;
    until([&] {
      std::array<char, 512> some{};
      const ssize_t n = ::recv(fd.get(), some.data(), some.size(), MSG_DONTWAIT);
      if (n > 0) out.append(some.data(), static_cast<size_t>(n));
      return out.ends_with(last) || n == 0 || (n < 0 && errno != EAGAIN);
    });
    return out;
  }
  static void say(const sys::Fd& fd, std::string_view text) {
    ASSERT_EQ(::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }

  Config config_;
  sys::Loop loop_;
  std::vector<sys::Fd> listeners_;
  std::vector<sys::Fd> others_;
  std::vector<model::FirstContact> told_;
  Duration later_;
  std::vector<model::ClearSignIn> sign_ins_;
  std::unique_ptr<Decoy> decoy_;
};

TEST_F(DecoyTest, AConnectionIsToldOnceAndTalkedTo) {
  config_.honey = {"anna@isp.example"};
  const Endpoint mail = place("127.0.0.77", Play::sign_in);
  const Endpoint closed = place("127.0.0.78", Play::closed);
  start();
  const sys::Fd line = connect(mail, "127.0.0.1");
  EXPECT_EQ(read(line, "\r\n"), "220 mail ESMTP\r\n");
  say(line, "AUTH PLAIN AGFubmFAaXNwLmV4YW1wbGUAeA==\r\n");
  EXPECT_EQ(read(line, "\r\n"), "535 5.7.8 Authentication credentials invalid\r\n");
  say(line, "AUTH PLAIN AGFubmFAaXNwLmV4YW1wbGUAeA==\r\n");
  EXPECT_EQ(read(line, "\r\n"), "535 5.7.8 Authentication credentials invalid\r\n");
  say(line, "QUIT\r\n");
  EXPECT_EQ(read(line, "never"), "221 2.0.0 mail closing\r\n") << "and hangs up";
  ASSERT_EQ(sign_ins_.size(), 1U) << "once for a connection";
  EXPECT_EQ(sign_ins_[0].source, parse_ip("127.0.0.1").value());
  EXPECT_EQ(sign_ins_[0].destination, mail.address);
  EXPECT_EQ(sign_ins_[0].port, mail.port);
  EXPECT_TRUE(sign_ins_[0].decoy);
  const sys::Fd again = connect(mail, "127.0.0.1");
  read(again, "\r\n");
  const sys::Fd other = connect(closed, "127.0.0.1");
  EXPECT_EQ(read(other, "never"), "") << "reset";
  ASSERT_EQ(told_.size(), 2U) << "the second time at the same decoy is no news";
  EXPECT_EQ(told_[0].destination, mail.address);
  EXPECT_EQ(told_[0].source, parse_ip("127.0.0.1").value());
  EXPECT_TRUE(told_[0].dark);
  EXPECT_EQ(told_[0].outcome, model::Outcome::unknown);
  EXPECT_EQ(told_[1].destination, closed.address);
  EXPECT_EQ(decoy_->stats().repeated, 1U);
  EXPECT_EQ(decoy_->stats().honey, 1U);
  EXPECT_EQ(decoy_->states()[0].proof, nullptr);
}

TEST_F(DecoyTest, ManyConnectionsAreBounded) {
  config_.connections_max = 3;
  config_.hits_per_s = 2;
  const Endpoint mail = place("127.0.0.77", Play::smtp);
  start();
  std::vector<sys::Fd> lines;
  for (int i = 1; i <= 5; ++i) {
    lines.push_back(connect(mail, ("127.0.1." + std::to_string(i)).c_str()));
    EXPECT_EQ(read(lines.back(), "\r\n"), "220 mail ESMTP\r\n");
    EXPECT_LE(decoy_->open(), 3U);
  }
  EXPECT_EQ(decoy_->stats().evicted, 2U);
  EXPECT_EQ(read(lines[0], "never"), "") << "the one idle longest was closed";
  EXPECT_EQ(decoy_->stats().hits + decoy_->stats().over_rate, 5U);
}

TEST_F(DecoyTest, LinesBehindANatAreToldApartByPort) {
  config_.nats = {{{{.outside = parse_prefix("127.0.0.1/32").value(),
                     .inside = parse_prefix("100.64.0.0/28").value(),
                     .skip_ends = true,
                     .first_port = 1'024,
                     .ports = 4'032}},
                   {}},
                  nullptr,
                  {}};
  const Endpoint mail = place("127.0.0.77", Play::smtp);
  start();
  const sys::Fd third = connect(mail, "127.0.0.1", 10'011);
  read(third, "\r\n");
  const sys::Fd dynamic = connect(mail, "127.0.0.1", 60'011);
  read(dynamic, "\r\n");
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(to_string(told_[0].source), "100.64.0.3");
  EXPECT_EQ(decoy_->stats().behind_nat_unknown, 1U);
}

TEST_F(DecoyTest, LinesBehindANatThatLogsAreToldApartOnceItsLogIsThere) {
  fold::NatLog log({parse_prefix("127.0.0.1/32").value()}, 16);
  config_.nats = {{}, &log, seconds(4)};
  const Endpoint mail = place("127.0.0.77", Play::smtp);
  start();
  const sys::Fd known = connect(mail, "127.0.0.1", 10'021);
  read(known, "\r\n");
  const sys::Fd not_logged = connect(mail, "127.0.0.1", 10'022);
  read(not_logged, "\r\n");
  const sys::Fd direct = connect(mail, "127.0.1.9");
  read(direct, "\r\n");
  ASSERT_EQ(told_.size(), 1U) << "who is behind no NAT waits for nothing";
  EXPECT_EQ(to_string(told_[0].source), "127.0.1.9");
  model::NatBlock given{.at = sys::now(),
                        .protocol = 6,
                        .inside = parse_ip("100.64.0.3").value(),
                        .outside = parse_ip("127.0.0.1").value(),
                        .first_port = 10'021,
                        .last_port = 10'021,
                        .exporter = parse_ip("127.0.0.9").value(),
                        .to = mail};
  ASSERT_TRUE(log.see(given));
  given.inside = parse_ip("100.64.0.4").value();
  given.to.port = 80;  // the same port at the same time, for another destination
  ASSERT_TRUE(log.see(given));
  later_ = Decoy::kLogWait;
  until([&] { return told_.size() == 2; });
  EXPECT_EQ(to_string(told_[1].source), "100.64.0.3");
  EXPECT_EQ(decoy_->stats().behind_nat_unknown, 1U);
  EXPECT_EQ(decoy_->stats().hits, 2U);
}

TEST_F(DecoyTest, ProbesProveEachDecoyAndAreNoHits) {
  place("127.0.0.77", Play::smtp);
  place("127.0.0.78", Play::closed);
  const Endpoint elsewhere = place("127.0.0.79", Play::smtp, false);
  const Endpoint gone = place("127.0.0.80", Play::worm, false);
  others_.pop_back();  // its address has no listener at all
  start(true);
  const auto life = [&](size_t i) { return decoy_->states()[i].proof->life; };
  until([&] {
    return life(0) == Life::alive && life(1) == Life::alive && life(2) == Life::dead && life(3) == Life::dead;
  });
  EXPECT_EQ(decoy_->states()[2].proof->why, "mis-routed: another host answers") << to_string(elsewhere);
  EXPECT_EQ(decoy_->states()[3].proof->why, "refused") << to_string(gone);
  const uint64_t before = decoy_->stats().probes;
  until([&] { return decoy_->stats().probes >= before + 6; });  // again and again
  EXPECT_EQ(life(0), Life::alive);
  EXPECT_TRUE(told_.empty());
  EXPECT_EQ(decoy_->open(), 0U);
}

}  // namespace
}  // namespace postern::edge::decoy
