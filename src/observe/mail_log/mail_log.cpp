// SPDX-License-Identifier: Apache-2.0
#include "observe/mail_log/mail_log.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fmt/format.h>
#include <sys/socket.h>

#include "base/networks.h"
#include "sys/log.h"

namespace postern::observe::mail_log {
namespace {

constexpr std::string_view kRoom = "mail_log";

// Seconds and microseconds since 1970 in base 52, then 'z' and the inode: never given twice.
bool is_long(std::string_view queue_id) { return queue_id.size() >= 12 && queue_id.substr(10).contains('z'); }

}  // namespace

MailLog::MailLog(Config config, sys::Loop& loop, std::vector<sys::Fd> listeners, To to)
    : config_(std::move(config)), loop_(loop), listeners_(std::move(listeners)), to_(std::move(to)) {
  for (const sys::Fd& fd : listeners_) {
    if (!sys::set_nonblocking(fd.get())) continue;
    loop_.watch(fd.get(), EPOLLIN, [this, at = fd.get()](uint32_t) { on_listener(at); });
  }
}

MailLog::~MailLog() {
  for (const sys::Fd& fd : listeners_) loop_.forget(fd.get());
  for (const auto& [fd, connection] : connections_) loop_.forget(fd);
}

bool MailLog::may_send(int fd) const {
  const IpAddress peer = sys::peer_of(fd).address;
  return is_loopback(peer) || is_in(config_.clients, peer);
}

void MailLog::on_listener(int listener) {
  for (;;) {
    sys::Fd fd(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) return;  // nobody waits, or no descriptor: they wait in the backlog
    if (!may_send(fd.get())) {
      ++stats_.strangers;
      continue;
    }
    if (connections_.size() >= config_.connections_max) {
      if (stats_.connections_full++ == 0)
        sys::log(sys::Level::warning, kRoom, "MAIL_LOG_FULL",
                 fmt::format("{} connections are open, no more are taken", config_.connections_max));
      continue;
    }
    ++stats_.connections;
    const int at = fd.get();
    connections_[at] = std::make_unique<Connection>(Connection{.fd = std::move(fd), .begun = {}});
    loop_.watch(at, EPOLLIN, [this, at](uint32_t) { on_connection(at); });
  }
}

void MailLog::on_connection(int fd) {
  Connection& c = *connections_.at(fd);
  std::array<char, 65'536> input;  // filled by the kernel
  const ssize_t n = ::recv(fd, input.data(), input.size(), MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n > 0) return take(c, {input.data(), static_cast<size_t>(n)});
  loop_.forget(fd);
  connections_.erase(fd);
}

void MailLog::take(Connection& c, std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
    if (!c.passing && c.begun.size() + piece.size() > wire::kLogLineMax) {
      ++stats_.too_long;
      c.passing = true;
      c.begun.clear();
    }
    if (end == std::string_view::npos) {
      if (!c.passing) c.begun += piece;
      return;
    }
    if (!c.passing) {
      if (c.begun.empty()) {
        line(piece);
      } else {
        c.begun += piece;
        line(c.begun);
      }
    }
    c.begun.clear();
    c.passing = false;
  }
}

void MailLog::line(std::string_view text) {
  using enum wire::PostfixLogKind;
  ++stats_.lines;
  const wire::PostfixLogLine l = wire::read_postfix_log(text);
  if ((l.kind == final_word || l.kind == word) && to_.tried) to_.tried(l);
  if (l.kind == login_failed) {
    ++stats_.login_failed;
    to_.login_failed(l.account, l.attempts);
  } else if (l.kind == submitted) {
    begins(l);
  } else if (l.kind == removed) {
    ends(l.queue_id);
  } else if (l.kind == final_word) {
    const auto it = accounts_.find(std::string(l.queue_id));
    if (it == accounts_.end()) {
      ++stats_.unknown_message;
      return;
    }
    ++(l.delivered ? stats_.delivered : stats_.failed);
    to_.final_word(it->second, l.recipient, l.delivered);
  }
}

void MailLog::begins(const wire::PostfixLogLine& l) {
  ++stats_.submitted;
  if (accounts_.insert_or_assign(std::string(l.queue_id), std::string(l.account.substr(0, 255))).second)
    order_.emplace_back(l.queue_id);
  // Gone ones leave their place at the front when they come to it: at most as many again.
  while (accounts_.size() > config_.queue_max || order_.size() > 2 * config_.queue_max) {
    stats_.crowded += accounts_.erase(order_.front());
    order_.pop_front();
  }
}

void MailLog::ends(std::string_view queue_id) {
  if (to_.removed) to_.removed(queue_id);
  if (auto mine = accounts_.extract(std::string(queue_id)); mine && is_long(queue_id)) {
    if (gone_.insert_or_assign(std::move(mine.key()), std::move(mine.mapped())).second)
      gone_order_.emplace_back(queue_id);
    if (gone_order_.size() > config_.gone_max) {
      gone_.erase(gone_order_.front());
      gone_order_.pop_front();
    }
  }
  while (!order_.empty() && !accounts_.contains(order_.front())) order_.pop_front();
}

std::string MailLog::account_of(std::string_view queue_id) const {
  if (!is_long(queue_id)) return {};
  const std::string id(queue_id);
  if (const auto it = accounts_.find(id); it != accounts_.end()) return it->second;
  const auto it = gone_.find(id);
  return it == gone_.end() ? std::string() : it->second;
}

}  // namespace postern::observe::mail_log
