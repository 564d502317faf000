// SPDX-License-Identifier: Apache-2.0
#include "decide/casework/casework.h"

#include <algorithm>
#include <fmt/format.h>

namespace postern::decide::casework {

using model::Case;
using model::CaseChanged;
using model::CaseState;

bool is_open(CaseState state) {
  return state != CaseState::released && state != CaseState::verified_clean && state != CaseState::closed;
}

void Book::apply(const model::Finding& finding) { last_finding_ = finding; }

void Book::apply(const Case& c) {
  last_case_ = std::max(last_case_, c.id);
  if (!is_open(c.state)) {
    for (const model::FindingId id : c.findings) findings_.erase(id);
    if (cases_.erase(c.id) != 0) by_line_.erase(c.line);
    return;
  }
  cases_[c.id] = c;
  by_line_[c.line] = c.id;
  if (std::ranges::find(c.findings, last_finding_.id) != c.findings.end())
    findings_.try_emplace(last_finding_.id, last_finding_);
}

const Case* Book::find(model::CaseId id) const {
  const auto it = cases_.find(id);
  return it == cases_.end() ? nullptr : &it->second;
}

const Case* Book::open_of(model::SubscriberId line) const {
  const auto it = by_line_.find(line);
  return it == by_line_.end() ? nullptr : find(it->second);
}

std::vector<const model::Finding*> Book::findings_of(model::CaseId id) const {
  std::vector<const model::Finding*> out;
  if (const Case* c = find(id))
    for (const model::FindingId finding : c->findings)
      if (const auto it = findings_.find(finding); it != findings_.end()) out.push_back(&it->second);
  return out;
}

void Book::encode(Encoder& out) const {
  out.put(last_case_);
  out.put(last_finding_);
  out.put(cases_);
  out.put(findings_);
}

void Book::decode(Decoder& in) {
  *this = Book{};
  in.get(last_case_);
  in.get(last_finding_);
  in.get(cases_);
  in.get(findings_);
  for (const auto& [id, c] : cases_) by_line_[c.line] = id;
}

std::optional<CaseChanged> on_finding(const Book& book, const model::Finding& finding, const std::string& summary) {
  if (finding.mode != model::Mode::on) return std::nullopt;
  Case c;
  std::string why;
  if (const Case* open = book.open_of(finding.line)) {
    c = *open;
    if (c.findings.size() >= kFindingsPerCaseMax) return std::nullopt;
    why = fmt::format("finding {}: stage {}", finding.id.value, to_string(finding.stage));
  } else if (finding.stage >= model::Stage::case_) {
    c.id = book.next_case();
    c.line = finding.line;
    c.opened = finding.at;
    why = fmt::format("opened by finding {}: score {}.{:03} nats", finding.id.value, finding.score_mnat / 1000,
                      finding.score_mnat % 1000);
  } else {
    return std::nullopt;
  }
  c.changed = finding.at;
  c.findings.push_back(finding.id);
  c.score_mnat = finding.score_mnat;
  c.first_contacts = finding.first_contacts;
  c.summary = summary;
  return CaseChanged{std::move(c), std::move(why)};
}

std::optional<CaseChanged> on_confirmed(const Book& book, model::SubscriberId line, Time at) {
  const Case* open = book.open_of(line);
  if (open == nullptr || open->confirmed_at) return std::nullopt;
  Case c = *open;
  c.confirmed_at = c.changed = at;
  if (c.state == CaseState::opened || c.state == CaseState::contacted) c.state = CaseState::confirmed;
  return CaseChanged{std::move(c), "read and confirmed on the notice page, from the line's own session"};
}

std::optional<CaseChanged> on_erased(const Book& book, model::SubscriberId line, Time at) {
  const Case* open = book.open_of(line);
  if (open == nullptr) return std::nullopt;
  Case c = *open;
  c.state = CaseState::closed;
  c.changed = at;
  return CaseChanged{std::move(c), "the subscriber was erased"};
}

}  // namespace postern::decide::casework
