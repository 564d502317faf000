// SPDX-License-Identifier: Apache-2.0
#include "decide/detect/account/recipients/recipients.h"

#include <algorithm>

namespace postern::decide::detect::account::recipients {
namespace {

constexpr int64_t kHour = hours(1).us;
constexpr uint32_t kDayCountMax = 1'000'000;
constexpr uint32_t kOwnLeast = 10'000;  // so that it can double from nothing

// At the end of a day what it showed becomes part of the mean, an eighth of it.
void learn(Detector::State& state, const Context& context) {
  const auto day = static_cast<uint32_t>(context.now.unix_day());
  if (day == state.day) return;
  if (state.day != 0 && Detector::level(state.level, context) < kFrozenMnat) {
    const uint64_t most = uint64_t{2} * std::max(state.own_mill, kOwnLeast);
    const uint64_t mean = (uint64_t{7} * state.own_mill + uint64_t{1'000} * state.today) / 8;
    state.own_mill = static_cast<uint32_t>(std::min(mean, most));
  }
  state.day = day;
  state.today = 0;
}

}  // namespace

int32_t Detector::level(const Level& level, const Context& context) {
  const int64_t since = std::max<int64_t>((context.now - level.at).us, 0);
  if (since > 10'000 * kHour) return 0;  // keeps the product small
  return static_cast<int32_t>(std::max<int64_t>(level.mnat - since / 1'000 * kDrainMnatPerHour / (kHour / 1'000), 0));
}

int32_t Detector::see(State& state, const model::ObservationBody& body, const Context& context) {
  const auto* use = std::get_if<model::AccountUse>(&body);
  if (use == nullptr || use->recipients == 0) return 0;
  learn(state, context);
  const int64_t since = state.last ? std::clamp<int64_t>((context.now - state.last).us, 0, 100 * kHour) : 0;
  state.last = context.now;
  state.today = std::min(state.today + std::min(use->new_recipients, kDayCountMax), kDayCountMax);
  // What its own rate drains beyond the usual since it was seen last; a sum of evidence has one rate only.
  const int64_t own_per_hour = int64_t{3} * state.own_mill / 24'000;
  const int64_t beyond = std::max<int64_t>(own_per_hour - kPerHour, 0) * 3'000 * (since / 1'000) / (kHour / 1'000);
  const int64_t sum = int64_t{use->new_recipients} * kRecipientMnat - beyond;
  return static_cast<int32_t>(std::clamp<int64_t>(sum, -1'000'000, 1'000'000));
}

std::string Detector::note(const Entry& entry) {
  return detect::counted(static_cast<size_t>(std::max(entry.mnat, 0) / kRecipientMnat), "new recipient",
                         "new recipients") +
         " from " + to_string(entry.destination);
}

std::string Detector::explain(std::span<const Entry> mine, const Context&) {
  int64_t n = 0;
  for (const Entry& e : mine) n += std::max(e.mnat, 0) / kRecipientMnat;
  if (n == 0) return {};
  return detect::counted(static_cast<size_t>(n), "recipient", "recipients") + " it never wrote to before within " +
         detect::in_words(mine.back().at - mine.front().at + seconds(1)) + " (owners: under 30 an hour)";
}

}  // namespace postern::decide::detect::account::recipients
