// SPDX-License-Identifier: Apache-2.0
// Explainer: the mail server that answers connections the gate steered here, tells why, and takes no mail. It decides
// nothing: the published table says what the line has, this says it in words.
//
//   line closed, unknown or listed    554, then 503 to anything but QUIT, 221 to QUIT (RFC 5321 3.1)
//   line limited (or open again)      421 with the time it goes on, then closed: mail servers keep the mail queued
// No AUTH, no STARTTLS, no EHLO reply, no mail. The peer address is the subscriber's; the connection's own address is
// the server that was called, and never appears in a reply.
//
// Limits, each with a counter: banners_per_min per source (beyond: RST), connections_max (the one idle longest gives
// way, RST), idle_timeout since the last whole command, kCommandsMax commands and kInputMax octets per connection.
// A connection is closed only after its bytes were read (shutdown, drain, close): an RST would take the banner from
// the client's buffer. What it costs: sizeof(Connection) per place in connections_max, no allocation per connection
// (but a 421's text and a rest the socket did not take).
//
// One thread: the one of the Loop. Descriptors needed: connections_max + 4; fewer lowers connections_max with a log
// line.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <sys/epoll.h>

#include "base/ip.h"
#include "base/result.h"
#include "base/time.h"
#include "edge/explainer/banner.h"
#include "edge/explainer/connections.h"
#include "edge/explainer/source_table.h"
#include "model/line.h"
#include "sys/fd.h"
#include "sys/loop.h"
#include "tables/reference.h"

namespace postern::edge::explainer {

struct Config {
  BannerTexts texts;
  uint32_t banners_per_min = 30;  // per source; at least 1
  uint32_t connections_max = 12'000;
  uint32_t sources_max = 16'384;  // places in the table of buckets
  Duration idle_timeout = seconds(30);
  Duration linger_timeout = seconds(3);  // after our last byte, for the client to close first
  Duration report_interval = seconds(10);
};

inline constexpr uint8_t kCommandsMax = 5;
inline constexpr uint16_t kInputMax = 512;

// What the published table says of a source. nullopt: unknown line. An entry with line 0 is an unknown line too, and
// lets the caller give the policy revision for its reference.
using Lookup = std::function<std::optional<model::LineEntry>(const IpAddress& source)>;

struct Clock {
  std::function<Time()> utc;            // for replies, references and expiry
  std::function<Duration()> monotonic;  // for buckets and timeouts
};

// Either may be absent. Bound, listening TCP sockets; transparent when the gate steers to them.
struct Listeners {
  sys::Fd v4;
  sys::Fd v6;
};

struct Stats {
  uint64_t accepted = 0;
  uint64_t closed = 0;         // greeted 554
  uint64_t limited = 0;        // greeted 421
  uint64_t unknown_line = 0;   // of `closed`: no live line owns the source
  uint64_t refused = 0;        // reset: over banners_per_min
  uint64_t evicted = 0;        // reset: connections_max or descriptors ran out, idle longest
  uint64_t timed_out = 0;      // idle_timeout
  uint64_t over_input = 0;     // kCommandsMax or kInputMax
  uint64_t lost = 0;           // the peer reset, or never took its reply
  uint64_t accept_failed = 0;  // the system had no descriptor or memory
  uint64_t crowded = 0;        // a source's bucket gave way unfilled
  uint32_t open = 0;           // connections now
};

class Explainer {
 public:
  // Errors: bad_input from the settings (names the setting); io when epoll cannot be made.
  [[nodiscard]] static Result<std::unique_ptr<Explainer>> make(Config config, Listeners listeners, Lookup lookup,
                                                               const tables::ReferenceKey& key, Clock clock,
                                                               Report report);
  ~Explainer();
  Explainer(const Explainer&) = delete;
  Explainer& operator=(const Explainer&) = delete;

  // From here on the loop serves; it must outlive the Explainer.
  void start(sys::Loop& loop);
  // Timeouts and reports; the loop calls it twice a second.
  void tick();
  // Reports what was counted since the last interval; also done on destruction.
  void flush() { sources_.flush(); }
  [[nodiscard]] Stats stats() const;

 private:
  Explainer(Config config, Banner banner, Listeners listeners, Lookup lookup, const tables::ReferenceKey& key,
            Clock clock, Report report, sys::Fd epoll);
  void serve();  // everything that is ready now
  void handle(const epoll_event& event);
  void accept_some(const sys::Fd& listener);
  bool accept_failed(int error, const sys::Fd& listener);  // true: something gave way, try again
  void pause_accept(bool pause);
  void greet(int fd, const IpAddress& source);
  void receive(Connection& c);
  void send(Connection& c, std::string_view bytes);
  void finish(Connection& c);  // no more from us: drain, then close
  void drain(Connection& c);
  void close(Connection& c);
  void reset(Connection& c);
  bool evict_oldest();

  Config config_;
  Banner banner_;
  Listeners listeners_;
  Lookup lookup_;
  tables::ReferenceKey key_;
  Clock clock_;
  SourceTable sources_;
  Connections connections_;
  sys::Fd epoll_;
  sys::Loop* loop_ = nullptr;
  sys::Loop::TimerId timer_ = 0;
  Duration now_;  // monotonic, read once per round
  Duration next_report_;
  bool paused_ = false;
  Stats stats_;
};

}  // namespace postern::edge::explainer
