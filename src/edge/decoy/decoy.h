// SPDX-License-Identifier: Apache-2.0
// Decoys: addresses that nobody uses and that answer (dialogue.h). A connection that was accepted has shaken hands, so
// its source is not forged: it becomes a first contact with a dark address, which is outside evidence (DETECTION.md:
// H). A source outside of a NAT is told apart by its port, where the NAT logs once the log of that time is there
// (kLogWait); where that says no line, it is counted and left out. Who signs in at
// one that lets people is told too (model::ClearSignIn): that it happened, and nothing of it.
//
// Every decoy is proven: three times a beat a probe connects to it from the namespace where a line would be (beat.h)
// and must arrive here. A decoy that one did not reach is told in the log, in report() and as a fault at once, within
// the beat. Probes are no hits.
//
// Limits, each with a counter: connections_max (the one idle longest is closed), idle_timeout, life_max, hits_per_s,
// those of the dialogue. The same source at the same decoy is told once in kAgain. One thread; handlers run from the
// loop.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "edge/decoy/beat.h"
#include "edge/decoy/dialogue.h"
#include "fold/outside/nats.h"
#include "model/observation.h"
#include "sys/fd.h"
#include "sys/loop.h"

namespace postern::edge::decoy {

struct Place {
  Endpoint at;
  Play play = Play::closed;
};

struct Config {
  std::string host = "mail";  // what mail servers among them call themselves
  std::vector<Place> places;
  std::set<std::string> honey;  // in lower case
  size_t connections_max = 256;
  uint32_t hits_per_s = 50;
  Duration idle_timeout = seconds(30);
  Duration life_max = minutes(5);
  Duration beat = seconds(60);
  Beat::From probe_from;
  fold::Nats nats;
};

struct Stats {
  uint64_t accepted = 0;
  uint64_t probes = 0;    // of these: our own
  uint64_t hits = 0;      // told
  uint64_t repeated = 0;  // the same source at the same decoy, not told again
  uint64_t over_rate = 0;
  uint64_t behind_nat_unknown = 0;
  uint64_t messages = 0;  // that an open relay was given, and forgot
  uint64_t sign_ins = 0;
  uint64_t honey = 0;  // connections that signed in by a name only thieves have
  uint64_t evicted = 0;
  uint64_t timed_out = 0;
  uint64_t seen_full = 0;     // forgotten early who was told: kSeenMax
  uint64_t waiting_full = 0;  // left out, as more waited for the log of a NAT: kWaitingMax
  uint64_t sign_ins_told = 0;
  PN_FIELDS(accepted, probes, hits, repeated, over_rate, behind_nat_unknown, messages, sign_ins, honey, evicted,
            timed_out, seen_full, waiting_full, sign_ins_told)
};

class Decoy {
 public:
  using Emit = std::function<void(model::Observation)>;
  struct Clock {
    std::function<Time()> utc;
    std::function<Duration()> monotonic;
  };
  static constexpr Duration kAgain = minutes(10);
  static constexpr size_t kSeenMax = 16'384;
  static constexpr Duration kLogWait = seconds(15);
  static constexpr size_t kWaitingMax = 4'096;

  // `listeners`: one of each place, in their order. `probes`: the same, made in the probe's namespace; or none at all.
  Decoy(Config config, sys::Loop& loop, std::vector<sys::Fd> listeners, std::vector<sys::Fd> probes, Emit emit,
        Clock clock);
  Decoy(const Decoy&) = delete;
  Decoy& operator=(const Decoy&) = delete;
  ~Decoy();

  [[nodiscard]] const Stats& stats() const { return stats_; }
  [[nodiscard]] size_t open() const { return by_age_.size(); }
  struct State {
    const Place* place;
    const Proof* proof;  // null: nobody probes
    uint64_t hits;
  };
  [[nodiscard]] std::vector<State> states() const;

 private:
  struct Connection {
    sys::Fd fd;
    size_t place;
    Endpoint from;
    Dialogue dialogue;
    std::string out;
    Duration born;
    Duration active;
    bool over = false;
  };
  using Age = std::list<Connection>;  // idle longest first

  void on_listener(size_t place);
  void on_connection(int fd, uint32_t events);
  struct Hit {
    size_t place = 0;
    Endpoint from;
    Time at;
    bool signed_in = false;  // on a connection that was a hit before
  };
  void see(const Hit& hit);
  void tell(const Hit& hit);
  void tell_sign_in(const Hit& hit, const IpAddress& source);
  [[nodiscard]] bool within_rate();
  [[nodiscard]] bool told_lately(const Endpoint& decoy, const IpAddress& source, Time now);
  void talk(size_t place, const Endpoint& from, sys::Fd fd);
  void receive(Age::iterator c);
  void send(Age::iterator c);
  void close(Age::iterator c);
  void tick();

  Config config_;
  sys::Loop& loop_;
  std::vector<sys::Fd> listeners_;
  Emit emit_;
  Clock clock_;
  Stats stats_;
  std::unique_ptr<Beat> beat_;
  std::vector<uint64_t> hits_;  // by place
  std::deque<Hit> waiting_;     // for the log of a NAT, in order
  Age by_age_;
  std::unordered_map<int, Age::iterator> by_fd_;
  std::map<std::pair<Endpoint, IpAddress>, Time> seen_;
  uint32_t tokens_ = 0;
  sys::Loop::TimerId timer_ = 0;
  sys::Loop::TimerId beat_timer_ = 0;
};

}  // namespace postern::edge::decoy
