// SPDX-License-Identifier: Apache-2.0
// The connections of the explainer: a fixed array, and two lists through it in order of last activity, so that the next
// to time out is the head. An index and a generation name a connection in epoll; an event of a connection that is gone
// finds nothing. Pure; one thread.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"
#include "edge/explainer/outbox.h"
#include "tables/reference.h"
#include "wire/smtp_command.h"

namespace postern::edge::explainer {

enum class Phase : uint8_t {
  free,
  talking,    // greeted; commands are answered
  lingering,  // we said our last; waiting for the peer to close
};

struct Connection {
  int64_t active_us = 0;  // monotonic
  Outbox outbox;
  int fd = -1;
  uint32_t generation = 0;
  uint32_t previous = 0;  // in its phase's list; kNone at the ends
  uint32_t next = 0;
  uint16_t octets = 0;
  uint8_t commands = 0;
  Phase phase = Phase::free;
  bool finishing = false;     // lingers as soon as the outbox is empty
  bool said_goodbye = false;  // closes as soon as the outbox is empty
  wire::SmtpCommandReader reader;
  tables::ReferenceText reference{};
};
// 10,000 idle ones are to cost at most 1 KB each, everything included.
static_assert(sizeof(Connection) <= 96);

class Connections {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  explicit Connections(uint32_t places);

  [[nodiscard]] bool full() const { return free_ == kNone; }
  [[nodiscard]] uint32_t open() const { return open_; }
  // A place must be free. The connection is at the end of Phase::talking.
  [[nodiscard]] Connection& add(int fd, Duration now);
  // The caller closed the descriptor.
  void remove(Connection& c);
  // To the end of the list of `phase`.
  void touch(Connection& c, Phase phase, Duration now);
  [[nodiscard]] Connection* oldest(Phase phase);
  // For epoll's data: never below 2^32.
  [[nodiscard]] uint64_t name_of(const Connection& c) const;
  [[nodiscard]] Connection* find(uint64_t name);

 private:
  struct List {
    uint32_t head = kNone;
    uint32_t tail = kNone;
  };
  [[nodiscard]] uint32_t index_of(const Connection& c) const { return static_cast<uint32_t>(&c - all_.data()); }
  [[nodiscard]] List& list_of(Phase phase) { return phase == Phase::talking ? talking_ : lingering_; }
  void link(Connection& c, Phase phase);
  void unlink(Connection& c);

  std::vector<Connection> all_;
  List talking_;
  List lingering_;
  uint32_t free_ = kNone;  // chained through `next`
  uint32_t open_ = 0;
};

}  // namespace postern::edge::explainer
