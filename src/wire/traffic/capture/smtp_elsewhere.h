// SPDX-License-Identifier: Apache-2.0
// SMTP on ports that are not those of mail: a server that greets with 220 (RFC 5321 section 4.2) before its client said
// anything more, and a client that answers EHLO or HELO (section 4.1.1.1). The client's greeting is the very next octet
// that the server waited for, so nothing of the client stands between the two. Each such conversation is told once, as
// a flow of its client that was answered (model::Flow::smtp), at the time of the server's greeting.
//
// Both must begin a segment that the capture has; streams are not put together. FTP greets with 220 too: its client
// never answers so. Nothing of what was said is kept: of a greeted client its addresses, ports and one number, for
// kAnswerWithin. Bounded: kGreetedMax, of which the oldest gives way, counted. Pure; foreign bytes in.
#pragma once

#include <deque>
#include <functional>
#include <unordered_map>

#include "model/flow.h"
#include "wire/traffic/capture/headers.h"

namespace postern::wire {

class SmtpElsewhere {
 public:
  static constexpr Duration kAnswerWithin = seconds(60);
  static constexpr size_t kGreetedMax = 4'096;
  using Emit = std::function<void(const model::Flow&)>;

  explicit SmtpElsewhere(Emit emit) : emit_(std::move(emit)) {}

  void add(Time at, const PacketHeaders& packet);
  [[nodiscard]] size_t greeted() const { return greeted_.size(); }
  [[nodiscard]] uint64_t found() const { return found_; }
  [[nodiscard]] uint64_t forgotten_early() const { return forgotten_early_; }

 private:
  struct Key {
    IpAddress client;
    IpAddress server;
    uint16_t client_port = 0;
    uint16_t port = 0;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    size_t operator()(const Key& key) const noexcept;
  };
  struct Greeted {
    Time at;
    uint32_t expects = 0;
  };
  void greeted(const Key& key, Time at, uint32_t expects);
  void forget_first();

  Emit emit_;
  Time clock_;
  std::deque<std::pair<Time, Key>> order_;  // oldest first; some are gone already
  std::unordered_map<Key, Greeted, Hash> greeted_;
  uint64_t found_ = 0;
  uint64_t forgotten_early_ = 0;
};

}  // namespace postern::wire
