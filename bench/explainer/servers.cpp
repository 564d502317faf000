// SPDX-License-Identifier: Apache-2.0
#include "bench/explainer/servers.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <fmt/format.h>
#include <fstream>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "base/check.h"
#include "base/endpoint.h"
#include "edge/explainer/explainer.h"
#include "sys/clock.h"
#include "sys/loop.h"
#include "tables/line_table.h"

namespace postern::bench {
namespace {

namespace explain = edge::explainer;
using Ready = std::function<void()>;

Endpoint loopback(uint16_t port) { return {IpAddress::v4(0x7f000001), port}; }

explain::BannerTexts texts() {
  return {"Example Net", "https://mail.example.net", "relay.example.net", "help@example.net", "+49 30 1234"};
}

tables::LineTable table() {
  tables::SnapshotWriter writer({.epoch = 1, .sequence = 1, .revision = 3, .published_us = 1});
  for (uint32_t i = 0; i < kLines; ++i) {
    model::LineEntry e;
    e.prefix = Prefix::host(IpAddress::v4(kFirstSource + i));
    e.line = {i + 1};
    e.access = "sub1";
    e.class_name = "residential";
    e.revision = 3;
    writer.add(e);
  }
  return tables::LineTable::open(sys::sealed_memfd("bench", writer.finish()).value()).value();
}

void run_explainer(int listener, const Ready& made_nothing_yet) {
  const tables::LineTable lines = table();
  made_nothing_yet();
  explain::Config config;
  config.texts = texts();
  config.banners_per_min = 100'000;  // the load is to be greeted, not refused
  explain::Listeners listeners;
  listeners.v4 = sys::Fd(listener);
  const tables::ReferenceKey key(std::array<uint8_t, 32>{7});
  sys::Loop loop;
  auto server = explain::Explainer::make(
      config, std::move(listeners), [&](const IpAddress& source) { return lines.find(source); }, key,
      {sys::now, sys::monotonic}, [](const explain::Served&) {});
  PN_CHECK(server.has_value());
  (*server)->start(loop);
  loop.run();
}

// The same bytes to everyone, no state, no limits, no timeouts.
void run_bare(int listener, const Ready& made_nothing_yet) {
  made_nothing_yet();
  const explain::Banner banner = explain::Banner::make(texts()).value();
  explain::ReplyBuffer buffer;
  const tables::ReferenceKey key(std::array<uint8_t, 32>{7});
  const std::string_view greeting = banner.closed(buffer, model::Reason::class_policy, false, key.text({}));
  const int epoll = ::epoll_create1(0);
  epoll_event e{.events = EPOLLIN, .data = {.fd = listener}};
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &e);
  std::array<epoll_event, 256> events;
  for (;;) {
    const int n = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < n; ++i) {
      const int fd = events[static_cast<size_t>(i)].data.fd;
      if (fd == listener) {
        for (int peer = 0; (peer = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
          ::send(peer, greeting.data(), greeting.size(), MSG_NOSIGNAL);
          epoll_event c{.events = EPOLLIN, .data = {.fd = peer}};
          ::epoll_ctl(epoll, EPOLL_CTL_ADD, peer, &c);
        }
        continue;
      }
      std::array<char, 512> input;
      if (::recv(fd, input.data(), input.size(), 0) > 0)
        ::send(fd, banner.goodbye().data(), banner.goodbye().size(), MSG_NOSIGNAL);
      ::close(fd);
    }
  }
}

// As many descriptors as may be had: 10,000 connections on each side.
void raise_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

Result<uint16_t> free_port() {
  const sys::Fd fd = PN_TRY(sys::listen_tcp(loopback(0), 1, false));
  return sys::local_of(fd.get()).port;
}

}  // namespace

Result<Server> Server::forked(void (*run)(int, const Ready&)) {
  sys::Fd listener = PN_TRY(sys::listen_tcp(loopback(0), 4096, false));
  std::array<int, 2> ready{};
  std::array<int, 2> go{};
  if (::pipe(ready.data()) != 0 || ::pipe(go.data()) != 0) return fail_errno("pipe");
  Server s;
  s.port_ = sys::local_of(listener.get()).port;
  s.pid_ = ::fork();
  if (s.pid_ < 0) return fail_errno("fork");
  if (s.pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    raise_descriptors();
    run(listener.release(), [&] {
      char c = 'r';
      PN_CHECK(::write(ready[1], &c, 1) == 1 && ::read(go[0], &c, 1) == 1);
    });
    ::_exit(0);
  }
  char c = 'g';
  const bool up = ::read(ready[0], &c, 1) == 1;
  s.memory_at_start_ = s.memory_bytes();
  const bool told = ::write(go[1], &c, 1) == 1;
  for (const int fd : {ready[0], ready[1], go[0], go[1]}) ::close(fd);
  if (!up || !told) return fail(Errc::io, "the server under measurement ended");
  return s;
}

Result<Server> Server::explainer() { return forked(run_explainer); }
Result<Server> Server::bare() { return forked(run_bare); }

Result<Server> Server::smtp_sink() {
  constexpr const char* kPath = "/usr/sbin/smtp-sink";
  if (::access(kPath, X_OK) != 0) return fail(Errc::unavailable, "no smtp-sink here", {}, "apt-get install postfix");
  Server s;
  s.port_ = PN_TRY(free_port());
  s.pid_ = ::fork();
  if (s.pid_ < 0) return fail_errno("fork");
  if (s.pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    raise_descriptors();
    const std::string at = fmt::format("inet:127.0.0.1:{}", s.port_);
    if (::geteuid() == 0) ::execl(kPath, "smtp-sink", "-u", "nobody", "-m", "12000", at.c_str(), "4096", nullptr);
    ::execl(kPath, "smtp-sink", "-m", "12000", at.c_str(), "4096", nullptr);
    ::_exit(127);
  }
  for (int tries = 0; tries < 300; ++tries) {
    const sys::Fd probe(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(s.port_);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(probe.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) {
      s.memory_at_start_ = s.memory_bytes();
      return s;
    }
    const timespec pause{.tv_sec = 0, .tv_nsec = 10'000'000};
    ::nanosleep(&pause, nullptr);
  }
  return fail(Errc::unavailable, "smtp-sink does not answer");
}

Server::Server(Server&& o) noexcept
    : pid_(std::exchange(o.pid_, 0)), port_(o.port_), memory_at_start_(o.memory_at_start_) {}

Server::~Server() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

double Server::cpu_us() const {
  clockid_t clock{};
  timespec t{};
  if (::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &t) != 0) return 0;
  return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
}

int64_t Server::memory_bytes() const {
  std::ifstream file(fmt::format("/proc/{}/smaps_rollup", pid_));
  int64_t kb = 0;
  for (std::string name, rest; file >> name; std::getline(file, rest)) {
    int64_t n = 0;
    if ((name == "Private_Clean:" || name == "Private_Dirty:") && file >> n) kb += n;
  }
  return kb * 1024;
}

}  // namespace postern::bench
