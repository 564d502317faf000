// SPDX-License-Identifier: Apache-2.0
#include "daemon/bus/channel.h"

#include <array>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace postern::daemon {
namespace {

struct Pair {
  sys::Loop loop;
  std::vector<Message> at_brain;
  std::vector<std::shared_ptr<sys::Fd>> fds;
  int closed = 0;
  std::unique_ptr<Link> brain;
  std::unique_ptr<Link> gate;

  Pair() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
    brain = std::make_unique<Link>(
        loop, sys::Fd(ends[0]), Role::brain,
        [this](Role, Message m, std::shared_ptr<sys::Fd> fd) {
          at_brain.push_back(std::move(m));
          fds.push_back(std::move(fd));
        },
        [this] { ++closed; });
    gate = std::make_unique<Link>(
        loop, sys::Fd(ends[1]), Role::gate, [](Role, const Message&, const std::shared_ptr<sys::Fd>&) {}, [] {});
  }
  void run(size_t messages) {
    for (int i = 0; i < 2000 && at_brain.size() < messages; ++i) loop.step(milliseconds(5));
  }
};

TEST(Link, CutsLargeMessagesAndKeepsTheOrderUnderBackPressure) {
  Pair pair;
  for (uint64_t i = 0; i < 40; ++i) pair.gate->send(Role::brain, ApiAnswer{i, 200, std::string(300'000, 'x')});
  pair.run(40);
  ASSERT_EQ(pair.at_brain.size(), 40U);
  for (uint64_t i = 0; i < 40; ++i) {
    EXPECT_EQ(std::get<ApiAnswer>(pair.at_brain[i]).token, i);
    EXPECT_EQ(std::get<ApiAnswer>(pair.at_brain[i]).body.size(), 300'000U);
  }
  EXPECT_EQ(pair.gate->dropped(), 0U);
}

TEST(Link, CarriesASealedTable) {
  Pair pair;
  const Bytes bytes(100, std::byte{3});
  pair.gate->send(Role::brain, TableSnapshot{1, 2}, std::make_shared<sys::Fd>(sys::sealed_memfd("t", bytes).value()));
  pair.run(1);
  ASSERT_EQ(pair.at_brain.size(), 1U);
  ASSERT_TRUE(pair.fds[0]);
  EXPECT_EQ(sys::Mapping::of(pair.fds[0]->get(), true).value().bytes().size(), 100U);
}

TEST(Link, APeerThatDiesIsSeenOnce) {
  Pair pair;
  pair.gate.reset();
  for (int i = 0; i < 3; ++i) pair.loop.step(milliseconds(5));
  EXPECT_EQ(pair.closed, 1);
}

TEST(Channel, ForeignBytesCutThePeerOff) {
  sys::Loop loop;
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
  int frames = 0;
  int closed = 0;
  const Channel channel(loop, sys::Fd(ends[0]), [&](const Frame&) { ++frames; }, [&] { ++closed; });
  const sys::Fd other(ends[1]);
  ASSERT_EQ(::send(other.get(), "\x07zzzz", 5, 0), 5);
  loop.step(milliseconds(20));
  EXPECT_EQ(frames, 0);
  EXPECT_EQ(closed, 1);
}

}  // namespace
}  // namespace postern::daemon
