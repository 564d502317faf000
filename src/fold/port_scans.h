// SPDX-License-Identifier: Apache-2.0
// Flows of one line to hosts that do not answer -> steps of a scan: on one TCP port, within a minute, so many different
// hosts of which each got a SYN and never an acknowledgement of anything. A machine that spreads meets ten such hosts
// in a second or two (DETECTION.md: worm scan on any port); who uses the net meets few in a minute. Told at kHostsEach,
// twice kHostsEach ... so that it can be contained within seconds.
// A program that looks for its peers meets as many, and some of them answer; of a worm's guesses next to none do. So
// once a line is suspect on a port (kSuspectAt hosts), those that answer it there in that minute are counted too, and
// each outweighs kAnswerOutweighs that do not: ln(.2/.05) / ln(.95/.8), of peers a fifth answering at least, of guesses
// a twentieth at most; those of its minutes before within the hour speak on, half of them with each, one at least. Not
// on the web's ports, where everybody is answered. Only the client's own records are needed, so a one-way exporter
// shows it as well; sampled ones say nothing. Mail ports have detectors of their own and are not looked at. Most pairs
// of line and port meet one silent host in a minute and no more. Of those one word is kept, in a table of kFirsts
// places where a newer one takes the place of an older: a pair that is overtaken begins again. Only at its second host
// it gets room of its own. Bounded: kPairsMax such pairs in a minute; beyond them, a counter. Pure; time comes with
// each call.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "model/flow.h"

namespace postern::fold {

struct ScanStep {
  uint32_t line = 0;
  Time at;
  IpAddress source;
  IpAddress destination;  // of the last
  uint16_t port = 0;
  uint32_t hosts = 0;  // that did not answer, since the step before
};

class PortScans {
 public:
  static constexpr uint32_t kHostsEach = 10;
  static constexpr uint32_t kHostsMost = 60;  // told of in a minute; more says nothing more
  static constexpr size_t kPairsMax = 65'536;
  static constexpr size_t kFirsts = 65'536;
  static constexpr size_t kPairBits = size_t{1} << 20;
  static constexpr int64_t kAnswersKept = 60;  // minutes
  static constexpr uint32_t kSuspectAt = 5;
  static constexpr uint32_t kAnswerOutweighs = 8;
  using Ports = std::bitset<65'536>;
  using Sink = std::function<void(const ScanStep&)>;

  explicit PortScans(Sink sink) : sink_(std::move(sink)), firsts_(kFirsts), in_minute_(kPairBits) {}

  // A record of the client's side of a TCP connection on no mail port that was never acknowledged by anybody.
  [[nodiscard]] static bool is_unanswered(uint8_t protocol, uint16_t source_port, uint16_t destination_port,
                                          uint8_t tcp_flags);
  void see(uint32_t line, const model::Flow& flow);
  // A record of the client's side that acknowledges something, of a port in suspects().
  [[nodiscard]] static bool is_answered(uint8_t protocol, uint8_t tcp_flags);
  void see_answered(uint32_t line, const model::Flow& flow);
  // Ports on which some line is suspect in this minute.
  [[nodiscard]] const Ports& suspects() const { return suspects_; }
  [[nodiscard]] uint64_t full() const { return full_; }

 private:
  struct Hosts {
    uint32_t met = 0;
    uint32_t answered = 0;
    uint32_t before = 0;  // that answered in its minutes before, half of them forgotten with each, but for one
    uint32_t told = 0;
    std::array<uint32_t, kHostsMost> marks{};
    std::array<uint32_t, kHostsMost / kAnswerOutweighs + 1> answers{};  // more would say nothing more
  };
  struct Answered {
    uint32_t hosts = 0;
    int64_t minute = 0;
  };
  struct First {
    uint64_t pair = 0;  // line and port; 0 = none
    uint32_t mark = 0;
  };
  void turn(Time at);
  [[nodiscard]] Hosts* hosts_of(uint64_t pair, uint32_t mark);

  Sink sink_;
  std::vector<First> firsts_;
  std::unordered_map<uint64_t, Hosts> minute_;  // by line and port
  // A bit for each pair in minute_, by hash: nearly every record is of a pair that is not, and is spared the search.
  std::vector<bool> in_minute_;
  std::unordered_map<uint64_t, Answered> answered_;  // the same, where somebody did within the hour
  Ports suspects_;
  int64_t number_ = 0;  // of the minute
  uint64_t full_ = 0;
};

}  // namespace postern::fold
