// SPDX-License-Identifier: Apache-2.0
#include "edge/explainer/outbox.h"

#include <array>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/fd.h"

namespace postern::edge::explainer {
namespace {

using Sent = Outbox::Sent;

struct Pair {
  sys::Fd ours;
  sys::Fd theirs;
  Pair() {
    std::array<int, 2> fds{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()), 0);
    ours = sys::Fd(fds[0]);
    theirs = sys::Fd(fds[1]);
    const int small = 1;
    ::setsockopt(ours.get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  }
  std::string read_all() const {
    std::string out;
    std::array<char, 4096> buffer{};
    for (ssize_t n = 0; (n = ::recv(theirs.get(), buffer.data(), buffer.size(), 0)) > 0;)
      out.append(buffer.data(), static_cast<size_t>(n));
    return out;
  }
};

TEST(Outbox, KeepsWhatTheSocketDoesNotTakeAndSendsItInOrder) {
  const Pair pair;
  Outbox outbox;
  std::string all;
  Sent sent = Sent::all;
  for (int i = 0; sent == Sent::all && i < 10'000; ++i) {
    const std::string reply(700, static_cast<char>('a' + i % 26));
    all += reply;
    sent = outbox.send(pair.ours.get(), reply);
  }
  ASSERT_EQ(sent, Sent::some);
  EXPECT_FALSE(outbox.empty());
  all += "last";
  EXPECT_EQ(outbox.send(pair.ours.get(), "last"), Sent::some);
  std::string got = pair.read_all();
  for (int i = 0; i < 100 && !outbox.empty(); ++i) {
    EXPECT_NE(outbox.send_rest(pair.ours.get()), Sent::failed);
    got += pair.read_all();
  }
  EXPECT_TRUE(outbox.empty());
  EXPECT_EQ(got, all);
}

TEST(Outbox, SaysWhenThePeerIsGone) {
  Pair pair;
  pair.theirs.reset();
  Outbox outbox;
  EXPECT_EQ(outbox.send(pair.ours.get(), "x"), Sent::failed);
}

}  // namespace
}  // namespace postern::edge::explainer
