// SPDX-License-Identifier: Apache-2.0
#include "bench/explainer/load.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "bench/explainer/servers.h"
#include "sys/clock.h"

namespace postern::bench {
namespace {

constexpr Duration kPatience = seconds(20);

std::atomic<uint32_t> next_source = 0;

Result<sys::Fd> connect_from_next(uint16_t port) {
  sys::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno("socket");
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(kFirstSource + next_source++ % kLines);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&a), sizeof a) != 0) return fail_errno("bind");
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  a.sin_port = htons(port);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&a), sizeof a) != 0 && errno != EINPROGRESS)
    return fail_errno("connect");
  return fd;
}

// A reply's last line has a space after its code (RFC 5321 4.2.1).
bool ends_reply(std::string_view bytes) {
  if (!bytes.ends_with("\r\n")) return false;
  const size_t line = bytes.rfind("\r\n", bytes.size() - 3);
  const size_t begin = line == std::string_view::npos ? 0 : line + 2;
  return bytes.size() - begin > 4 && bytes[begin + 3] == ' ';
}

struct Dialogue {
  sys::Fd fd;
  Duration since;
  bool greeted = false;
};

struct Worker {
  uint16_t port = 0;
  uint32_t to_start = 0;
  uint32_t at_once = 0;
  std::vector<int64_t> greeting_us;
  Status status;

  Status start_one(int epoll, std::vector<Dialogue>& slots, uint32_t slot) {
    --to_start;
    slots[slot] = {PN_TRY(connect_from_next(port)), sys::monotonic()};
    epoll_event e{.events = EPOLLIN, .data = {.u32 = slot}};
    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, slots[slot].fd.get(), &e) != 0) return fail_errno("epoll_ctl");
    return {};
  }
  // True when the dialogue is over.
  Result<bool> step(Dialogue& d) {
    std::array<char, 4096> in;
    const ssize_t n = ::recv(d.fd.get(), in.data(), in.size(), 0);
    if (n < 0) return fail_errno("recv");
    if (n == 0 && !d.greeted) return fail(Errc::io, "a connection ended before its greeting");
    if (n == 0) return true;
    if (d.greeted) return false;
    if (!ends_reply({in.data(), static_cast<size_t>(n)})) return fail(Errc::io, "a greeting came in parts");
    d.greeted = true;
    greeting_us.push_back((sys::monotonic() - d.since).us);
    if (::send(d.fd.get(), "QUIT\r\n", 6, MSG_NOSIGNAL) != 6) return fail_errno("send");
    return false;
  }
  Status work() {
    const sys::Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
    std::vector<Dialogue> slots(at_once);
    uint32_t open = 0;
    for (; open < at_once && to_start > 0; ++open) PN_TRY_VOID(start_one(epoll.get(), slots, open));
    std::array<epoll_event, 128> events;
    while (open > 0) {
      const int n = ::epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()),
                                 static_cast<int>(kPatience.us / 1000));
      if (n == 0) return fail(Errc::io, fmt::format("{} connections are never answered", open));
      for (int i = 0; i < n; ++i) {
        const uint32_t slot = events[static_cast<size_t>(i)].data.u32;
        if (!PN_TRY(step(slots[slot]))) continue;
        slots[slot].fd.reset();
        --open;
        if (to_start == 0) continue;
        PN_TRY_VOID(start_one(epoll.get(), slots, slot));
        ++open;
      }
    }
    return {};
  }
};

}  // namespace

Result<Load> talk(uint16_t port, uint32_t connections, uint32_t at_once, uint32_t threads) {
  std::vector<Worker> workers(threads);
  std::vector<std::thread> running;
  const Duration start = sys::monotonic();
  for (Worker& w : workers) {
    w = {port, connections / threads, at_once / threads, {}, {}};
    w.greeting_us.reserve(w.to_start);
    running.emplace_back([&w] { w.status = w.work(); });
  }
  for (std::thread& t : running) t.join();
  const Duration took = sys::monotonic() - start;
  std::vector<int64_t> all;
  for (const Worker& w : workers) {
    PN_TRY_VOID(w.status);
    all.insert(all.end(), w.greeting_us.begin(), w.greeting_us.end());
  }
  std::ranges::sort(all);
  return Load{static_cast<double>(all.size()) * 1e6 / static_cast<double>(took.us),
              static_cast<double>(all[all.size() / 2]), static_cast<double>(all[all.size() * 99 / 100])};
}

Result<std::vector<sys::Fd>> idle(uint16_t port, uint32_t connections) {
  std::vector<sys::Fd> open;
  for (uint32_t i = 0; i < connections; ++i) {
    open.push_back(PN_TRY(connect_from_next(port)));
    // In step with the server, so that no backlog overflows.
    pollfd waiting{.fd = open.back().get(), .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, static_cast<int>(kPatience.us / 1000)) != 1)
      return fail(Errc::io, fmt::format("connection {} is never greeted", i));
    std::array<char, 4096> in;
    if (::recv(open.back().get(), in.data(), in.size(), 0) <= 0)
      return fail(Errc::io, fmt::format("connection {} ended before its greeting", i));
  }
  return open;
}

}  // namespace postern::bench
