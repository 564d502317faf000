// SPDX-License-Identifier: Apache-2.0
#include "decide/detect/account/login/login.h"

#include <algorithm>

#include "decide/frame/decay.h"

namespace postern::decide::detect::account::login {
namespace {

// Of the straight way through the earth: what is said is never more than the way over it.
int64_t km_squared(const std::array<int16_t, 3>& a, const std::array<int16_t, 3>& b) {
  int64_t sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += int64_t{a[i] - b[i]} * (a[i] - b[i]);
  return sum;
}

bool is_known(const std::array<int16_t, 3>& km) { return km != std::array<int16_t, 3>{}; }

int32_t many(size_t within_the_hour, size_t free) {
  return within_the_hour <= free ? 0 : within_the_hour == free + 1 ? kManyMnat : kStepMnat;
}

int32_t country(Detector::State& state, const model::AccountUse& use, Time now) {
  if (use.place.country == 0) return 0;
  const size_t before = state.countries.since(now - kWindow);
  state.countries.see(use.place.country, now);
  const size_t after = state.countries.since(now - kWindow);
  return after > before ? many(after, kCountriesFree) : 0;
}

int32_t network(Detector::State& state, const model::AccountUse& use, Time now) {
  if (use.place.as_number == 0) return 0;
  const bool known = state.networks.knows(use.place.as_number);
  const bool first = state.networks.since(Time{1}) == 0;
  const size_t before = state.networks.since(now - kWindow);
  state.networks.see(use.place.as_number, now);
  const size_t after = state.networks.since(now - kWindow);
  int32_t sum = after > before && after > kNetworksFree ? kStepMnat : 0;
  if (known) return sum;
  if (!first) sum += kStepMnat;
  if (state.failures >= kGuesses && now - state.failures_at < kHalfLife) {
    sum += kStepMnat;
    state.failures = 0;
  }
  return sum;
}

// Without an owner nobody's line is another's, but many lines are many.
int32_t line(Detector::State& state, const model::AccountUse& use, const Context& context) {
  if (!use.line || use.line == context.line) return 0;
  const bool known = state.lines.knows(use.line.value);
  const size_t before = state.lines.since(context.now - kWindow);
  state.lines.see(use.line.value, context.now);
  const size_t after = state.lines.since(context.now - kWindow);
  return (!known && context.line ? kStepMnat : 0) + (after > before ? many(after, kLinesFree) : 0);
}

int32_t travel(Detector::State& state, const model::AccountUse& use, Time now) {
  if (!is_known(use.place.km)) return 0;
  int32_t sum = 0;
  if (is_known(state.km)) {
    const int64_t seconds_since = std::max<int64_t>((now - state.there_at).seconds(), 0);
    const int64_t reach = std::max(kKmLeast, std::min<int64_t>(seconds_since, 86'400) * kKmPerHour / 3'600);
    if (km_squared(state.km, use.place.km) > reach * reach) sum = kStepMnat;
  }
  state.km = use.place.km;
  state.there_at = now;
  return sum;
}

}  // namespace

template <size_t N>
bool Lately<N>::knows(uint32_t one) const {
  return std::ranges::find(what, one) != what.end();
}

template <size_t N>
size_t Lately<N>::since(Time then) const {
  size_t n = 0;
  for (size_t i = 0; i < N; ++i) n += what[i] != 0 && at[i] >= then ? 1 : 0;
  return n;
}

template <size_t N>
void Lately<N>::see(uint32_t one, Time now) {
  auto place = static_cast<size_t>(std::ranges::find(what, one) - what.begin());
  if (place == N) place = static_cast<size_t>(std::ranges::min_element(at) - at.begin());
  what[place] = one;
  at[place] = now;
}

int32_t Detector::level(const Level& level, const Context& context) {
  return detect::halved(level, context.now, kHalfLife);
}

int32_t Detector::see(State& state, const model::ObservationBody& body, const Context& context) {
  const auto* use = std::get_if<model::AccountUse>(&body);
  if (use == nullptr) return 0;
  if (use->login_failures > 0) {
    if (context.now - state.failures_at >= kHalfLife) state.failures = 0;
    state.failures = std::min(state.failures + std::min(use->login_failures, 1'000U), 1'000U);
    state.failures_at = context.now;
  }
  // Only who signed in is anywhere.
  if (!use->source || use->recipients == 0) return 0;
  int32_t sum = use->honey ? kHoneyMnat : 0;
  sum += country(state, *use, context.now);
  sum += network(state, *use, context.now);
  sum += line(state, *use, context);
  sum += travel(state, *use, context.now);
  return sum;
}

std::string Detector::note(const Entry& entry) { return "used from " + to_string(entry.destination); }

std::string Detector::explain(std::span<const Entry> mine, const Context&) {
  if (mine.empty()) return {};
  return "used from where its owner is not " + detect::counted(mine.size(), "time", "times");
}

template struct Lately<8>;

}  // namespace postern::decide::detect::account::login
