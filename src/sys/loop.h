// SPDX-License-Identifier: Apache-2.0
// Loop: one epoll instance and a timer queue; one thread. Handlers run in run(); they may add and remove anything,
// themselves included.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <sys/epoll.h>
#include <unordered_map>

#include "base/time.h"
#include "sys/fd.h"

namespace postern::sys {

class Loop {
 public:
  using OnEvent = std::function<void(uint32_t events)>;  // EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP
  using OnTimer = std::function<void()>;
  using TimerId = uint64_t;

  Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // The caller keeps the descriptor and calls forget() before it closes it.
  void watch(int fd, uint32_t events, OnEvent handler);
  void change(int fd, uint32_t events);
  void forget(int fd);
  TimerId after(Duration delay, OnTimer handler);  // once
  TimerId every(Duration period, OnTimer handler);
  void cancel(TimerId timer);

  void run();                   // until stop()
  void step(Duration longest);  // one wait and its handlers; for tests
  void stop() { stopped_ = true; }

 private:
  struct Timer {
    Duration due;
    Duration period;
    OnTimer handler;
  };
  void fire_due();
  [[nodiscard]] int wait_ms(Duration longest) const;

  Fd epoll_;
  // Shared, so that a handler that forgets its own descriptor outlives its call.
  std::unordered_map<int, std::shared_ptr<OnEvent>> handlers_;
  std::map<std::pair<int64_t, TimerId>, Timer> timers_;  // by due time
  std::unordered_map<TimerId, int64_t> due_of_;
  TimerId next_timer_ = 1;
  bool stopped_ = false;
};

}  // namespace postern::sys
