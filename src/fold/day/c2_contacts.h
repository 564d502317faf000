// SPDX-License-Identifier: Apache-2.0
// Lines that talk to control servers of botnets (C2), a day (UTC) at a time. A contact is one in which both ends sent
// something or ended it in order (PSH or FIN, with ACK; RFC 9293 section 3.10.7): a server does that to whoever
// finished the handshake, so a forged source alone makes none. The two halves may come in different records, of one
// day. A server that more than kLinesOfOneMax lines talk to on one day says nothing more that day: it is a busy site
// that is on the list by mistake, or an outbreak that needs no hint. In memory only. Bounded: kHalvesMax pairs of line
// and server a day, and ToldToday. Pure.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "fold/day/told_today.h"
#include "model/flow.h"

namespace postern::fold {

// nothing: no contact, or not yet. fresh: the line is to be told of. again: it was, today. crowded: the server has just
// become one that says nothing more today. full: of lines or halves, the first of a day; left_out: these two, later.
PN_ENUM(C2News, nothing, fresh, again, crowded, full, left_out)

class C2Contacts {
 public:
  static constexpr size_t kHalvesMax = 65'536;
  static constexpr uint32_t kLinesOfOneMax = 50;

  // One direction, between a line and the server of that number (below some 100,000).
  [[nodiscard]] C2News see(uint32_t line, uint32_t server, bool from_server, const model::Flow& flow);
  // Numbers mean other servers from here on. Lines that were told of stay so.
  void forget_servers();

 private:
  struct Halves {
    bool line = false;
    bool server = false;
  };
  void begin_day(int64_t day);
  C2News judge(uint32_t line, uint32_t server, Time at);

  int64_t day_ = 0;
  std::unordered_map<uint64_t, Halves> halves_;  // by server and line
  std::vector<uint32_t> lines_of_;               // by server
  bool full_ = false;
  ToldToday told_;
};

}  // namespace postern::fold
