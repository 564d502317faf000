// SPDX-License-Identifier: Apache-2.0
// With datagrams over loopback; the clock is the test's.
#include "observe/nat_log/nat_log.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <span>
#include <sys/socket.h>

#include "sys/clock.h"
#include "sys/udp.h"

namespace postern::observe::nat_log {
namespace {

using wire::NatLineIs;

const Time kStart = Time{} + seconds(1'795'851'409);  // 2026-11-28T07:36:49Z

class NatLogTest : public testing::Test {
 protected:
  NatLogTest() {
    auto socket = sys::bind_udp(*parse_endpoint("127.0.0.1:0"));
    socket_ = socket->get();
    to_ = sys::local_of(socket_);
    std::vector<sys::Fd> sockets;
    sockets.push_back(std::move(*socket));
    room_ = std::make_unique<NatLog>(Config{.senders = {*parse_prefix("127.0.0.0/30")}, .senders_max = 2}, loop_,
                                     std::move(sockets),
                                     NatLog::To{[this](const model::NatBlock& b) { blocks_.push_back(b); },
                                                [this](const model::NatLoss& l) { losses_.push_back(l); }},
                                     [this] { return now_; });
  }
  static std::string line(Time at, uint16_t port = 58'915) {
    return fmt::format(
        "<29>{} nat1 ulogd[7]: [NEW] ORIG: SRC=100.64.0.3 DST=192.0.2.25 PROTO=TCP SPT=40000 DPT=25 , REPLY: "
        "SRC=192.0.2.25 DST=203.0.113.1 PROTO=TCP SPT=25 DPT={} ",
        to_string(at), port);
  }
  // `from`: the last octet of its loopback address.
  void send(std::string_view text, int from = 1) {
    sys::Fd& fd = senders_[from];
    if (!fd) fd = *sys::bind_udp(*parse_endpoint(fmt::format("127.0.0.{}:0", from)));
    ASSERT_TRUE(sys::send(fd.get(), {}, to_, std::as_bytes(std::span(text))));
  }
  void until(const std::function<bool()>& done) {
    while (!done()) loop_.step(milliseconds(100));
  }
  [[nodiscard]] uint64_t heard() const {
    const Stats& s = room_->stats();
    return s.lines + s.not_listed + s.senders_full;
  }

  Time now_ = kStart;
  sys::Loop loop_;
  Endpoint to_;
  int socket_ = -1;
  std::map<int, sys::Fd> senders_;
  std::vector<model::NatBlock> blocks_;
  std::vector<model::NatLoss> losses_;
  std::unique_ptr<NatLog> room_;
};

TEST_F(NatLogTest, LinesOfSendersThatAreListed) {
  send(line(kStart));
  send("<38>Nov 28 07:36:49 nat1 sshd[9]: hello");
  send(line(kStart), 9);
  send(line(kStart, 1'025), 2);
  send(line(kStart), 3);
  until([&] { return heard() == 5; });
  ASSERT_EQ(blocks_.size(), 2U);
  EXPECT_EQ(to_string(blocks_[0].exporter), "127.0.0.1");
  EXPECT_EQ(to_string(blocks_[0].inside), "100.64.0.3");
  EXPECT_EQ(blocks_[1].first_port, 1'025);
  EXPECT_EQ(room_->stats().not_listed, 1U);
  EXPECT_EQ(room_->stats().senders_full, 1U) << "a third one";
  EXPECT_EQ(room_->read_as(NatLineIs::other), 1U);
  EXPECT_TRUE(losses_.empty());
}

TEST_F(NatLogTest, WhatCannotBeBelievedIsALoss) {
  send(line(kStart));
  until([&] { return heard() == 1; });
  now_ = kStart + seconds(60);
  send(line(kStart + seconds(20)));
  until([&] { return heard() == 2; });
  ASSERT_EQ(losses_.size(), 1U) << "at once";
  EXPECT_EQ(losses_[0].after, kStart) << "from the last good line on";
  EXPECT_EQ(losses_[0].until, now_);
  now_ = now_ + milliseconds(500);
  for (int i = 0; i < 50; ++i) send(line(kStart + seconds(21)));
  until([&] { return heard() == 52; });
  EXPECT_EQ(losses_.size(), 1U) << "not for every line";
  now_ = now_ + seconds(1);
  until([&] { return losses_.size() == 2; });
  EXPECT_EQ(losses_[1].until, now_) << "but none is forgotten";
  EXPECT_EQ(room_->read_as(NatLineIs::late), 51U);
  EXPECT_EQ(blocks_.size(), 1U);
}

TEST_F(NatLogTest, WhatTheKernelDroppedIsALossOfAll) {
  send(line(kStart));
  send(line(kStart), 2);
  until([&] { return heard() == 2; });
  const int small = 4'096;
  ASSERT_EQ(::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
  for (int i = 0; i < 500; ++i) send(line(kStart));
  until([&] { return heard() > 2; });
  for (; room_->stats().kernel_dropped == 0; loop_.step(milliseconds(100))) send(line(kStart));
  ASSERT_GE(losses_.size(), 2U);
  EXPECT_NE(losses_[0].exporter, losses_[1].exporter);
}

TEST_F(NatLogTest, AFloodOfBrokenLines) {
  for (int i = 0; i < 2'000; ++i) {
    const std::string broken = fmt::format("<29>Nov 28 07:36:49 nat1 ulogd[7]: [NEW] ORIG: SRC={} DST=1", i);
    send(broken);
    until([&] { return heard() == static_cast<uint64_t>(i) + 1; });
  }
  EXPECT_EQ(room_->read_as(NatLineIs::broken), 2'000U);
  EXPECT_TRUE(blocks_.empty());
  EXPECT_EQ(losses_.size(), 1U) << "within one second of the test's clock";
}

}  // namespace
}  // namespace postern::observe::nat_log
