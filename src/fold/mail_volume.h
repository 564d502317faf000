// SPDX-License-Identifier: Apache-2.0
// Connections of lines to mail networks -> minutes in which a line connected to one network more than kUsualMost times:
// a client that retries without pause, or a flood. A minute is told when it is over, in the order of lines and
// networks. Bounded: kPairsMax pairs of line and network in a minute; beyond them, a counter. Pure; time comes with
// each call.
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "base/ip.h"
#include "base/time.h"

namespace postern::fold {

struct VolumeMinute {
  uint32_t line = 0;
  Time at;  // of its last connection
  IpAddress source;
  IpAddress destination;  // of the last
  uint16_t port = 0;
  uint32_t connections = 0;
};

class MailVolumes {
 public:
  static constexpr uint32_t kUsualMost = 30;  // of a minute; DETECTION.md: max(30, 4 x learned)
  static constexpr size_t kPairsMax = 65'536;
  using Sink = std::function<void(const VolumeMinute&)>;

  explicit MailVolumes(Sink sink) : sink_(std::move(sink)) {}
  void see(uint32_t line, const IpAddress& source, const IpAddress& destination, uint16_t port, Time at);
  void advance(Time now);
  [[nodiscard]] uint64_t full() const { return full_; }

 private:
  Sink sink_;
  std::map<std::pair<uint32_t, uint64_t>, VolumeMinute> minute_;
  int64_t number_ = 0;  // of the minute
  uint64_t full_ = 0;
};

}  // namespace postern::fold
