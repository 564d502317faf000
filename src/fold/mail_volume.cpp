// SPDX-License-Identifier: Apache-2.0
#include "fold/mail_volume.h"

#include "fold/destinations.h"

namespace postern::fold {

void MailVolumes::advance(Time now) {
  const int64_t number = now.us / minutes(1).us;
  if (number <= number_) return;
  number_ = number;
  for (const auto& [pair, minute] : minute_)
    if (minute.connections > kUsualMost) sink_(minute);
  minute_.clear();
}

void MailVolumes::see(uint32_t line, const IpAddress& source, const IpAddress& destination, uint16_t port, Time at) {
  advance(at);
  const std::pair pair{line, fingerprint(destination_network(destination))};
  auto it = minute_.find(pair);
  if (it == minute_.end()) {
    if (minute_.size() >= kPairsMax) {
      ++full_;
      return;
    }
    it = minute_.try_emplace(pair, VolumeMinute{.line = line, .at = at, .source = source}).first;
  }
  VolumeMinute& minute = it->second;
  minute.at = std::max(minute.at, at);
  minute.destination = destination;
  minute.port = port;
  ++minute.connections;
}

}  // namespace postern::fold
