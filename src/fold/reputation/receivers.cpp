// SPDX-License-Identifier: Apache-2.0
#include "fold/reputation/receivers.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace postern::fold {
namespace {

constexpr Duration kStep = minutes(10);
constexpr size_t kDomainOctetsMax = 255;

}  // namespace

uint64_t Answers::answers() const {
  return std::accumulate(of.begin(), of.end(), uint64_t{0}) - (*this)[Answered::unreachable];
}

uint64_t Answers::cold() const { return uint64_t{(*this)[Answered::put_off]} + (*this)[Answered::refused]; }

Answers& Answers::operator+=(const Answers& o) {
  for (size_t i = 0; i < of.size(); ++i) of[i] += o.of[i];
  return *this;
}

// What is too old is emptied on the way.
void Receivers::roll(Domain& d, Time now) {
  const int64_t step = now.us / kStep.us;
  const auto per_hour = static_cast<int64_t>(kSteps);
  for (int64_t s = std::max(d.step + 1, step - per_hour + 1); s <= step; ++s)
    d.steps[static_cast<size_t>(s % per_hour)] = {};
  const auto hours = static_cast<int64_t>(kHours);
  for (int64_t h = std::max(d.step / per_hour + 1, step / per_hour - hours + 1); h <= step / per_hour; ++h)
    d.hours[static_cast<size_t>(h % hours)] = {};
  d.step = std::max(d.step, step);
}

void Receivers::saw(std::string_view domain, Answered what, Time now) {
  if (domain.empty() || domain.size() > kDomainOctetsMax) return;
  auto it = domains_.find(domain);
  if (it == domains_.end()) {
    if (domains_.size() >= kDomainsMax) {
      domains_.erase(std::ranges::min_element(domains_, {}, [](const auto& d) { return d.second.last; }));
      ++crowded_;
    }
    it = domains_.emplace(domain, Domain{}).first;
  }
  Domain& d = it->second;
  roll(d, now);
  d.last = now;
  const auto per_hour = static_cast<int64_t>(kSteps);
  ++d.steps[static_cast<size_t>(d.step % per_hour)].of[static_cast<size_t>(what)];
  ++d.hours[static_cast<size_t>(d.step / per_hour % static_cast<int64_t>(kHours))].of[static_cast<size_t>(what)];
}

Receivers::Row Receivers::row_of(const std::string& name, Domain domain, Time now) const {
  roll(domain, now);
  Row out{.domain = name, .hour = {}, .before = {}};
  Answers day;
  for (const Answers& a : domain.steps) out.hour += a;
  for (const Answers& a : domain.hours) day += a;
  for (size_t i = 0; i < day.of.size(); ++i) out.before.of[i] = day.of[i] - std::min(day.of[i], out.hour.of[i]);
  const uint64_t all = out.hour.answers();
  const bool high = all >= kLeast && out.hour.cold() * 100 >= all * cold_percent_;
  const bool risen =
      out.before.answers() < kLeast || out.hour.cold() * out.before.answers() >= 2 * out.before.cold() * all;
  out.cold = high && risen;
  return out;
}

std::vector<Receivers::Row> Receivers::rows(Time now, size_t most) const {
  std::vector<Row> out;
  out.reserve(domains_.size());
  for (const auto& [name, domain] : domains_)
    if (now - domain.last < hours(24)) out.push_back(row_of(name, domain, now));
  const auto weight = [](const Row& r) { return r.hour.answers() + r.before.answers(); };
  std::ranges::sort(out, [&](const Row& a, const Row& b) {
    return std::tuple(b.cold, weight(b), a.domain) < std::tuple(a.cold, weight(a), b.domain);
  });
  if (out.size() > most) out.resize(most);
  return out;
}

}  // namespace postern::fold
