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

#include <functional>

#include "model/flow.h"
#include "wire/traffic/packet/connection.h"

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
  [[nodiscard]] uint64_t forgotten_early() const { return greeted_.forgotten_early(); }

 private:
  struct Greeted {
    Time at;
    uint32_t expects = 0;
  };

  Emit emit_;
  Lately<Greeted> greeted_{kAnswerWithin, kGreetedMax};
  uint64_t found_ = 0;
};

}  // namespace postern::wire
