// SPDX-License-Identifier: Apache-2.0
// Casework, first form: a case opens when a line first reaches the stage that asks for one, gathers what is found
// later, and is confirmed by the button on the notice page. No contact by itself, no deadline, no restriction yet.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/codec.h"
#include "model/record.h"

namespace postern::decide::casework {

inline constexpr size_t kFindingsPerCaseMax = 256;  // later ones stay in the journal without being named by the case

[[nodiscard]] bool is_open(model::CaseState state);

// Open cases with the findings they rest on; closed ones are the journal's.
class Book {
 public:
  // A finding becomes part of the book when the case that names it is applied right after it.
  void apply(const model::Finding& finding);
  void apply(const model::Case& c);
  [[nodiscard]] const model::Case* find(model::CaseId id) const;
  [[nodiscard]] const model::Case* open_of(model::SubscriberId line) const;
  [[nodiscard]] const std::map<model::CaseId, model::Case>& all() const { return cases_; }
  [[nodiscard]] std::vector<const model::Finding*> findings_of(model::CaseId id) const;
  [[nodiscard]] model::CaseId next_case() const { return {last_case_.value + 1}; }
  [[nodiscard]] model::FindingId next_finding() const { return {last_finding_.id.value + 1}; }

  void encode(Encoder& out) const;
  void decode(Decoder& in);

 private:
  model::CaseId last_case_;
  model::Finding last_finding_;
  std::map<model::CaseId, model::Case> cases_;
  std::map<model::SubscriberId, model::CaseId> by_line_;
  std::map<model::FindingId, model::Finding> findings_;
};

// What each event does to the line's case; nothing = no record.
[[nodiscard]] std::optional<model::CaseChanged> on_finding(const Book& book, const model::Finding& finding,
                                                           const std::string& summary);
[[nodiscard]] std::optional<model::CaseChanged> on_confirmed(const Book& book, model::SubscriberId line, Time at);
[[nodiscard]] std::optional<model::CaseChanged> on_erased(const Book& book, model::SubscriberId line, Time at);

}  // namespace postern::decide::casework
