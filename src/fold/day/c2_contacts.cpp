// SPDX-License-Identifier: Apache-2.0
#include "fold/day/c2_contacts.h"

#include <utility>

namespace postern::fold {
namespace {

constexpr uint8_t kTcp = 6;
constexpr uint8_t kFin = 1;
constexpr uint8_t kPsh = 8;
constexpr uint8_t kAck = 16;

// More than a handshake, by whom this direction is of.
bool took_part(const model::Flow& flow) {
  return flow.protocol == kTcp && (flow.tcp_flags & kAck) != 0 && (flow.tcp_flags & (kPsh | kFin)) != 0;
}

}  // namespace

void C2Contacts::begin_day(int64_t day) {
  day_ = day;
  full_ = false;
  forget_servers();
}

void C2Contacts::forget_servers() {
  halves_.clear();
  lines_of_.clear();
}

C2News C2Contacts::judge(uint32_t line, uint32_t server, Time at) {
  if (server >= lines_of_.size()) lines_of_.resize(server + 1);
  if (++lines_of_[server] > kLinesOfOneMax)
    return lines_of_[server] == kLinesOfOneMax + 1 ? C2News::crowded : C2News::left_out;
  switch (told_.see(line, at)) {
    case News::fresh:
      return C2News::fresh;
    case News::again:
      return C2News::again;
    case News::full:
      return C2News::full;
    case News::still_full:
      break;
  }
  return C2News::left_out;
}

C2News C2Contacts::see(uint32_t line, uint32_t server, bool from_server, const model::Flow& flow) {
  if (!took_part(flow)) return C2News::nothing;
  if (flow.begin.unix_day() > day_) begin_day(flow.begin.unix_day());
  const uint64_t key = uint64_t{server} << 32 | line;
  auto found = halves_.find(key);
  if (found == halves_.end()) {
    if (halves_.size() >= kHalvesMax) return std::exchange(full_, true) ? C2News::left_out : C2News::full;
    found = halves_.try_emplace(key).first;
  }
  Halves& halves = found->second;
  const bool before = halves.line && halves.server;
  (from_server ? halves.server : halves.line) = true;
  if (!halves.line || !halves.server) return C2News::nothing;
  return before ? C2News::again : judge(line, server, flow.begin);
}

}  // namespace postern::fold
