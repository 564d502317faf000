// SPDX-License-Identifier: Apache-2.0
#include "edge/explainer/explainer.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/log.h"

namespace postern::edge::explainer {
namespace {

using model::LineEntry;
using model::Reason;
using model::Verdict;

constexpr std::string_view kRoom = "explainer";
constexpr int kAcceptBatch = 64;
constexpr ssize_t kDrainMax = 60'000;  // octets read and forgotten after our last word
constexpr int kRoundsMax = 16;
constexpr uint32_t kOtherDescriptors = 32;  // what the role has open besides
constexpr Duration kTick = milliseconds(500);
// epoll data below 2^32 names a listener.
constexpr uint64_t kListener4 = 4;
constexpr uint64_t kListener6 = 6;

IpAddress address_of(const sockaddr_storage& from) {
  if (from.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&from);
    return IpAddress::v4(ntohl(v4->sin_addr.s_addr));
  }
  if (from.ss_family != AF_INET6) return {};
  std::array<uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6*>(&from)->sin6_addr, bytes.size());
  return IpAddress::v6(bytes);
}

// Resets at once: no FIN, no state kept.
void reset_socket(int fd) {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(fd);
}

// Raises the soft limit of descriptors to the hard one; the answer is how many connections fit.
uint32_t connections_that_fit(uint32_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  const rlim_t needed = rlim_t{wanted} + kOtherDescriptors;
  if (limit.rlim_cur < needed) {
    limit.rlim_cur = std::min(needed, limit.rlim_max);
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0 && ::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  }
  if (limit.rlim_cur >= needed) return wanted;
  const auto fit = static_cast<uint32_t>(std::max<rlim_t>(limit.rlim_cur, kOtherDescriptors + 1) - kOtherDescriptors);
  sys::log(sys::Level::warning, kRoom, "EXPLAINER_FEW_DESCRIPTORS", "fewer connections than set: raise LimitNOFILE",
           {{"connections_max", fmt::to_string(wanted)}, {"fit", fmt::to_string(fit)}});
  return fit;
}

// An entry past its end is what the kernel takes it for: an unknown line.
LineEntry judged(std::optional<LineEntry> found, Time now) {
  LineEntry e = found ? std::move(*found) : LineEntry{};
  if (!e.line || (e.expires && e.expires <= now)) {
    e.line = {};
    e.verdict = Verdict::explain;
    e.reason = Reason::unknown_line;
  }
  return e;
}

}  // namespace

Result<std::unique_ptr<Explainer>> Explainer::make(Config config, Listeners listeners, Lookup lookup,
                                                   const tables::ReferenceKey& key, Clock clock, Report report) {
  Banner banner = PN_TRY(Banner::make(config.texts));
  if (config.banners_per_min == 0 || config.connections_max == 0 || config.idle_timeout.us <= 0)
    return fail(Errc::bad_input, "banners_per_min, connections_max and idle_timeout have to be above 0", "[explainer]",
                "leave them out for the defaults");
  config.connections_max = connections_that_fit(config.connections_max);
  sys::Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return fail_errno("make an epoll");
  for (const auto& [fd, name] :
       {std::pair{listeners.v4.get(), kListener4}, std::pair{listeners.v6.get(), kListener6}}) {
    if (fd < 0) continue;
    int listening = 0;
    socklen_t size = sizeof listening;
    if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || listening == 0)
      return fail(Errc::io, "the explainer was given a descriptor that is no listening socket");
    PN_TRY_VOID(sys::set_nonblocking(fd));
    epoll_event e{.events = EPOLLIN, .data = {.u64 = name}};
    if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &e) != 0) return fail_errno("watch the explainer's listener");
  }
  return std::unique_ptr<Explainer>(new Explainer(std::move(config), std::move(banner), std::move(listeners),
                                                  std::move(lookup), key, std::move(clock), std::move(report),
                                                  std::move(epoll)));
}

Explainer::Explainer(Config config, Banner banner, Listeners listeners, Lookup lookup, const tables::ReferenceKey& key,
                     Clock clock, Report report, sys::Fd epoll)
    : config_(std::move(config)),
      banner_(std::move(banner)),
      listeners_(std::move(listeners)),
      lookup_(std::move(lookup)),
      key_(key),
      clock_(std::move(clock)),
      sources_(config_.sources_max, config_.banners_per_min, std::move(report)),
      connections_(config_.connections_max),
      epoll_(std::move(epoll)),
      now_(clock_.monotonic()),
      next_report_(now_ + config_.report_interval) {}

