// SPDX-License-Identifier: Apache-2.0
#include "sys/loop.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/check.h"
#include "sys/clock.h"

namespace postern::sys {

Loop::Loop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) { PN_CHECK(epoll_); }

void Loop::watch(int fd, uint32_t events, OnEvent handler) {
  epoll_event e{.events = events, .data = {.fd = fd}};
  PN_CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &e) == 0);
  handlers_[fd] = std::make_shared<OnEvent>(std::move(handler));
}

void Loop::change(int fd, uint32_t events) {
  epoll_event e{.events = events, .data = {.fd = fd}};
  PN_CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &e) == 0);
}

void Loop::forget(int fd) {
  if (handlers_.erase(fd) > 0) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

Loop::TimerId Loop::after(Duration delay, OnTimer handler) {
  const TimerId id = next_timer_++;
  const Duration due = monotonic() + delay;
  timers_[{due.us, id}] = {due, {}, std::move(handler)};
  due_of_[id] = due.us;
  return id;
}

Loop::TimerId Loop::every(Duration period, OnTimer handler) {
  PN_CHECK(period.us > 0);
  const TimerId id = after(period, std::move(handler));
  timers_[{due_of_[id], id}].period = period;
  return id;
}

void Loop::cancel(TimerId timer) {
  const auto it = due_of_.find(timer);
  if (it == due_of_.end()) return;
  timers_.erase({it->second, timer});
  due_of_.erase(it);
}

int Loop::wait_ms(Duration longest) const {
  int64_t us = longest.us;
  if (!timers_.empty()) us = std::min(us, std::max<int64_t>(0, timers_.begin()->first.first - monotonic().us));
  return static_cast<int>((us + 999) / 1000);
}

void Loop::fire_due() {
  const Duration now = monotonic();
  while (!timers_.empty() && timers_.begin()->first.first <= now.us) {
    auto node = timers_.extract(timers_.begin());
    const TimerId id = node.key().second;
    OnTimer handler = node.mapped().handler;
    if (node.mapped().period.us > 0) {
      // From now, not from the due time: a stalled role does not fire a burst.
      node.mapped().due = now + node.mapped().period;
      node.key() = {node.mapped().due.us, id};
      due_of_[id] = node.mapped().due.us;
      timers_.insert(std::move(node));
    } else {
      due_of_.erase(id);
    }
    handler();
  }
}

void Loop::step(Duration longest) {
  std::array<epoll_event, 256> events{};
  const int n = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), wait_ms(longest));
  PN_CHECK(n >= 0 || errno == EINTR);
  for (int i = 0; i < n && !stopped_; ++i) {
    const auto it = handlers_.find(events[static_cast<size_t>(i)].data.fd);
    if (it == handlers_.end()) continue;  // forgotten by an earlier handler of this round
    const std::shared_ptr<OnEvent> handler = it->second;
    (*handler)(events[static_cast<size_t>(i)].events);
  }
  fire_due();
}

void Loop::run() {
  while (!stopped_) step(hours(1));
}

}  // namespace postern::sys
