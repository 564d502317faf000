// SPDX-License-Identifier: Apache-2.0
// With a real ring on the loopback interface and a real conversation; the rest of what passes there is not ours.
#include "observe/mirror/mirror.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "observe/mirror/filter.h"
#include "sys/address/kernel_address.h"
#include "sys/clock.h"
#include "tests/support/skip.h"

namespace postern::observe::mirror {
namespace {

constexpr size_t kBlocks = 2;

class MirrorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto ring = sys::open_packet_ring("lo", kBlocks, make_filter());
    if (!ring && ring.error().code == Errc::denied) PN_SKIP("needs CAP_NET_RAW");
    ASSERT_TRUE(ring) << ring.error().text();
    ring_ = std::move(*ring);
  }
  void start() {
    std::vector<sys::Fd> sockets;
    sockets.emplace_back(::dup(ring_.get()));
    auto made = Mirror::make({.ring_blocks = kBlocks, .hold = seconds(4)}, loop_, std::move(sockets),
                             {[this](const model::Flow& f) { flows_.push_back(f); }, [](const model::DnsQuestion&) {},
                              [this](const wire::Proxied& p) { proxied_.push_back(p); }},
                             sys::now);
    ASSERT_TRUE(made) << made.error().text();
    room_ = std::move(*made);
  }
  // A server that greets and a client that answers; the port.
  uint16_t talk() { return converse("220 mail.example ESMTP\r\n", "EHLO bot\r\n", true); }
  uint16_t converse(std::string_view first, std::string_view then, bool server_begins) {
    auto listener = sys::listen_tcp(*parse_endpoint("127.0.0.1:0"), 1, false);
    EXPECT_TRUE(listener);
    const Endpoint at = sys::local_of(listener->get());
    const sys::KernelAddress to = sys::kernel_form(at);
    const sys::Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(client.get(), to.get(), to.size), 0);
    int taken = -1;
    while ((taken = ::accept4(listener->get(), nullptr, nullptr, SOCK_CLOEXEC)) < 0 && errno == EAGAIN) {
    }
    const sys::Fd server(taken);
    const sys::Fd& begins = server_begins ? server : client;
    const sys::Fd& answers = server_begins ? client : server;
    std::array<char, 64> got{};
    say(begins, first);
    EXPECT_GT(::recv(answers.get(), got.data(), got.size(), 0), 0);
    say(answers, then);
    EXPECT_GT(::recv(begins.get(), got.data(), got.size(), 0), 0);
    return at.port;
  }
  static void say(const sys::Fd& fd, std::string_view text) {
    EXPECT_EQ(::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  size_t told(uint16_t port) const {
    return static_cast<size_t>(
        std::ranges::count_if(flows_, [&](const model::Flow& f) { return f.smtp && f.destination_port == port; }));
  }
  void wait_for(uint16_t port) {
    while (told(port) == 0) loop_.step(milliseconds(100));
  }

  sys::Fd ring_;
  sys::Loop loop_;
  std::vector<model::Flow> flows_;
  std::vector<wire::Proxied> proxied_;
  std::unique_ptr<Mirror> room_;
};

TEST_F(MirrorTest, SmtpOnAnOddPortIsSeenOnTheWire) {
  start();
  const uint16_t port = talk();
  wait_for(port);
  EXPECT_EQ(told(port), 1U);
  const auto found =
      std::ranges::find_if(flows_, [&](const model::Flow& f) { return f.smtp && f.destination_port == port; });
  EXPECT_EQ(to_string(found->destination), "127.0.0.1");
  const Time now = sys::now();
  EXPECT_LE(found->begin, now);
  EXPECT_GT(found->begin, now - hours(1));
  EXPECT_FALSE(room_->is_down());
}

TEST_F(MirrorTest, AProxyThatAgreesIsSeenOnTheWire) {
  start();
  const uint16_t port =
      converse("CONNECT mx.example:25 HTTP/1.1\r\n\r\n", "HTTP/1.0 200 Connection established\r\n\r\n", false);
  const auto seen = [&] {
    return std::ranges::count_if(proxied_, [&](const wire::Proxied& p) { return p.through.port == port; });
  };
  while (seen() == 0) loop_.step(milliseconds(100));
  EXPECT_EQ(seen(), 1);
  EXPECT_EQ(proxied_.back().port, 25);
}

TEST_F(MirrorTest, ASecondReaderGoesOnWhereTheFirstStopped) {
  start();
  const uint16_t first = talk();
  wait_for(first);
  room_.reset();
  const uint16_t between = talk();  // while nobody reads
  start();
  const uint16_t then = talk();
  wait_for(between);
  wait_for(then);
  EXPECT_EQ(told(first), 1U);
  EXPECT_EQ(told(between), 1U);
  EXPECT_EQ(told(then), 1U);
}

TEST(MirrorPort, AnInterfaceThatIsNotThereIsNamed) {
  const auto ring = sys::open_packet_ring("pn-none", kBlocks, make_filter());
  ASSERT_FALSE(ring);
  EXPECT_EQ(ring.error().code, Errc::not_found);
  EXPECT_NE(ring.error().text().find("pn-none"), std::string::npos);
}

}  // namespace
}  // namespace postern::observe::mirror
