// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/capture/beginnings.h"

#include <gtest/gtest.h>
#include <utility>
#include <vector>

namespace postern::wire {
namespace {

constexpr uint8_t kSyn = 2;
constexpr uint8_t kSynAck = 0x12;
constexpr uint8_t kAck = 0x10;
constexpr uint8_t kPush = 0x18;
constexpr uint8_t kFin = 0x11;

class BeginningsTest : public ::testing::Test {
 protected:
  void there(uint8_t flags, uint16_t client_port = 40'000) { see(flags, client_port, false); }
  void back(uint8_t flags, uint16_t client_port = 40'000) { see(flags, client_port, true); }
  void see(uint8_t flags, uint16_t client_port, bool back) {
    PacketHeaders p;
    p.source = back ? server_ : client_;
    p.destination = back ? client_ : server_;
    p.source_port = back ? 443 : client_port;
    p.destination_port = back ? client_port : 443;
    p.protocol = 6;
    p.tcp_flags = flags;
    p.flags_known = true;
    seen_.add(now_, p);
  }
  using Given = std::vector<std::pair<bool, uint8_t>>;  // from the client?, flags

  IpAddress client_ = *parse_ip("10.0.0.1");
  IpAddress server_ = *parse_ip("192.0.2.1");
  Time now_ = Time{} + seconds(1'700'000'000);
  Given given_;
  Beginnings seen_{[this](Time, const PacketHeaders& p) { given_.emplace_back(p.source == client_, p.tcp_flags); }};
};

TEST_F(BeginningsTest, AnAnswerIsAnAcknowledgementOfTheClient) {
  there(kSyn);
  back(kSynAck);
  back(kSynAck);  // sent again
  back(kPush);
  there(kFin);
  EXPECT_EQ(given_,
            (Given{{true, kSyn}, {false, kSynAck}, {true, kAck}, {false, kSynAck}, {false, kPush}, {true, kFin}}));
}

TEST_F(BeginningsTest, WhatDidNotBeginHereIsPassedOver) {
  there(kPush);
  back(kFin);
  EXPECT_TRUE(given_.empty());
  there(kSyn);
  now_ = now_ + Beginnings::kBeginning + seconds(1);
  there(kFin);
  EXPECT_EQ(given_.size(), 1U) << "later than a beginning";
  EXPECT_EQ(seen_.passed_over(), 3U);
  EXPECT_EQ(seen_.size(), 0U);
}

TEST_F(BeginningsTest, DirectionsAreJudgedByThoseWhoAreAnswered) {
  for (uint16_t port = 1; port <= 1'000; ++port) there(kSyn, port);
  seen_.judge_direction();
  EXPECT_FALSE(seen_.both_ways()) << "silence alone says nothing";
  for (uint16_t port = 1; port <= 38; ++port) back(kSynAck, port);
  there(kAck, 100);
  there(kPush, 101);
  there(kPush, 101);
  seen_.judge_direction();
  EXPECT_TRUE(seen_.both_ways()) << "2 of 40 answers are missing";
  for (uint16_t port = 200; port <= 218; ++port) back(kSynAck, port);
  for (uint16_t port = 300; port <= 301; ++port) there(kAck, port);
  seen_.judge_direction();
  EXPECT_FALSE(seen_.both_ways()) << "2 of 21 are";
  seen_.judge_direction();
  EXPECT_FALSE(seen_.both_ways()) << "nothing new";
}

TEST_F(BeginningsTest, TheTableIsBounded) {
  for (size_t i = 0; i < Beginnings::kConnectionsMax + 10; ++i) {
    client_ = IpAddress::v4(static_cast<uint32_t>(0x0a000000 + i));
    there(kSyn);
  }
  EXPECT_EQ(seen_.size(), Beginnings::kConnectionsMax);
  EXPECT_EQ(seen_.forgotten_early(), 10U);
}

}  // namespace
}  // namespace postern::wire
