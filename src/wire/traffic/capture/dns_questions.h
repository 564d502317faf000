// SPDX-License-Identifier: Apache-2.0
// DNS packets of a capture to model::DnsQuestion: one for each question a client asked, once its answer was seen or
// after `wait` without one, in the order they were asked, at most `wait` late. Repeats (client, port, id, name, type:
// retries, and packets captured twice) within `wait` are folded. An answer whose question was not seen is a question at
// the time of the answer. Of UDP, and of TCP where a message begins with a segment (RFC 7766 section 8; what begins
// elsewhere is counted, streams are not put together). Only the standard query (opcode 0) of the class IN. Bounded.
#pragma once

#include <deque>
#include <functional>
#include <unordered_map>

#include "base/fields.h"
#include "model/flow.h"
#include "wire/traffic/dns/message.h"
#include "wire/traffic/packet/headers.h"

namespace postern::wire {

struct DnsLimits {
  Duration wait = seconds(5);
  size_t questions_max = 65'536;  // waiting; beyond, the oldest is given without its answer
};

struct DnsStats {
  uint64_t messages = 0;
  uint64_t broken = 0;
  uint64_t other = 0;     // updates, notifies, other classes
  uint64_t repeated = 0;  // folded
  uint64_t unframed = 0;  // TCP segments that no message begins with
  uint64_t given_early = 0;
  PN_FIELDS(messages, broken, other, repeated, unframed, given_early)
};

class DnsQuestions {
 public:
  using Emit = std::function<void(const model::DnsQuestion&)>;

  DnsQuestions(DnsLimits limits, Emit emit) : limits_(limits), emit_(std::move(emit)) {}
  DnsQuestions(const DnsQuestions&) = delete;
  DnsQuestions& operator=(const DnsQuestions&) = delete;

  void add(Time at, const PacketHeaders& packet);  // ports other than 53 are nothing to it
  void advance(Time now);                          // also without packets
  void finish();
  [[nodiscard]] const DnsStats& stats() const { return stats_; }

 private:
  struct Key {
    IpAddress client;
    uint16_t port = 0;
    uint16_t id = 0;
    uint16_t type = 0;
    std::string name;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    size_t operator()(const Key& k) const noexcept;
  };
  struct Waiting {
    Time at;
    bool answered = false;
    uint8_t rcode = 0;
  };

  void add_message(Time at, const PacketHeaders& packet, ByteView message);
  void give_first();

  DnsLimits limits_;
  Emit emit_;
  Time clock_;
  std::deque<Key> order_;  // oldest first
  std::unordered_map<Key, Waiting, KeyHash> waiting_;
  DnsStats stats_;
};

}  // namespace postern::wire