Explainer::~Explainer() {
  if (loop_ != nullptr) {
    loop_->forget(epoll_.get());
    loop_->cancel(timer_);
  }
  for (const Phase phase : {Phase::talking, Phase::lingering}) {
    while (Connection* c = connections_.oldest(phase)) close(*c);
  }
  flush();
}

void Explainer::start(sys::Loop& loop) {
  loop_ = &loop;
  // One epoll inside the loop's: a connection costs no handler, no map entry and no allocation.
  loop.watch(epoll_.get(), EPOLLIN, [this](uint32_t) { serve(); });
  timer_ = loop.every(kTick, [this] { tick(); });
}

Stats Explainer::stats() const {
  Stats s = stats_;
  s.open = connections_.open();
  s.crowded = sources_.crowded();
  return s;
}

void Explainer::serve() {
  std::array<epoll_event, 256> events;  // filled by the kernel
  for (int round = 0; round < kRoundsMax; ++round) {
    const int n = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
    if (n <= 0) return;
    now_ = clock_.monotonic();
    for (int i = 0; i < n; ++i) handle(events[static_cast<size_t>(i)]);
    if (n < static_cast<int>(events.size())) return;  // what came meanwhile wakes the loop again
  }
}

void Explainer::handle(const epoll_event& event) {
  if (event.data.u64 == kListener4) return accept_some(listeners_.v4);
  if (event.data.u64 == kListener6) return accept_some(listeners_.v6);
  Connection* const c = connections_.find(event.data.u64);
  if (c == nullptr) return;  // closed earlier in this round
  if (!c->outbox.empty() && (event.events & EPOLLOUT) != 0) {
    send(*c, {});
  } else if (c->phase == Phase::lingering) {
    drain(*c);
  } else {
    receive(*c);
  }
}

void Explainer::accept_some(const sys::Fd& listener) {
  for (int i = 0; i < kAcceptBatch; ++i) {
    sockaddr_storage from;
    socklen_t size = sizeof from;
    const int fd = ::accept4(listener.get(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      ++stats_.accepted;
      greet(fd, address_of(from));
    } else if (errno == EAGAIN || !accept_failed(errno, listener)) {
      return;
    }
  }
}

bool Explainer::accept_failed(int error, const sys::Fd& listener) {
  const bool exhausted = error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
  if (!exhausted) return true;  // of that one connection only (accept(2): ECONNABORTED, pending network errors)
  // Linux finds out that there is no descriptor before it looks whether anyone is waiting for one.
  pollfd waiting{.fd = listener.get(), .events = POLLIN, .revents = 0};
  if (::poll(&waiting, 1, 0) == 0) return false;
  ++stats_.accept_failed;
  sys::log(sys::Level::warning, kRoom, "EXPLAINER_ACCEPT_FAILED", "no descriptor or memory for a connection",
           {{"error", std::strerror(error)}, {"open", fmt::to_string(connections_.open())}});
  if (evict_oldest()) return true;
  pause_accept(true);  // the next tick tries again; meanwhile connections wait in the backlog
  return false;
}

void Explainer::pause_accept(bool pause) {
  if (paused_ == pause) return;
  paused_ = pause;
  for (const auto& [fd, name] :
       {std::pair{listeners_.v4.get(), kListener4}, std::pair{listeners_.v6.get(), kListener6}}) {
    epoll_event e{.events = pause ? 0U : uint32_t{EPOLLIN}, .data = {.u64 = name}};
    if (fd >= 0) ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &e);
  }
}

void Explainer::greet(int fd, const IpAddress& source) {
  const Time utc = clock_.utc();
  const LineEntry line = judged(lookup_(source), utc);
  SourceTable::Entry& bucket = sources_.find(line.line, source, now_);
  if (!sources_.take(bucket, now_)) {
    ++bucket.served.refused;
    ++stats_.refused;
    return reset_socket(fd);
  }
  if (connections_.full()) {
    sys::log(sys::Level::warning, kRoom, "EXPLAINER_CONNECTIONS_FULL", "connections_max reached: the oldest gives way",
             {{"connections_max", fmt::to_string(config_.connections_max)}});
    evict_oldest();
  }
  Connection& c = connections_.add(fd, now_);
  epoll_event e{.events = EPOLLIN, .data = {.u64 = connections_.name_of(c)}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &e) != 0) {
    ++stats_.accept_failed;
    return reset(c);
  }
  c.reference = key_.text({line.line, line.reason, line.revision, utc.unix_day()});
  ReplyBuffer buffer;  // filled by the banner
  if (line.verdict == Verdict::limited || line.verdict == Verdict::open) {
    ++bucket.served.limited;
    ++stats_.limited;
    c.finishing = true;
    return send(c, banner_.limited(buffer, line.limits, passes_again(line.limits, utc), c.reference));
  }
  ++bucket.served.closed;
  ++stats_.closed;
  stats_.unknown_line += line.line ? 0 : 1;
  send(c, banner_.closed(buffer, line.reason, line.verdict == Verdict::listed, c.reference));
}

