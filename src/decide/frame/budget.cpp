// SPDX-License-Identifier: Apache-2.0
#include "decide/frame/budget.h"

#include "decide/common/limits.h"

namespace postern::decide::detect {
namespace {

constexpr int32_t kStepMnat = 100;
constexpr int32_t kMostMnat = 20'000;
constexpr uint64_t kActsMost = 1'000'000'000;

// The least h in tenths of a nat for which `enough(h, e^h in thousandths)`.
template <class F>
int32_t least(const F& enough) {
  uint64_t exp_milli = 1'000;
  int32_t h = 0;
  for (; h < kMostMnat && !enough(h, exp_milli); h += kStepMnat) exp_milli = exp_milli * 1'105'171 / 1'000'000;
  return h;
}

}  // namespace

void Budget::count(Time at) {
  const auto today = static_cast<uint32_t>(at.unix_day());
  if (today != day_) {
    if (day_ != 0) a_day_ = a_day_ == 0 ? today_ : std::clamp(today_, a_day_ / 2, a_day_ * 2);
    day_ = today;
    today_ = 0;
  }
  ++today_;
}

Thresholds Budget::thresholds(uint64_t lines, int32_t case_score_mnat, uint32_t false_milli) const {
  if (false_milli == 0) return {case_score_mnat, case_score_mnat, case_score_mnat};
  const uint64_t acts = std::min(acts_a_day(lines), kActsMost);
  // Half of the budget each, hence the 2.
  const int32_t alone =
      least([&](int32_t, uint64_t exp) { return acts * kWitnesses * 2 * 1'000'000 <= false_milli * exp; });
  const int32_t together = least([&](int32_t h, uint64_t exp) {
    return acts * 2 * 1'000 * static_cast<uint64_t>(1'000 + h) <= false_milli * exp;
  });
  // A level counts for so much in the score and no more, and must be able to open a case by itself.
  return {case_score_mnat, std::max(case_score_mnat, std::min(alone, kFamilyCapMnat)),
          std::max(case_score_mnat, together)};
}

}  // namespace postern::decide::detect
