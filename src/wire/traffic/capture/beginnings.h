// SPDX-License-Identifier: Apache-2.0
// The first seconds of each TCP connection, out of a view that has not all of its packets (a mirror port behind a
// filter): what of it flows can be summed up from. A connection begins with its SYN, or with the SYN-ACK where that
// alone is seen; packets of others, and those later than kBeginning, are passed over: summed up by themselves they
// would look like connections of their own. That a server answered is told as an acknowledgement of the client too,
// which a filter need not let through.
//
// It also says whether the view has both directions: of the connections that clients acknowledged, how many answers of
// servers were seen. Unknown until kAnswersAtLeast were. Bounded: kConnectionsMax, of which the oldest gives way,
// counted. Pure; the time is that of the packets.
#pragma once

#include <functional>

#include "wire/traffic/packet/connection.h"

namespace postern::wire {

class Beginnings {
 public:
  static constexpr Duration kBeginning = seconds(10);
  static constexpr size_t kConnectionsMax = size_t{1} << 17;
  static constexpr uint64_t kAnswersAtLeast = 20;
  using Emit = std::function<void(Time at, const PacketHeaders&)>;

  explicit Beginnings(Emit emit) : emit_(std::move(emit)) {}

  void add(Time at, const PacketHeaders& packet);
  void advance(Time now);
  // Nearly every answer is seen: silence is silence.
  [[nodiscard]] bool both_ways() const { return both_ways_; }
  // Looks at what was seen since it did so last, when that is enough.
  void judge_direction();
  [[nodiscard]] size_t size() const { return connections_.size(); }
  [[nodiscard]] uint64_t passed_over() const { return passed_over_; }
  [[nodiscard]] uint64_t forgotten_early() const { return connections_.forgotten_early(); }

 private:
  struct State {
    Time at;             // it began
    bool asked = false;  // its SYN was seen
    bool answered = false;
    bool acknowledged = false;  // by the client, and no answer was seen before
  };
  State& begin(const Connection& connection, Time at);
  void answer(Time at, const PacketHeaders& packet);
  void go_on(Time at, const PacketHeaders& packet);

  Emit emit_;
  Lately<State> connections_{kBeginning, kConnectionsMax};
  uint64_t heard_server_ = 0;
  uint64_t heard_client_ = 0;
  bool both_ways_ = false;
  uint64_t passed_over_ = 0;
};

}  // namespace postern::wire
