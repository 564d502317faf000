// SPDX-License-Identifier: Apache-2.0
// Blocklists (RFC 5782), asked through the provider's own resolver about the relay's addresses and those of lines: at
// most queries_per_s questions a second, one at a time. What is found about a line is an observation where the address
// was seen to be clean before; what is found about the relay is an alarm. What is remembered (round.h) is forgotten
// with the process, so after a start the first look makes nothing known of lines. One thread; handlers run from the
// loop.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "model/observation.h"
#include "observe/reputation/round.h"
#include "sys/loop.h"
#include "sys/resolver/resolver.h"

namespace postern::observe::reputation {

struct Config {
  std::vector<ListConfig> lists;
  std::vector<Prefix> relay;
  std::vector<Prefix> lines;
  uint32_t queries_per_s = 2;
  Duration every = hours(6);
};

struct Stats {
  uint64_t questions = 0;
  uint64_t listings = 0;  // found
  uint64_t delistings = 0;
  uint64_t observations = 0;  // of these listings: of lines that were clean before
  PN_FIELDS(questions, listings, delistings, observations)
};

class Reputation {
 public:
  using Emit = std::function<void(model::Observation)>;

  Reputation(Config config, sys::Loop& loop, sys::Resolver& resolver, Emit emit, std::function<Time()> now);
  ~Reputation();
  Reputation(const Reputation&) = delete;
  Reputation& operator=(const Reputation&) = delete;

  [[nodiscard]] const Round& round() const { return round_; }
  [[nodiscard]] const Stats& stats() const { return stats_; }

 private:
  void step();
  void hear(const Question& q, const Result<std::vector<IpAddress>>& answer);
  void tell(const News& news);

  sys::Loop& loop_;
  sys::Resolver& resolver_;
  Emit emit_;
  std::function<Time()> now_;
  Round round_;
  Stats stats_;
  bool asking_ = false;
  sys::Loop::TimerId timer_;
};

}  // namespace postern::observe::reputation
