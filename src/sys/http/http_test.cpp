// SPDX-License-Identifier: Apache-2.0
#include "sys/http/http.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "sys/clock.h"
#include "tests/support/skip.h"

namespace postern::sys {
namespace {

std::string output_of(const std::string& command) {
  std::string out;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) out += static_cast<char>(c);
  ::pclose(pipe);
  return out;
}

bool has_curl() { return std::system("command -v curl >/dev/null") == 0; }

class Site {
 public:
  explicit Site(HttpLimits limits = {}, const char* listen = "127.0.0.1:0") {
    auto socket = listen_tcp(*parse_endpoint(listen), 16, false);
    EXPECT_TRUE(socket);
    at_ = local_of(socket->get());
    begin(std::move(*socket), limits);
  }
  explicit Site(const std::string& unix_path) {
    auto socket = listen_unix(unix_path, 0600);
    EXPECT_TRUE(socket);
    begin(std::move(*socket), {});
  }
  void begin(Fd socket, HttpLimits limits) {
    auto started = HttpServer::start(loop_, std::move(socket), limits, [this](HttpRequest r, HttpServer::Reply reply) {
      last_ = std::move(r);
      handler_(std::move(reply));
    });
    ASSERT_TRUE(started) << started.error().text();
    server_ = std::move(*started);
  }
  // Runs the loop while the command runs elsewhere.
  std::string client(const std::string& command) {
    std::atomic<bool> done = false;
    std::string out;
    std::thread peer([&] {
      out = output_of(command);
      done = true;
    });
    while (!done) loop_.step(milliseconds(10));
    peer.join();
    return out;
  }
  std::string curl(const std::string& arguments) {
    return client(fmt::format("curl -sS --max-time 20 {} 'http://{}{}'", arguments, to_string(at_), path_));
  }
  Fd connect() const {
    Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(at_.port);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&a), sizeof a), 0);
    return fd;
  }
  void run_for(Duration d) {
    for (const Duration end = monotonic() + d; monotonic() < end;) loop_.step(milliseconds(10));
  }

  Loop loop_;
  Endpoint at_;
  std::string path_ = "/";
  HttpRequest last_;
  std::function<void(HttpServer::Reply)> handler_ = [](const HttpServer::Reply& reply) { reply({.body = "hello\n"}); };
  std::unique_ptr<HttpServer> server_;
};

class Http : public ::testing::Test {
 protected:
  void SetUp() override {
    std::signal(SIGPIPE, SIG_IGN);
    if (!has_curl()) PN_SKIP("curl is not installed");
  }
};

TEST_F(Http, CurlGetsABodyAndStrictHeaders) {
  Site site;
  site.path_ = "/a%20b?x=%41";
  const std::string got = site.curl("-i -H 'X-Thing: Value'");
  EXPECT_NE(got.find("HTTP/1.1 200"), std::string::npos) << got;
  EXPECT_TRUE(got.ends_with("\r\n\r\nhello\n")) << got;
  for (const char* header : {"Content-Security-Policy: default-src 'none'", "X-Content-Type-Options: nosniff",
                             "Referrer-Policy: no-referrer", "frame-ancestors 'none'", "Cache-Control: no-store"})
    EXPECT_NE(got.find(header), std::string::npos) << header << "\n" << got;
  EXPECT_EQ(site.last_.method, "GET");
  EXPECT_EQ(site.last_.path, "/a b");
  EXPECT_EQ(site.last_.query, "x=%41");
  EXPECT_EQ(site.last_.header("x-thing"), "Value");
  EXPECT_EQ(to_string(site.last_.peer.address), "127.0.0.1");
  EXPECT_FALSE(site.last_.peer_uid);
}