void Explainer::receive(Connection& c) {
  std::array<char, kInputMax> input;  // filled by the kernel
  const ssize_t n = ::recv(c.fd, input.data(), input.size(), MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n < 0) ++stats_.lost;
  if (n <= 0) return close(c);
  const bool over = n + c.octets > kInputMax;
  c.octets = static_cast<uint16_t>(std::min<ssize_t>(n + c.octets, kInputMax));
  std::string_view bytes(input.data(), static_cast<size_t>(n));
  std::array<char, kCommandsMax * kReplyLineMax> replies;  // one send however many commands came at once
  size_t size = 0;
  const auto say = [&](std::string_view text) {
    std::memcpy(replies.data() + size, text.data(), text.size());
    size += text.size();
  };
  while (!c.finishing) {
    const auto verb = c.reader.take(bytes);
    if (!verb && !over) break;
    if (verb == wire::SmtpVerb::quit) {
      say(banner_.goodbye());
      c.finishing = true;
      // Nothing unread: close sends a FIN, and a peer that said QUIT sends no more. No need to linger.
      c.said_goodbye = n < static_cast<ssize_t>(input.size());
      break;
    }
    ReplyBuffer line;
    say(banner_.no_service(line, c.reference));
    c.finishing = !verb || ++c.commands >= kCommandsMax;
    if (c.finishing) ++stats_.over_input;
  }
  if (size == 0) return;  // half a command: the idle timeout goes on
  connections_.touch(c, Phase::talking, now_);
  send(c, {replies.data(), size});
}

void Explainer::send(Connection& c, std::string_view bytes) {
  const bool owed = !c.outbox.empty();
  const Outbox::Sent sent = owed && bytes.empty() ? c.outbox.send_rest(c.fd) : c.outbox.send(c.fd, bytes);
  if (sent == Outbox::Sent::failed) {
    ++stats_.lost;
    return close(c);
  }
  if (sent == Outbox::Sent::all && c.said_goodbye) return close(c);
  const bool owes = sent == Outbox::Sent::some;
  if (owed != owes) {
    epoll_event e{.events = owes ? uint32_t{EPOLLOUT} : uint32_t{EPOLLIN}, .data = {.u64 = connections_.name_of(c)}};
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, c.fd, &e);
  }
  if (!owes && c.finishing) finish(c);
}

void Explainer::finish(Connection& c) {
  ::shutdown(c.fd, SHUT_WR);
  c.octets = 0;
  connections_.touch(c, Phase::lingering, now_);
}

void Explainer::drain(Connection& c) {
  std::array<char, 4096> input;  // read and forgotten
  const ssize_t n = ::recv(c.fd, input.data(), input.size(), MSG_DONTWAIT);
  if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) return close(c);
  if (n < 0) return;
  if (n + c.octets > kDrainMax) {
    ++stats_.over_input;
    return reset(c);
  }
  c.octets = static_cast<uint16_t>(n + c.octets);
}

void Explainer::close(Connection& c) {
  ::close(c.fd);
  connections_.remove(c);
}

void Explainer::reset(Connection& c) {
  reset_socket(c.fd);
  connections_.remove(c);
}

bool Explainer::evict_oldest() {
  Connection* c = connections_.oldest(Phase::lingering);
  if (c == nullptr) c = connections_.oldest(Phase::talking);
  if (c == nullptr) return false;
  ++stats_.evicted;
  reset(*c);
  return true;
}

void Explainer::tick() {
  now_ = clock_.monotonic();
  pause_accept(false);
  const auto overdue = [this](Phase phase, Duration after) {
    Connection* const c = connections_.oldest(phase);
    return c != nullptr && c->active_us + after.us <= now_.us ? c : nullptr;
  };
  while (Connection* c = overdue(Phase::lingering, config_.linger_timeout)) close(*c);
  while (Connection* c = overdue(Phase::talking, config_.idle_timeout)) {
    ++stats_.timed_out;
    if (c->outbox.empty()) {
      close(*c);
    } else {
      ++stats_.lost;
      reset(*c);
    }
  }
  if (now_ >= next_report_) {
    next_report_ = now_ + config_.report_interval;
    flush();
  }
}

}  // namespace postern::edge::explainer
