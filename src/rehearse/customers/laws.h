// SPDX-License-Identifier: Apache-2.0
// Laws: what casework promises of every transition, held against what really happened. Kept apart from the engine's own
// books: it counts what it sees in the journal, and the caller says when a line last did something.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/policy.h"
#include "model/record.h"

namespace postern::rehearse {

class Laws {
 public:
  // `step`: how late a transition may be at most, because nobody looked.
  Laws(const model::CaseRules& rules, const model::GovernorRules& governor, Duration step)
      : rules_(rules), governor_(governor), step_(step) {}

  // Every transition, once. `before` = nullptr: the case's first. `seen`: the line's behaviour, in truth.
  void see(const model::Case* before, const model::CaseChanged& changed, const std::string& line_key, Time seen,
           Time now);
  // The operator changed the numbers; what was taken before stands.
  void governed_by(const model::GovernorRules& governor) { governor_ = governor; }
  [[nodiscard]] size_t held() const { return held_.size(); }
  [[nodiscard]] size_t cut() const { return cut_.size(); }
  [[nodiscard]] size_t most_in_an_hour() const { return most_in_an_hour_; }
  [[nodiscard]] const std::vector<std::string>& broken() const { return broken_; }
  void say(Time now, std::string what);

 private:
  void contact(const model::Case* before, const model::Case& c, Time now);
  void restricted(const model::Case& c, Time seen, Time now);
  void disconnected(const model::Case& before, const model::Case& c, Time seen, Time now);
  void left(const model::Case& before, const model::Case& c, Time seen, Time now);
  void by_automation(const model::Case& before, const model::Case& c, const std::string& line_key, Time now);

  model::CaseRules rules_;
  model::GovernorRules governor_;
  Duration step_;
  std::set<model::CaseId> held_;
  std::set<model::CaseId> cut_;
  std::set<model::ContactId> contacts_;
  std::deque<std::pair<Time, std::string>> hour_;  // when and on which NAS automation took something
  size_t most_in_an_hour_ = 0;
  std::vector<std::string> broken_;
};

}  // namespace postern::rehearse