TEST_F(Http, AHandlersOwnHeaderReplacesTheDefault) {
  Site site;
  site.handler_ = [](const HttpServer::Reply& reply) {
    reply({.status = 404, .body = "", .headers = {{"cache-control", "max-age=60"}}});
  };
  const std::string got = site.curl("-i");
  EXPECT_NE(got.find("HTTP/1.1 404"), std::string::npos);
  EXPECT_NE(got.find("max-age=60"), std::string::npos);
  EXPECT_EQ(got.find("no-store"), std::string::npos) << got;
}

TEST_F(Http, AnswersLaterAndOnce) {
  Site site;
  site.handler_ = [&](const HttpServer::Reply& reply) {
    site.loop_.after(milliseconds(100), [reply] {
      reply({.body = "later\n"});
      reply({.body = "again\n"});
    });
  };
  EXPECT_EQ(site.curl("-X POST --data-binary 'a=b'"), "later\n");
  EXPECT_EQ(site.last_.body, "a=b");
  EXPECT_EQ(site.last_.method, "POST");
}

TEST_F(Http, ManyRequestsOnOneConnectionAndManyAtOnce) {
  Site site;
  int n = 0;
  site.handler_ = [&](const HttpServer::Reply& reply) {
    site.loop_.after(milliseconds(++n % 3), [reply] { reply({.body = "x"}); });
  };
  const std::string got =
      site.client(fmt::format("curl -sS --max-time 20 'http://{0}/[1-20]'; curl -sS --max-time 20 --parallel "
                              "--parallel-max 8 'http://{0}/[1-40]'",
                              to_string(site.at_)));
  EXPECT_EQ(std::ranges::count(got, 'x'), 60) << got;
  EXPECT_EQ(site.server_->stats().requests, 60U);
}

TEST_F(Http, Ipv6) {
  Site site({}, "[::1]:0");
  EXPECT_EQ(site.curl("-g"), "hello\n");
  EXPECT_EQ(to_string(site.last_.peer.address), "::1");
}

TEST_F(Http, UnixSocketsTellWhoAsks) {
  const std::string path = fmt::format("/tmp/postern-http-test-{}.sock", ::getpid());
  Site site(path);
  EXPECT_EQ(site.client(fmt::format("curl -sS --max-time 20 --unix-socket {} http://x/status", path)), "hello\n");
  EXPECT_EQ(site.last_.path, "/status");
  EXPECT_EQ(site.last_.peer_uid, ::getuid());
  ::unlink(path.c_str());
}

