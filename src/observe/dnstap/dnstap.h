// SPDX-License-Identifier: Apache-2.0
// dnstap from a resolver (wire/traffic/dnstap) over a unix socket or TCP: which mail servers' names a line asks for.
// Kept are MX questions, and A and AAAA questions for names that begin like a mail server's; everything else is dropped
// undecoded and leaves no trace but a count. A name that a line has not asked for within a day becomes a MailLookup.
// TCP is served to listed senders alone.
//
// Limits, each with a counter: kSendersMax connections, those of the frames, lookups_per_s. A sender that breaks the
// protocol is closed; resolvers connect again. One thread; handlers run from the loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "base/fields.h"
#include "fold/mail_flows.h"
#include "fold/mail_names.h"
#include "model/observation.h"
#include "sys/fd.h"
#include "sys/loop.h"
#include "wire/traffic/dnstap/frames.h"

namespace postern::observe::dnstap {

inline constexpr size_t kSendersMax = 64;

struct Config {
  std::vector<Prefix> senders;  // over TCP, besides this machine
  uint32_t lookups_per_s = 2'000;
};

struct Stats {
  uint64_t connections = 0;
  uint64_t strangers = 0;     // TCP peers that are not listed
  uint64_t senders_full = 0;  // connections not taken
  uint64_t broken = 0;        // connections closed for what came
  uint64_t frames = 0;
  uint64_t undecoded = 0;  // of these: no MX, A or AAAA response of a client
  uint64_t bad = 0;        // of these: not what they should be
  uint64_t other = 0;      // A and AAAA of names that are no mail server's
  uint64_t no_line = 0;    // asked for by an address that is no line's now
  uint64_t repeated = 0;   // asked for by the line within a day
  uint64_t lookups = 0;    // told
  uint64_t over_rate = 0;
  PN_FIELDS(connections, strangers, senders_full, broken, frames, undecoded, bad, other, no_line, repeated, lookups,
            over_rate)
};

class Dnstap {
 public:
  using Emit = std::function<void(model::Observation)>;
  using Now = std::function<Time()>;

  Dnstap(Config config, sys::Loop& loop, std::vector<sys::Fd> listeners, fold::MailFlows::LineOf line_of, Emit emit,
         Now now);
  Dnstap(const Dnstap&) = delete;
  Dnstap& operator=(const Dnstap&) = delete;
  ~Dnstap();

  // A question that another source here saw by itself is judged as one of a resolver's.
  void see(const model::DnsQuestion& question);
  [[nodiscard]] const Stats& stats() const { return stats_; }
  [[nodiscard]] size_t open() const { return senders_.size(); }

 private:
  struct Sender {
    sys::Fd fd;
    wire::Frames frames;
  };

  void on_listener(int listener);
  void on_sender(int fd);
  void on_frame(ByteView payload);
  void close(int fd);
  [[nodiscard]] bool may_send(int fd) const;

  Config config_;
  sys::Loop& loop_;
  std::vector<sys::Fd> listeners_;
  fold::MailFlows::LineOf line_of_;
  Emit emit_;
  Now now_;
  Stats stats_;
  fold::MailNames names_;
  std::map<int, std::unique_ptr<Sender>> senders_;
  uint32_t tokens_;
  sys::Loop::TimerId timer_ = 0;
};

}  // namespace postern::observe::dnstap
