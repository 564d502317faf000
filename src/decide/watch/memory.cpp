// SPDX-License-Identifier: Apache-2.0
// What the watch keeps and forgets: checkpoints, the journal's tail, subjects that are idle.
#include <algorithm>

#include "decide/common/limits.h"
#include "decide/watch/each.h"

namespace postern::decide::detect {
namespace {

using model::Mode;

uint32_t size_of_state(const auto& state) { return static_cast<uint32_t>(postern::encode(state).size()); }

}  // namespace

// In the order of keys, so that what is forgotten does not hang on the order of a table.
template <class R>
void WatchOf<R>::sweep(Time now, const std::function<Subject(uint64_t key)>& subject_of) {
  const auto is_idle = [&](const auto& entry) {
    Context context = context_of(subject_of(entry.first), now);
    pace_of(entry.second, context);
    return is_quiet(entry.second, context);
  };
  if constexpr (kLines) {
    // Once round at most: a small network would be looked at again and again.
    for (size_t n = std::min(kSweptPerTick, size_t{highest_} + 1); n > 0; --n) {
      swept_ = swept_ < highest_ ? swept_ + 1 : 0;
      const auto it = lines_.find(swept_);
      if (it != lines_.end() && is_idle(*it)) lines_.erase(it);
    }
  } else {
    auto it = lines_.upper_bound(swept_);
    for (size_t n = 0; n < kSweptPerTick && it != lines_.end(); ++n) {
      swept_ = it->first;
      it = is_idle(*it) ? lines_.erase(it) : std::next(it);
    }
    if (it == lines_.end()) swept_ = 0;
  }
}

template <class R>
void WatchOf<R>::forget(uint64_t key) {
  lines_.erase(static_cast<Key>(key));
}

template <class R>
void WatchOf<R>::recall(const model::Finding& finding, uint64_t of) {
  const auto key = static_cast<Key>(of);
  if (!lines_.contains(key) && lines_.size() >= kWatchedMax) return;
  highest_ = std::max(highest_, key);
  Line& line = lines_[key];
  if (finding.at < line.newest) return;
  bool ticket = false;
  each<R>([&]<class D>(auto i) {
    const auto it = finding.levels_mnat.find(std::string(D::kName));
    if (it == finding.levels_mnat.end()) return;
    typename D::State state = std::get<i>(line.states).get();
    state.level = {it->second, finding.at};
    std::get<i>(line.states).put(state);
    ticket = ticket || is_ticket<D>();
  });
  if (finding.own_every.us > 0) {
    Seldom seldom = line.seldom.get();
    seldom.pace.every_s = seldom.pace.earned_s = static_cast<uint32_t>(finding.own_every.seconds());
    line.seldom.put(seldom);
  }
  line.newest = finding.at;
  line.ticket = line.ticket || ticket;
  if (ticket) return;
  if (finding.mode == Mode::on) line.stage = std::max(line.stage, finding.stage);
  line.shadow_stage = std::max(line.shadow_stage, finding.stage);
  line.first_contacts = finding.first_contacts;
  std::vector<Entry> steps;
  for (const model::Increment& step : finding.evidence) {
    const auto name = std::ranges::find(names(), step.family);
    if (name == names().end()) continue;
    steps.push_back({step.at, step.destination, step.port, step.outcome, static_cast<uint8_t>(name - names().begin()),
                     step.mnat, step.level_mnat});
    is_new_network(line, step.destination);
  }
  line.ring.assign(steps);
}

template <class R>
void WatchOf<R>::encode(Encoder& out) const {
  std::vector<std::pair<std::string, uint32_t>> states;
  each<R>([&]<class D>(auto) { states.emplace_back(D::kName, size_of_state(typename D::State{})); });
  out.put(states);
  out.put(highest_);
  out.put(swept_);
  out.put(budget_);
  out.put(static_cast<uint64_t>(lines_.size()));
  std::vector<Key> order;
  order.reserve(lines_.size());
  for (const auto& [id, line] : lines_) order.push_back(id);
  std::ranges::sort(order);
  for (const Key id : order) {
    const Line& line = lines_.at(id);
    out.put(id);
    each<R>([&]<class D>(auto i) { out.put(std::get<i>(line.states).get()); });
    out.put(line.ring.entries());
    out.put(line.seldom.get());
    out.put(line.networks);
    out.put(line.newest);
    out.put(line.first_contacts);
    out.put(line.next_network);
    out.put(line.stage);
    out.put(line.shadow_stage);
    out.put(line.ticket);
  }
}

template <class R>
void WatchOf<R>::decode(Decoder& in) {
  // Written by another build perhaps: states go by name, those of an unknown name or size are passed over.
  std::vector<std::pair<std::string, uint32_t>> states;
  in.get(states);
  std::vector<uint8_t> place(states.size(), 0xff);
  each<R>([&]<class D>(auto i) {
    for (size_t n = 0; n < states.size(); ++n)
      if (states[n] == std::pair(std::string(D::kName), size_of_state(typename D::State{})))
        place[n] = static_cast<uint8_t>(i);
  });
  lines_.clear();
  in.get(highest_);
  in.get(swept_);
  in.get(budget_);
  uint64_t lines = 0;
  in.get(lines);
  for (uint64_t n = 0; n < lines && in.ok(); ++n) {
    Key id = 0;
    in.get(id);
    Line line;
    for (size_t s = 0; s < states.size() && in.ok(); ++s) {
      Bytes skipped(std::min<size_t>(states[s].second, in.left()));
      if (place[s] == 0xff) in.raw(skipped.data(), skipped.size());
      each<R>([&]<class D>(auto i) {
        if (place[s] != i) return;
        typename D::State state{};
        in.get(state);
        std::get<i>(line.states).put(state);
      });
    }
    std::vector<Entry> ring;
    Seldom seldom;
    in.get(ring);
    in.get(seldom);
    in.get(line.networks);
    in.get(line.newest);
    in.get(line.first_contacts);
    in.get(line.next_network);
    in.get(line.stage);
    in.get(line.shadow_stage);
    in.get(line.ticket);
    std::erase_if(ring, [&](Entry& e) {
      const bool known = e.detector < place.size() && place[e.detector] != 0xff;
      if (known) e.detector = place[e.detector];
      return !known;
    });
    line.ring.assign(ring);
    line.seldom.put(seldom);
    if (line.next_network >= kNetworksKept || id > highest_) in.spoil();
    lines_.insert_or_assign(id, std::move(line));
  }
}

template void WatchOf<Registry>::sweep(Time, const std::function<Subject(uint64_t)>&);
template void WatchOf<Registry>::forget(uint64_t);
template void WatchOf<Registry>::recall(const model::Finding&, uint64_t);
template void WatchOf<Registry>::encode(Encoder&) const;
template void WatchOf<Registry>::decode(Decoder&);
template void WatchOf<account::Registry>::sweep(Time, const std::function<Subject(uint64_t)>&);
template void WatchOf<account::Registry>::forget(uint64_t);
template void WatchOf<account::Registry>::recall(const model::Finding&, uint64_t);
template void WatchOf<account::Registry>::encode(Encoder&) const;
template void WatchOf<account::Registry>::decode(Decoder&);

}  // namespace postern::decide::detect