TEST_F(Http, OversizedBodiesAreRefused) {
  Site site({.body_octets = 1'000});
  bool asked = false;
  site.handler_ = [&](const HttpServer::Reply& reply) {
    asked = true;
    reply({});
  };
  EXPECT_NE(site.client(fmt::format("head -c 200000 /dev/zero | curl -sS -i -X POST --data-binary @- http://{}/",
                                    to_string(site.at_)))
                .find("413"),
            std::string::npos);
  EXPECT_NE(site.client(fmt::format("head -c 200000 /dev/zero | curl -sS -i -H 'Transfer-Encoding: chunked' -X POST "
                                    "--data-binary @- http://{}/",
                                    to_string(site.at_)))
                .find("413"),
            std::string::npos);
  EXPECT_FALSE(asked);
  EXPECT_EQ(site.server_->stats().body_too_large, 2U);
  EXPECT_EQ(site.client(fmt::format("head -c 1000 /dev/zero | curl -sS -o /dev/null -w '%{{http_code}}' -X POST "
                                    "--data-binary @- http://{}/",
                                    to_string(site.at_))),
            "200");
}

TEST_F(Http, OversizedHeadersAreRefused) {
  Site site({.header_octets = 4'096});
  const std::string got =
      site.curl("-o /dev/null -w '%{http_code}' -H \"X-Long: $(head -c 8000 /dev/zero | tr '\\0' a)\"");
  EXPECT_EQ(got, "431");
  // Nearly full memory still has room for an answer.
  EXPECT_EQ(site.curl("-o /dev/null -w '%{http_code}' -H \"X-Long: $(head -c 1800 /dev/zero | tr '\\0' a)\""), "200");
}

TEST_F(Http, ABrokenPathIsRefused) {
  Site site;
  for (const char* path : {"/%0a", "/%zz", "/%4", "/a%00b"}) {
    site.path_ = path;
    EXPECT_EQ(site.curl("-o /dev/null -w '%{http_code}'"), "400") << path;
  }
}

TEST_F(Http, ASlowClientIsCutOffAndOthersAreServed) {
  Site site({.request_time = seconds(1)});
  const Fd slow = site.connect();
  const std::string_view request = "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ";
  ASSERT_EQ(::send(slow.get(), request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
  ssize_t sent = 1;
  for (int i = 0; i < 30; ++i) {  // a drip that never lets the connection idle
    sent = ::send(slow.get(), "a", 1, MSG_NOSIGNAL);
    if (i == 5) {
      EXPECT_EQ(site.curl(""), "hello\n");
    }
    site.run_for(milliseconds(100));
    char c = 0;
    if (sent < 0 || ::recv(slow.get(), &c, 1, MSG_DONTWAIT) == 0) break;
    ASSERT_LT(i, 29) << "the slow client is still there";
  }
  EXPECT_EQ(site.server_->stats().slow_client, 1U);
  site.run_for(milliseconds(50));
  EXPECT_EQ(site.server_->stats().connections_open, 0U);
}

TEST_F(Http, ConnectionsOfOneAddressAreBounded) {
  Site site({.connections_per_address = 4});
  std::vector<Fd> idle;
  for (int i = 0; i < 10; ++i) idle.push_back(site.connect());
  site.run_for(milliseconds(100));
  EXPECT_EQ(site.server_->stats().connections_open, 4U);
  EXPECT_NE(site.curl(""), "hello\n");
  idle.clear();
  site.run_for(milliseconds(100));
  EXPECT_EQ(site.curl(""), "hello\n");
}

TEST_F(Http, AHandlerThatForgetsIsA503) {
  Site site({.answer_time = seconds(1)});
  site.handler_ = [](const HttpServer::Reply&) {};
  EXPECT_EQ(site.curl("-o /dev/null -w '%{http_code}'"), "503");
  EXPECT_EQ(site.server_->stats().no_answer, 1U);
}

TEST_F(Http, AReplyAfterTheClientOrTheServerIsGoneDoesNothing) {
  Site site;
  HttpServer::Reply kept;
  site.handler_ = [&](const HttpServer::Reply& reply) { kept = reply; };
  {
    const Fd client = site.connect();
    const std::string_view request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    ASSERT_GT(::send(client.get(), request.data(), request.size(), 0), 0);
    site.run_for(milliseconds(50));
  }
  ASSERT_TRUE(kept);
  kept({.body = "nobody"});
  site.run_for(milliseconds(50));
  const Fd client = site.connect();
  const std::string_view request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  ASSERT_GT(::send(client.get(), request.data(), request.size(), 0), 0);
  site.run_for(milliseconds(50));
  site.server_.reset();
  kept({.body = "nobody"});
  char start[13] = {};
  EXPECT_EQ(::recv(client.get(), start, 12, 0), 12);
  EXPECT_STREQ(start, "HTTP/1.1 503");
}

TEST_F(Http, TheListeningSocketOutlivesTheServerElsewhere) {
  Site site;
  auto socket = listen_tcp(*parse_endpoint("127.0.0.1:0"), 16, false);
  const Fd elsewhere(::dup(socket->get()));  // as the supervisor has it
  site.at_ = local_of(elsewhere.get());
  site.server_.reset();
  site.begin(std::move(*socket), {});
  EXPECT_EQ(site.curl(""), "hello\n");
  site.server_.reset();
  const Fd waiting = site.connect();
  site.begin(Fd(::dup(elsewhere.get())), {});
  EXPECT_EQ(site.curl(""), "hello\n");
}

}  // namespace
}  // namespace postern::sys
