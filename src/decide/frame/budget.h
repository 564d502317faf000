// SPDX-License-Identifier: Apache-2.0
// The operator's knob: how many false cases a day one person can look at, made into the score that opens a case. Under
// the hypothesis that a line is healthy a level reaches h with a probability of at most e^-h at any act (a walk of
// log-likelihood ratios with floor 0; Lorden 1971), and the sum of two independent ones with at most e^-h (1 + h). So
// of R acts a day R e^-h kWitnesses are expected to cross by one kind of evidence alone and R e^-h (1 + h) by two
// together; each gets half of the budget, and the score that was set is never gone below. R is the acts of a day,
// counted, of lines that nothing is found about; it moves by a factor of two a day at most, so that an outbreak does
// not raise the bar it is held to. Until a day was counted: .02 a line. Integers only; e^h from a table of tenths.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/fields.h"
#include "base/time.h"

namespace postern::decide::detect {

struct Thresholds {
  int32_t set_mnat = 9'200;       // as the operator set it; for evidence that healthy lines do not give at any rate
  int32_t alone_mnat = 9'200;     // one kind of evidence
  int32_t together_mnat = 9'200;  // the sum of several
  bool operator==(const Thresholds&) const = default;
};

class Budget {
 public:
  static constexpr uint64_t kWitnesses = 2;     // kinds of evidence that healthy lines move: new networks, and answers
  static constexpr uint64_t kLinesPerAct = 50;  // .02 acts a line and day

  void count(Time at);
  // Acts a day that the thresholds are made of.
  [[nodiscard]] uint64_t acts_a_day(uint64_t lines) const { return std::max(a_day_, lines / kLinesPerAct); }
  // `false_milli`: thousandths of cases a day; 0 = the score alone decides.
  [[nodiscard]] Thresholds thresholds(uint64_t lines, int32_t case_score_mnat, uint32_t false_milli) const;
  bool operator==(const Budget&) const = default;

 private:
  uint32_t day_ = 0;
  uint64_t today_ = 0;
  uint64_t a_day_ = 0;

 public:
  PN_FIELDS(day_, today_, a_day_)
};

}  // namespace postern::decide::detect
