// SPDX-License-Identifier: Apache-2.0
// What is remembered of one observation domain of one exporter: its templates, samplers, sequence and clock.
#pragma once

#include <map>
#include <optional>
#include <unordered_map>

#include "base/time.h"
#include "wire/traffic/flow/template.h"

namespace postern::wire {

// Counts what is missing of a sequence of 32 bits that goes round (RFC 7011 section 3.1, RFC 3954 section 5.1).
class Sequence {
 public:
  struct Seen {
    uint32_t lost = 0;
    bool late = false;       // from before: out of order, or twice
    bool restarted = false;  // too far from what was expected to be either
  };
  // `length` units are in this datagram. With known = false it cannot be told how many (no template): the next
  // datagram is taken as it comes.
  Seen see(uint32_t sequence, uint32_t length, bool known = true);
  void forget() { next_.reset(); }

 private:
  std::optional<uint32_t> next_;
};

// How far the exporter's clock is from ours: the smallest of (received - exported) over two windows, since delays only
// add to it. Nothing is corrected within kClockNear: header times have whole seconds, and delays are no skew.
inline constexpr Duration kClockNear = seconds(2);
class ClockOffset {
 public:
  void see(Time received, Time exported);
  [[nodiscard]] Duration correction() const;

 private:
  Time window_;
  std::optional<Duration> now_;
  std::optional<Duration> before_;
};

struct Domain {
  std::unordered_map<uint16_t, Template> templates;
  std::map<uint64_t, uint32_t> samplers;  // 1 in so many, by the exporter's number of the sampler
  uint32_t sampling = 0;                  // of all flows of the domain; 0: never said
  Sequence sequence;
  ClockOffset clock;
  Time boot;  // systemInitTimeMilliseconds, where options say it
  Time seen;
  Time seen_before;  // the datagram before
};

}  // namespace postern::wire
