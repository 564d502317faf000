// SPDX-License-Identifier: Apache-2.0
#include "edge/relay/server.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/networks.h"
#include "sys/log.h"

namespace postern::edge::relay {
namespace {

constexpr std::string_view kRoom = "relay";
constexpr int kAcceptBatch = 64;
constexpr int kRoundsMax = 64;  // then the loop's other rooms have their turn
constexpr int kBusyFrom = 4;    // connections that had something to say at once
constexpr Duration kTick = milliseconds(500);
constexpr size_t kBuffer = 2 * kTalkOctetsMax;

// epoll data: listeners are named by their number, connections by generation and place.
constexpr uint64_t kFirstConnection = uint64_t{1} << 32;

// Who may use it, the file's mode said.
bool is_unix(int fd) {
  int domain = 0;
  socklen_t size = sizeof domain;
  return ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
}

}  // namespace

Result<std::unique_ptr<Server>> Server::make(ServerConfig config, std::vector<sys::Fd> listeners, NewTalk talk,
                                             Clock clock) {
  if (config.connections_max == 0) return fail(Errc::bad_input, "relay.connections_max has to be above 0");
  sys::Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return fail_errno("make an epoll");
  for (size_t i = 0; i < listeners.size(); ++i) {
    PN_TRY_VOID(sys::set_nonblocking(listeners[i].get()));
    epoll_event e{.events = EPOLLIN, .data = {.u64 = i}};
    if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, listeners[i].get(), &e) != 0)
      return fail_errno("watch a listener of the relay");
  }
  return std::unique_ptr<Server>(
      new Server(std::move(config), std::move(listeners), std::move(talk), std::move(clock), std::move(epoll)));
}

Server::Server(ServerConfig config, std::vector<sys::Fd> listeners, NewTalk talk, Clock clock, sys::Fd epoll)
    : config_(std::move(config)),
      listeners_(std::move(listeners)),
      talk_(std::move(talk)),
      clock_(std::move(clock)),
      epoll_(std::move(epoll)),
      all_(config_.connections_max),
      buffer_(kBuffer) {
  for (uint32_t i = config_.connections_max; i-- > 0;) {
    all_[i].next = free_;
    free_ = i;
  }
}

Server::~Server() {
  if (loop_ != nullptr) {
    loop_->forget(epoll_.get());
    loop_->cancel(timer_);
  }
  while (oldest_ != kNone) close(all_[oldest_]);
}

void Server::start(sys::Loop& loop) {
  loop_ = &loop;
  // One epoll inside the loop's: a connection costs no handler and no map entry there.
  loop.watch(epoll_.get(), EPOLLIN, [this](uint32_t) { serve(); });
  timer_ = loop.every(kTick, [this] { pause_accept(false); });
}

void Server::serve() {
  std::array<epoll_event, 128> events;  // filled by the kernel
  for (int round = 0; round < kRoundsMax; ++round) {
    const int n = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
    if (n <= 0) return;
    now_ = clock_.utc();
    for (int i = 0; i < n; ++i) {
      const epoll_event& e = events[static_cast<size_t>(i)];
      if (e.data.u64 < kFirstConnection) {
        accept_some(listeners_[e.data.u64]);
        continue;
      }
      Connection& c = all_[e.data.u64 & UINT32_MAX];
      // Else it was closed earlier in this round.
      if (c.fd >= 0 && c.generation == e.data.u64 >> 32) handle(c, e.events);
    }
    // With few at a time the next one is not there yet: asking for it would only be a call more for each answer.
    if (n < kBusyFrom) return;
  }
}

void Server::pause_accept(bool pause) {
  if (paused_ == pause) return;
  paused_ = pause;
  for (size_t i = 0; i < listeners_.size(); ++i) {
    epoll_event e{.events = pause ? 0U : uint32_t{EPOLLIN}, .data = {.u64 = i}};
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, listeners_[i].get(), &e);
  }
}

void Server::accept_some(const sys::Fd& listener) {
  for (int i = 0; i < kAcceptBatch; ++i) {
    const int fd = ::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      const bool over_tcp = !is_unix(fd);
      if (!over_tcp || may_ask(fd)) {
        ++stats_.accepted;
        add(fd, over_tcp);
      } else {
        ++stats_.strangers;
        ::close(fd);
      }
      continue;
    }
    if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) {
      if (errno == EAGAIN) return;
      continue;  // of that one connection only (accept(2))
    }
    ++stats_.accept_failed;
    sys::log(sys::Level::warning, kRoom, "RELAY_ACCEPT_FAILED", "no descriptor or memory for a connection",
             {{"open", fmt::to_string(open_)}});
    if (oldest_ == kNone) return pause_accept(true);  // the next tick tries again; Postfix waits in the backlog
    ++stats_.evicted;
    close(all_[oldest_]);
  }
}

