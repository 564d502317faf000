// SPDX-License-Identifier: Apache-2.0
#include "edge/relay/server.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "edge/relay/policy.h"
#include "sys/clock.h"

namespace postern::edge::relay {
namespace {

constexpr std::string_view kDunno = "action=DUNNO\n\n";

std::string request(std::string_view state, std::string_view client, std::string_view instance,
                    std::string_view more = {}) {
  return fmt::format(
      "request=smtpd_access_policy\nprotocol_state={}\nclient_address={}\nserver_port=25\ninstance={}\n"
      "recipient=a@far.example\n{}\n",
      state, client, instance, more);
}

class ServerTest : public testing::Test {
 protected:
  ServerTest()
      : path_(fmt::format("/tmp/pn-relay-{}.sock", ::getpid())),
        memory_(SharedMemory::make("server-test").value()),
        meters_(Meters::open(memory_, {.meters_max = 64, .messages_max = 64}, {5}).value()),
        judge_({.provider = "Lab ISP", .url = "https://help.example"}, meters_,
               [](const IpAddress&) { return model::LineEntry{}; }) {}
  ~ServerTest() override { ::unlink(path_.c_str()); }

  void serve(ServerConfig config = {.connections_max = 3}) {
    std::vector<sys::Fd> listeners;
    listeners.push_back(sys::listen_unix(path_, 0600).value());
    listeners.push_back(sys::listen_tcp({parse_ip("::1").value(), 0}, 16, false).value());
    tcp_ = sys::local_of(listeners.back().get());
    server_ = Server::make(std::move(config), std::move(listeners),
                           [this] { return std::make_unique<PolicyTalk>(judge_, asked_); }, {.utc = sys::now})
                  .value();
    server_->start(loop_);
  }
  sys::Fd dial() {
    sys::Fd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un a{};
    a.sun_family = AF_UNIX;
    path_.copy(a.sun_path, sizeof a.sun_path - 1);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&a), sizeof a), 0);
    return fd;
  }
  sys::Fd dial_tcp() {
    sys::Fd fd(::socket(AF_INET6, SOCK_STREAM, 0));
    sockaddr_in6 a{};
    a.sin6_family = AF_INET6;
    a.sin6_addr = in6addr_loopback;
    a.sin6_port = htons(tcp_.port);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&a), sizeof a), 0);
    return fd;
  }
  void say(const sys::Fd& fd, std::string_view bytes) {
    ASSERT_EQ(::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
    loop_.step(milliseconds(20));
    loop_.step(milliseconds(20));
  }
  std::string hear(const sys::Fd& fd, size_t wanted) {
    std::string out;
    std::array<char, 4096> part{};
    for (int tries = 0; tries < 200 && out.size() < wanted; ++tries) {
      loop_.step(milliseconds(5));
      const ssize_t n = ::recv(fd.get(), part.data(), part.size(), MSG_DONTWAIT);
      if (n == 0) return out + "<closed>";
      if (n > 0) out.append(part.data(), static_cast<size_t>(n));
    }
    return out;
  }

  std::string path_;
  sys::Fd memory_;
  Meters meters_;
  Judge judge_;
  sys::Loop loop_;
  Endpoint tcp_;
  TalkStats asked_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, PipelinedAndCutAnywhere) {
  serve();
  for (const sys::Fd& fd : {dial(), dial_tcp()}) {
    say(fd, request("RCPT", "127.0.0.1", "i1") + request("DATA", "127.0.0.1", "i1") + request("VRFY", "x", ""));
    EXPECT_EQ(hear(fd, 3 * kDunno.size()), std::string(kDunno) + std::string(kDunno) + std::string(kDunno));
    const std::string one = request("RCPT", "127.0.0.1", "i2");
    for (const char c : one) say(fd, {&c, 1});
    EXPECT_EQ(hear(fd, kDunno.size()), kDunno);
  }
  EXPECT_EQ(asked_.requests, 8U);
  EXPECT_EQ(asked_.refused, 0U);
}

TEST_F(ServerTest, ARefusalIsOneLine) {
  serve();
  const sys::Fd fd = dial();
  say(fd, request("RCPT", "198.51.100.7", "i1"));
  EXPECT_EQ(hear(fd, 20),
            "action=530 5.7.0 Lab ISP: Authentication required: sign in with your mail account on port 587 or "
            "465. https://help.example\n\n");
  EXPECT_EQ(asked_.refused, 1U);
}

TEST_F(ServerTest, WhoSpeaksSomethingElseIsClosed) {
  serve();
  const sys::Fd fd = dial();
  say(fd, request("RCPT", "127.0.0.1", "i1") + "EHLO client.example\n\n" + request("RCPT", "127.0.0.1", "i1"));
  EXPECT_EQ(hear(fd, 1'000), std::string(kDunno) + "<closed>");
  const sys::Fd endless = dial();
  say(endless, "request=smtpd_access_policy\nsender=" + std::string(wire::kPolicyRequestOctetsMax, 'x'));
  EXPECT_EQ(hear(endless, 1), "<closed>");
  EXPECT_EQ(server_->stats().broken, 2U);
  EXPECT_EQ(server_->open(), 0U);
}

TEST_F(ServerTest, TheOneIdleLongestGivesWay) {
  serve();
  std::vector<sys::Fd> peers;
  for (int i = 0; i < 3; ++i) {
    peers.push_back(dial());
    say(peers.back(), request("RCPT", "127.0.0.1", "i"));
    EXPECT_EQ(hear(peers.back(), kDunno.size()), kDunno);
  }
  say(peers[0], request("RCPT", "127.0.0.1", "i"));
  EXPECT_EQ(hear(peers[0], kDunno.size()), kDunno);
  const sys::Fd fresh = dial();
  say(fresh, request("RCPT", "127.0.0.1", "i"));
  EXPECT_EQ(hear(fresh, kDunno.size()), kDunno);
  EXPECT_EQ(hear(peers[1], 1), "<closed>");
  EXPECT_EQ(server_->stats().evicted, 1U);
  EXPECT_EQ(server_->open(), 3U);
}

// A peer that asks and never listens: it is not read on, and nothing grows.
TEST_F(ServerTest, APeerThatDoesNotTakeItsAnswers) {
  serve();
  const sys::Fd fd = dial();
  const int small = 4'096;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  const std::string some = [] {
    std::string out;
    for (int i = 0; i < 100; ++i) out += request("RCPT", "198.51.100.7", "i1");
    return out;
  }();
  for (int i = 0; i < 300; ++i) {
    (void)::send(fd.get(), some.data(), some.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    loop_.step(milliseconds(0));
  }
  const uint64_t stuck = asked_.requests;
  for (int i = 0; i < 100; ++i) {
    (void)::send(fd.get(), some.data(), some.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    loop_.step(milliseconds(0));
  }
  EXPECT_EQ(asked_.requests, stuck);
  const sys::Fd other = dial();
  say(other, request("RCPT", "127.0.0.1", "i2"));
  EXPECT_EQ(hear(other, kDunno.size()), kDunno) << "others are served";
}

}  // namespace
}  // namespace postern::edge::relay
