// SPDX-License-Identifier: Apache-2.0
#include "sys/outbound/retries.h"

#include <algorithm>
#include <fmt/format.h>

#include "sys/clock.h"
#include "sys/log.h"

namespace postern::sys {

Retries::Retries(std::string name, Bounds bounds, Loop& loop, Settled settled)
    : name_(std::move(name)), bounds_(bounds), loop_(loop), settled_(std::move(settled)) {
  loop_.every(seconds(1), [this] { look(); });
}

void Retries::add(uint64_t id, Attempt attempt, Duration waited) {
  if (waiting_.contains(id)) return;
  if (waiting_.size() >= bounds_.waiting_max) {
    if (stats_.full++ == 0)
      log(Level::warning, name_, "OUTBOX_FULL", fmt::format("{} wait, no more are taken", bounds_.waiting_max));
    return;
  }
  ++stats_.accepted;
  waiting_[id] = {std::move(attempt), monotonic() - waited, {}, 0, false};
  loop_.after({}, [this] { look(); });
}

void Retries::look() {
  const Duration now = monotonic();
  for (auto it = waiting_.begin(); it != waiting_.end() && under_way_ < bounds_.at_once_max;) {
    const uint64_t id = it->first;
    Waiting& w = it->second;
    ++it;  // the attempt may end at once, and the entry with it
    if (w.under_way || now < w.next) continue;
    w.under_way = true;
    ++w.tries;
    ++under_way_;
    const Attempt attempt = w.attempt;
    attempt([this, id](Outcome outcome, std::string words) { on_report(id, outcome, std::move(words)); });
  }
}

void Retries::on_report(uint64_t id, Outcome outcome, std::string words) {
  const auto it = waiting_.find(id);
  if (it == waiting_.end() || !it->second.under_way) return;
  Waiting& w = it->second;
  w.under_way = false;
  --under_way_;
  if (outcome == Outcome::taken) return end(id, true, std::move(words));
  if (outcome == Outcome::refused || monotonic() - w.since >= bounds_.retry_for)
    return end(id, false, std::move(words));
  ++stats_.tried_again;
  const Duration pause{bounds_.first_pause.us << std::min(w.tries - 1, 16U)};
  w.next = monotonic() + std::min(pause, bounds_.longest_pause);
  if (w.tries == 1) log(Level::info, name_, "OUTBOX_DELAYED", words, {{"number", std::to_string(id)}});
}

void Retries::end(uint64_t id, bool taken, std::string words) {
  ++(taken ? stats_.taken : stats_.failed);
  if (!taken) log(Level::warning, name_, "OUTBOX_FAILED", words, {{"number", std::to_string(id)}});
  waiting_.erase(id);
  settled_(id, taken, std::move(words));
  loop_.after({}, [this] { look(); });
}

}  // namespace postern::sys
