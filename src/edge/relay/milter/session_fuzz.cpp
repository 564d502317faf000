// SPDX-License-Identifier: Apache-2.0
// Answers, and what is counted, do not depend on how the bytes are cut; never more is left over than may be.
#include <algorithm>
#include <string>
#include <vector>

#include "base/check.h"
#include "edge/relay/milter/session.h"

using namespace postern;
using namespace postern::edge::relay;

namespace {

struct Told {
  std::string out;
  std::vector<uint64_t> counts;
  bool operator==(const Told&) const = default;
};

Told talked(std::string_view stream, size_t piece) {
  const sys::Fd memory = SharedMemory::make("milter-fuzz").value();
  Meters meters = Meters::open(memory, {.meters_max = 1'024, .messages_max = 8}, {5}).value();
  Limits limits{.invalid_percent = 30, .recipients_per_message = 5};
  limits.most[0] = {3, 10, 100, 0, 4};
  Judge judge({.provider = "Lab ISP",
               .url = "https://help.example",
               .relay_host = "relay.example",
               .subscriber_prefixes = {Prefix::of(IpAddress::v4(0x0a40'0000), 16)},
               .trusted = {},
               .classes = {},
               .otherwise = limits,
               .account = limits},
              meters, [](const IpAddress&) {
                model::LineEntry e;
                e.line = {7};
                return e;
              });
  TalkStats stats;
  MilterTalk talk(judge, stats, true);
  Told told;
  std::string unread;
  const Time now{1'796'000'400'000'000};
  for (bool goes_on = true; goes_on && !stream.empty();) {
    unread.append(stream.substr(0, piece));
    stream.remove_prefix(std::min(piece, stream.size()));
    std::string_view view = unread;
    const auto taken = talk.take(view, told.out, now);
    goes_on = taken && *taken;
    PN_CHECK(!goes_on || view.size() <= kTalkOctetsMax);
    unread.erase(0, unread.size() - view.size());
  }
  Stats::visit(judge.stats(), [&](std::string_view, const uint64_t& n) { told.counts.push_back(n); });
  TalkStats::visit(stats, [&](std::string_view, const uint64_t& n) { told.counts.push_back(n); });
  PN_CHECK(stats.refused <= stats.requests);
  return told;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Told whole = talked(bytes, std::max<size_t>(size, 1));
  PN_CHECK(whole == talked(bytes, 1));
  PN_CHECK(whole == talked(bytes, 1 + size / 3));
  return 0;
}
