// SPDX-License-Identifier: Apache-2.0
// Real connections over loopback under a virtual clock: whenever a decoy dies, and in whatever way, it is told within
// one beat.
#include "edge/decoy/beat.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include "sys/address/kernel_address.h"
#include "sys/udp.h"

namespace postern::edge::decoy {
namespace {

constexpr Duration kBeat = seconds(60);

// What becomes of a decoy.
enum class End { process_gone, nobody_answers, other_host, other_host_resets, crossed };

class World {
 public:
  explicit World(End end) : end_(end) {
    std::vector<Endpoint> places;
    std::vector<sys::Fd> probes;
    for (sys::Fd* listener : {&decoy_, &beside_}) {
      *listener = listen(listener == &decoy_ ? "127.0.0.77" : "127.0.0.78", 8);
      places.push_back(sys::local_of(listener->get()));
      probes.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    }
    place_ = places[0];
    place_beside_ = places[1];
    beat_ = std::make_unique<Beat>(places, std::move(probes), Beat::From{parse_ip("127.0.0.9").value(), {}},
                                   [this] { return now_; });
  }

  // From the start until the decoy is told to be dead; what happens to it happens at `at`, after what else is then.
  Time told(Time at) {
    for (Time round{1}; now_ < at + kBeat + kBeat; round = round + Beat::period(kBeat)) {
      if (at < round && !dead_) die();
      now_ = round;
      beat_->round();
      if (proof().life == Life::dead) return now_;
      arrivals();
      EXPECT_TRUE(dead_ || proof().life == Life::alive);
    }
    return {};
  }
  [[nodiscard]] const Proof& proof() const { return beat_->proofs()[0]; }
  [[nodiscard]] const Proof& beside() const { return beat_->proofs()[1]; }

 private:
  static sys::Fd listen(const char* address, int backlog, uint16_t port = 0) {
    return std::move(*sys::listen_tcp({parse_ip(address).value(), port}, backlog, false));
  }

  void die() {
    dead_ = true;
    if (end_ != End::process_gone && end_ != End::nobody_answers) return;
    decoy_.reset();
    if (end_ == End::process_gone) return;
    // A queue that is full answers no SYN, as an address that nobody has.
    decoy_ = listen("127.0.0.77", 0, place_.port);
    const sys::KernelAddress to = sys::kernel_form(place_);
    for (int i = 0; i < 4; ++i) {
      fill_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      [[maybe_unused]] const int under_way = ::connect(fill_.back().get(), to.get(), to.size);
    }
  }

  void arrivals() {
    EXPECT_TRUE(beat_->arrived(place_beside_, take(beside_).second));
    if (!dead_) {
      EXPECT_TRUE(beat_->arrived(place_, take(decoy_).second));
    } else if (end_ == End::crossed) {  // what was routed to the decoy comes out at the one beside
      EXPECT_FALSE(beat_->arrived(place_beside_, take(decoy_).second));
    } else if (end_ == End::other_host) {
      others_.push_back(take(decoy_).first);
    } else if (end_ == End::other_host_resets) {
      const auto [fd, from] = take(decoy_);
      const linger now{.l_onoff = 1, .l_linger = 0};
      (void)::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
  }
  static std::pair<sys::Fd, Endpoint> take(const sys::Fd& listener) {
    pollfd ready{.fd = listener.get(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&ready, 1, 20'000), 1) << "loopback brings it at once";
    sys::Fd fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const Endpoint from = sys::peer_of(fd.get());
    return {std::move(fd), from};
  }

  End end_;
  sys::Fd decoy_;
  sys::Fd beside_;
  std::vector<sys::Fd> fill_;
  std::vector<sys::Fd> others_;
  Endpoint place_;
  Endpoint place_beside_;
  Time now_{1};
  bool dead_ = false;
  std::unique_ptr<Beat> beat_;
};

class BeatTest : public testing::TestWithParam<std::pair<End, const char*>> {};

TEST_P(BeatTest, WhateverHappensToADecoyIsToldWithinABeat) {
  const auto& [end, why] = GetParam();
  // From just after a probe arrived, over a whole beat.
  for (int64_t i = 0; i < 12; ++i) {
    const Time at = Time{2} + Duration{kBeat.us + kBeat.us * i / 12};
    World world(end);
    const Time told = world.told(at);
    ASSERT_TRUE(told) << why;
    EXPECT_GT(told, at);
    EXPECT_LE(told - at, Beat::period(kBeat) + Beat::period(kBeat))
        << "a third of the beat is left for whoever reports it";
    EXPECT_EQ(world.proof().since, told);
    EXPECT_EQ(world.proof().why, why);
    EXPECT_LT(world.proof().proven, at + Duration{1});
    EXPECT_EQ(world.beside().life, Life::alive) << "and no other";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Ends, BeatTest,
    testing::Values(std::pair{End::process_gone, "refused"}, std::pair{End::nobody_answers, "nobody answers"},
                    std::pair{End::other_host, "mis-routed: another host answers"},
                    std::pair{End::other_host_resets, "mis-routed: another host answers, and resets"},
                    std::pair{End::crossed, "mis-routed: another host answers"}));

TEST(Beat, APlaceWithoutProbesIsDeadAfterTheFirstRound) {
  const sys::Fd listener = std::move(*sys::listen_tcp({parse_ip("127.0.0.77").value(), 0}, 8, false));
  std::vector<sys::Fd> probes;
  probes.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  // An address that its namespace has lost.
  Beat beat({sys::local_of(listener.get())}, std::move(probes), Beat::From{parse_ip("192.0.2.9").value(), {}},
            [] { return Time{1}; });
  beat.round();
  EXPECT_EQ(beat.proofs()[0].life, Life::not_yet);
  beat.round();
  EXPECT_EQ(beat.proofs()[0].life, Life::dead);
  EXPECT_TRUE(beat.proofs()[0].why.starts_with("no probe can be sent: bind 192.0.2.9")) << beat.proofs()[0].why;
}

}  // namespace
}  // namespace postern::edge::decoy