bool Server::may_ask(int fd) const {
  const IpAddress peer = sys::peer_of(fd).address;
  return is_loopback(peer) || is_in(config_.clients, peer);
}

void Server::add(int fd, bool over_tcp) {
  if (free_ == kNone) {
    ++stats_.evicted;
    sys::log(sys::Level::warning, kRoom, "RELAY_CONNECTIONS_FULL",
             "relay.connections_max reached: the connection idle longest is closed",
             {{"connections_max", fmt::to_string(config_.connections_max)}});
    close(all_[oldest_]);
  }
  Connection& c = all_[free_];
  free_ = c.next;
  c.fd = fd;
  c.over_tcp = over_tcp;
  const int yes = 1;  // answers to requests that came together leave one by one
  if (over_tcp) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  c.talk = talk_();
  ++c.generation;
  if (c.generation == 0) c.generation = 1;
  ++open_;
  link(c);
  epoll_event e{.events = EPOLLIN, .data = {.u64 = uint64_t{c.generation} << 32 | index_of(c)}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &e) != 0) {
    ++stats_.accept_failed;
    close(c);
  }
}

void Server::handle(Connection& c, uint32_t events) {
  touch(c);
  if (c.owes) {
    if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) send(c);
  } else {
    receive(c);
  }
}

void Server::receive(Connection& c) {
  // What is left of the read before stands first, so that a request is in one piece.
  std::copy(c.in.begin(), c.in.end(), buffer_.begin());
  const ssize_t n = ::recv(c.fd, buffer_.data() + c.in.size(), buffer_.size() - c.in.size(), MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) return close(c);
  if (c.over_tcp && config_.acknowledge_at_once) {
    const int yes = 1;  // the kernel forgets it again
    ::setsockopt(c.fd, IPPROTO_TCP, TCP_QUICKACK, &yes, sizeof yes);
  }
  std::string_view bytes(buffer_.data(), c.in.size() + static_cast<size_t>(n));
  const Result<bool> goes_on = c.talk->take(bytes, c.out, now_);
  if (!goes_on) {
    ++stats_.broken;
    sys::log(sys::Level::warning, kRoom, "RELAY_PEER_BROKEN", goes_on.error().text());
  }
  c.ended = !goes_on || !*goes_on;
  PN_CHECK(c.ended || bytes.size() <= kTalkOctetsMax);
  c.in.assign(c.ended ? std::string_view() : bytes);
  send(c);
}

void Server::send(Connection& c) {
  if (!c.out.empty()) {
    const ssize_t n = ::send(c.fd, c.out.data(), c.out.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EINTR) return close(c);
    if (n > 0) c.out.erase(0, static_cast<size_t>(n));
  }
  if (c.out.empty() && c.ended) return close(c);
  const bool owes = !c.out.empty();
  if (owes != c.owes) watch(c, owes ? EPOLLOUT : EPOLLIN);
  c.owes = owes;
}

void Server::watch(const Connection& c, uint32_t events) {
  epoll_event e{.events = events, .data = {.u64 = uint64_t{c.generation} << 32 | index_of(c)}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, c.fd, &e);
}

void Server::close(Connection& c) {
  ::close(c.fd);
  unlink(c);
  const uint32_t generation = c.generation;
  c = Connection{};
  c.generation = generation;
  c.next = free_;
  free_ = index_of(c);
  --open_;
}

void Server::link(Connection& c) {
  const uint32_t i = index_of(c);
  c.previous = newest_;
  c.next = kNone;
  (newest_ == kNone ? oldest_ : all_[newest_].next) = i;
  newest_ = i;
}

void Server::unlink(Connection& c) {
  (c.previous == kNone ? oldest_ : all_[c.previous].next) = c.next;
  (c.next == kNone ? newest_ : all_[c.next].previous) = c.previous;
}

void Server::touch(Connection& c) {
  if (newest_ == index_of(c)) return;
  unlink(c);
  link(c);
}

}  // namespace postern::edge::relay
