// SPDX-License-Identifier: Apache-2.0
#include "fold/day/line_day.h"

namespace postern::fold {

LineDay::Line& LineDay::today(model::SubscriberId id, Time at) {
  const auto [it, fresh] = lines_.try_emplace(id);
  Line& line = it->second;
  if (fresh) {
    line.place = order_.insert(order_.end(), id);
  } else {
    order_.splice(order_.end(), order_, line.place);
  }
  if (line.day != at.unix_day()) {
    line.day = at.unix_day();
    line.sums = {};
  }
  if (lines_.size() > kLinesMax) {
    lines_.erase(order_.front());
    order_.pop_front();
    ++evicted_;
  }
  return line;
}

void LineDay::see(const model::Observation& observation) {
  if (const auto* sum = std::get_if<model::LineSum>(&observation.body); sum != nullptr && sum->line) {
    DaySums& day = today(sum->line, observation.at).sums;
    day.passed += sum->passed;
    day.blocked += sum->blocked;
    day.explained += sum->explained;
    day.over_limit += sum->over_limit;
    day.inbound_dropped += sum->inbound_dropped;
  } else if (const auto* contact = std::get_if<model::FirstContact>(&observation.body);
             contact != nullptr && contact->line) {
    std::vector<Attempt>& last = today(contact->line, observation.at).sums.last;
    last.insert(last.begin(), {observation.at, contact->destination, contact->port, contact->verdict});
    if (last.size() > kAttemptsKept) last.pop_back();
  }
}

DaySums LineDay::of(model::SubscriberId id, Time now) const {
  const auto it = lines_.find(id);
  if (it == lines_.end() || it->second.day != now.unix_day()) return {};
  return it->second.sums;
}

}  // namespace postern::fold
