// SPDX-License-Identifier: Apache-2.0
#include "decide/common/limits.h"
#include "decide/who/accounting.h"

namespace postern::decide::who {
namespace {

std::string joined(const std::string& nas, const std::string& key) { return nas + '\0' + key; }

}  // namespace

std::optional<Time> Memory::stopped(const std::string& nas, const std::string& key, Time from) const {
  const auto it = stop_by_key_.find(joined(nas, key));
  if (it == stop_by_key_.end() || it->second < from) return std::nullopt;
  return it->second;
}

void Memory::stop(const std::string& nas, const std::string& key, Time at) {
  const std::string name = joined(nas, key);
  const auto [it, fresh] = stop_by_key_.try_emplace(name, at);
  if (!fresh && it->second >= at) return;
  it->second = at;
  early_stops.emplace_back(name, at);
  while (early_stops.size() > kEarlyStopsMax || early_stops.front().second + kHistoryKept < at) {
    const auto& [oldest, when] = early_stops.front();
    if (const auto found = stop_by_key_.find(oldest); found != stop_by_key_.end() && found->second == when)
      stop_by_key_.erase(found);
    early_stops.pop_front();
  }
}

void Memory::restart(const std::string& nas, Time at) {
  if (restarts.size() >= kNasMax && !restarts.contains(nas)) return;
  Time& last = restarts[nas];
  last = std::max(last, at);
}

void Memory::encode(Encoder& out) const {
  out.put(std::vector(early_stops.begin(), early_stops.end()));
  out.put(restarts);
  out.put(newest);
}

void Memory::decode(Decoder& in) {
  std::vector<std::pair<std::string, Time>> stops;
  in.get(stops);
  in.get(restarts);
  in.get(newest);
  early_stops.assign(stops.begin(), stops.end());
  stop_by_key_.clear();
  for (const auto& [name, at] : early_stops) stop_by_key_[name] = at;
}

}  // namespace postern::decide::who
