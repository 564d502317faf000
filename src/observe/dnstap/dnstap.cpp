// SPDX-License-Identifier: Apache-2.0
#include "observe/dnstap/dnstap.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/socket.h>

#include "base/networks.h"
#include "sys/log.h"
#include "wire/traffic/dnstap/dnstap.h"

namespace postern::observe::dnstap {
namespace {

constexpr std::string_view kRoom = "dnstap";
constexpr int kReadsPerTurn = 16;  // then the loop's other descriptors have their turn
constexpr uint8_t kNameError = 3;

}  // namespace

Dnstap::Dnstap(Config config, sys::Loop& loop, std::vector<sys::Fd> listeners, fold::MailFlows::LineOf line_of,
               Emit emit, Now now)
    : config_(std::move(config)),
      loop_(loop),
      listeners_(std::move(listeners)),
      line_of_(std::move(line_of)),
      emit_(std::move(emit)),
      now_(std::move(now)),
      tokens_(config_.lookups_per_s) {
  for (const sys::Fd& fd : listeners_) {
    if (!sys::set_nonblocking(fd.get())) continue;
    loop_.watch(fd.get(), EPOLLIN, [this, at = fd.get()](uint32_t) { on_listener(at); });
  }
  timer_ = loop_.every(seconds(1), [this] { tokens_ = config_.lookups_per_s; });
}

Dnstap::~Dnstap() {
  loop_.cancel(timer_);
  for (const sys::Fd& fd : listeners_) loop_.forget(fd.get());
  for (const auto& [fd, sender] : senders_) loop_.forget(fd);
}

bool Dnstap::may_send(int fd) const {
  int domain = 0;
  socklen_t size = sizeof domain;
  if (::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) return false;
  if (domain == AF_UNIX) return true;  // the file's mode said who
  const IpAddress peer = sys::peer_of(fd).address;
  return is_loopback(peer) || is_in(config_.senders, peer);
}

void Dnstap::on_listener(int listener) {
  for (;;) {
    sys::Fd fd(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) return;
    if (!may_send(fd.get())) {
      ++stats_.strangers;
      continue;
    }
    if (senders_.size() >= kSendersMax) {
      if (stats_.senders_full++ == 0)
        sys::log(sys::Level::warning, kRoom, "DNSTAP_FULL", "no more resolvers are listened to");
      continue;
    }
    ++stats_.connections;
    const int at = fd.get();
    senders_[at] = std::make_unique<Sender>(Sender{std::move(fd), {}});
    loop_.watch(at, EPOLLIN, [this, at](uint32_t) { on_sender(at); });
  }
}

void Dnstap::on_sender(int fd) {
  static thread_local std::array<std::byte, 65'536> input;  // filled by the kernel
  Sender& s = *senders_.at(fd);
  for (int turn = 0; turn < kReadsPerTurn; ++turn) {
    const ssize_t n = ::recv(fd, input.data(), input.size(), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) return close(fd);
    Bytes answer;
    const Status taken =
        s.frames.take({input.data(), static_cast<size_t>(n)}, answer, [this](ByteView payload) { on_frame(payload); });
    // Two control frames at most in a stream's life: a peer that has no room for them is none.
    const bool sent = answer.empty() || ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
                                            static_cast<ssize_t>(answer.size());
    if (!taken || !sent) {
      if (stats_.broken++ == 0)
        sys::log(sys::Level::warning, kRoom, "DNSTAP_BROKEN",
                 taken ? "a resolver does not take the answer to its stream" : taken.error().text());
      return close(fd);
    }
    if (s.frames.over()) return close(fd);
  }
}

void Dnstap::on_frame(ByteView payload) {
  ++stats_.frames;
  const auto got = wire::decode_dnstap(payload);
  if (!got) {
    ++stats_.bad;
    return;
  }
  if (!got->question) {
    ++stats_.undecoded;
    return;
  }
  see(*got->question);
}

void Dnstap::see(const model::DnsQuestion& q) {
  const uint64_t name = fold::mail_name(q.type, q.name);
  if (name == 0) {
    ++stats_.other;
    return;
  }
  const auto line = line_of_(q.client);
  if (line.number == 0) {
    ++stats_.no_line;
    return;
  }
  const Time now = now_();
  if (!names_.first(line.number, name, now)) {
    ++stats_.repeated;
    return;
  }
  if (tokens_ == 0) {
    if (stats_.over_rate++ == 0)
      sys::log(sys::Level::warning, kRoom, "DNSTAP_OVER_RATE", "more lookups a second than dnstap.lookups_per_s");
    return;
  }
  --tokens_;
  ++stats_.lookups;
  model::MailLookup lookup;
  lookup.source = q.client;
  lookup.mx = q.type == fold::kDnsMx;
  lookup.not_there = q.rcode == kNameError;
  // A resolver that buffered for long, or whose clock is off, does not date what is judged.
  const Duration apart = now > q.at ? now - q.at : q.at - now;
  emit_({.sequence = 0, .at = apart <= minutes(10) ? std::min(q.at, now) : now, .body = lookup});
}

void Dnstap::close(int fd) {
  loop_.forget(fd);
  senders_.erase(fd);
}

}  // namespace postern::observe::dnstap
