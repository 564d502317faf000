// SPDX-License-Identifier: Apache-2.0
// The facts of casework, folded from the journal: open cases with the findings they rest on, how lines fared before,
// and what the governor counts. Decides nothing.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/codec.h"
#include "model/record.h"

namespace postern::decide::casework {

inline constexpr size_t kFindingsPerCaseMax = 256;  // later ones stay in the journal without being named by the case
inline constexpr size_t kHistoryMax = 1U << 20;     // lines whose last case is remembered, for relapses; the oldest go
inline constexpr size_t kClosedByHandMax = 1024;    // cases that a person closed, kept for undo; the oldest go

[[nodiscard]] bool is_open(model::CaseState state);

// How the line's last case ended.
struct Past {
  Time closed;
  uint32_t self_releases = 0;
  uint32_t relapses = 0;
  bool operator==(const Past&) const = default;
  PN_FIELDS(closed, self_releases, relapses)
};

class Book {
 public:
  explicit Book(size_t past_max = kHistoryMax) : past_max_(past_max) {}

  // A finding becomes part of the book when the case that names it is applied right after it.
  void apply(const model::Finding& finding);
  // What a table that was full let go for it.
  struct Cut {
    size_t past = 0;  // lines whose last case is no longer known
    size_t undo = 0;  // cases closed by hand that can be undone no more
  };
  Cut apply(const model::Case& c);
  void apply(const model::GovernorChanged& changed);
  [[nodiscard]] const model::Case* find(model::CaseId id) const;
  // One that a person closed lately, and whose line has no other now.
  [[nodiscard]] const model::Case* closed_by_hand(model::CaseId id) const;
  [[nodiscard]] const model::Case* open_of(model::SubscriberId line) const;
  [[nodiscard]] const model::Case* of_contact(model::ContactId id) const;
  [[nodiscard]] const std::map<model::CaseId, model::Case>& all() const { return cases_; }
  [[nodiscard]] std::vector<const model::Finding*> findings_of(model::CaseId id) const;
  [[nodiscard]] const Past* past_of(model::SubscriberId line) const;
  [[nodiscard]] model::CaseId next_case() const { return {last_case_.value + 1}; }
  [[nodiscard]] model::FindingId next_finding() const { return {last_finding_.id.value + 1}; }
  [[nodiscard]] model::ContactId next_contact() const { return {last_contact_.value + 1}; }

  // For the governor. `since` must not go back further than an hour.
  [[nodiscard]] size_t restricted_since(Time since) const;
  [[nodiscard]] size_t restricted_since(Time since, const std::string& nas) const;
  [[nodiscard]] size_t held_back() const { return held_back_; }
  [[nodiscard]] size_t disconnected() const { return disconnected_; }  // of these
  [[nodiscard]] bool stopped() const { return stopped_; }
  // Somebody was told in this episode that something is held: at all, and because it is over a number.
  [[nodiscard]] bool paged() const { return paged_; }
  [[nodiscard]] bool paged_over_limit() const { return paged_over_limit_; }

  void encode(Encoder& out) const;
  void decode(Decoder& in);

 private:
  void count(const model::Case* before, const model::Case& now);
  void count_restriction(Time at, const std::string& nas);
  [[nodiscard]] Cut end(const model::Case& c);

  model::CaseId last_case_;
  model::Finding last_finding_;
  model::ContactId last_contact_;
  std::map<model::CaseId, model::Case> cases_;
  std::map<model::SubscriberId, model::CaseId> by_line_;
  std::map<model::ContactId, model::CaseId> by_contact_;  // of open cases
  std::map<model::FindingId, model::Finding> findings_;
  size_t past_max_;
  std::map<model::SubscriberId, Past> past_;
  std::set<std::pair<Time, model::SubscriberId>> past_by_age_;
  std::map<model::CaseId, model::Case> by_hand_;
  std::deque<std::pair<Time, std::string>> restricted_;  // when and on which NAS, the last hour before the newest
  size_t held_back_ = 0;
  size_t disconnected_ = 0;
  size_t waiting_ = 0;  // for a restriction or the plug
  bool stopped_ = false;
  bool paged_ = false;
  bool paged_over_limit_ = false;
};

}  // namespace postern::decide::casework
