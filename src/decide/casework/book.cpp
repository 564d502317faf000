// SPDX-License-Identifier: Apache-2.0
#include "decide/casework/book.h"

#include <algorithm>

namespace postern::decide::casework {

using model::Case;
using model::CaseState;

namespace {
// For the governor, or a person.
bool is_waiting(const Case& c) { return c.state == CaseState::deadline || c.plug_asked_at; }
}  // namespace

bool is_open(CaseState state) { return state != CaseState::closed; }

void Book::apply(const model::Finding& finding) { last_finding_ = finding; }

void Book::apply(const model::GovernorChanged& changed) {
  stopped_ = changed.stopped;
  paged_ = waiting_ != 0;
  // A line that waits for a person for weeks is not to keep a flood from being told of.
  paged_over_limit_ = paged_ && (paged_over_limit_ || changed.over_limit);
}

Book::Cut Book::apply(const Case& c) {
  last_case_ = std::max(last_case_, c.id);
  const auto it = cases_.find(c.id);
  count(it == cases_.end() ? nullptr : &it->second, c);
  if (!is_open(c.state)) return end(c);
  cases_[c.id] = c;
  by_line_[c.line] = c.id;
  by_hand_.erase(c.id);
  for (const model::ContactAttempt& a : c.contacts) {
    last_contact_ = std::max(last_contact_, a.id);
    by_contact_[a.id] = c.id;
  }
  if (std::ranges::find(c.findings, last_finding_.id) != c.findings.end())
    findings_.try_emplace(last_finding_.id, last_finding_);
  return {};
}

void Book::count(const Case* before, const Case& now) {
  const bool held_before = before != nullptr && model::holds_back(before->state);
  const bool held_now = model::holds_back(now.state);
  if (held_now && !held_before) {
    ++held_back_;
    count_restriction(now.restricted_at, now.restricted_nas);
  } else if (held_before && !held_now) {
    --held_back_;
  }
  const bool cut_before = before != nullptr && before->state == CaseState::disconnected;
  const bool cut_now = now.state == CaseState::disconnected;
  disconnected_ += cut_now && !cut_before ? 1 : 0;
  disconnected_ -= cut_before && !cut_now ? 1 : 0;
  // Pulling the plug counts as one more of the hour.
  if (cut_now && !cut_before && held_before) count_restriction(now.disconnected_at, now.restricted_nas);
  if (before != nullptr && is_waiting(*before)) --waiting_;
  if (is_waiting(now)) ++waiting_;
  if (waiting_ == 0) paged_ = paged_over_limit_ = false;
}

void Book::count_restriction(Time at, const std::string& nas) {
  restricted_.emplace_back(at, nas);
  while (restricted_.front().first + hours(1) < at) restricted_.pop_front();
}

Book::Cut Book::end(const Case& c) {
  Cut cut;
  for (const model::FindingId id : c.findings) findings_.erase(id);
  for (const model::ContactAttempt& a : c.contacts) {
    last_contact_ = std::max(last_contact_, a.id);
    by_contact_.erase(a.id);
  }
  if (cases_.erase(c.id) != 0) by_line_.erase(c.line);
  if (c.before.verb == model::CaseVerb::close) {
    by_hand_[c.id] = c;
    if (by_hand_.size() > kClosedByHandMax) {
      by_hand_.erase(by_hand_.begin());
      cut.undo = 1;
    }
  }
  // Who came to the end of a limit was not infected: what comes later is no relapse.
  if (c.kind == model::CaseKind::relay_limit) return cut;
  if (const auto it = past_.find(c.line); it != past_.end()) past_by_age_.erase({it->second.closed, c.line});
  past_[c.line] = {c.changed, c.self_releases, c.relapses};
  past_by_age_.emplace(c.changed, c.line);
  if (past_.size() <= past_max_) return cut;
  past_.erase(past_by_age_.begin()->second);
  past_by_age_.erase(past_by_age_.begin());
  cut.past = 1;
  return cut;
}

const Case* Book::find(model::CaseId id) const {
  const auto it = cases_.find(id);
  return it == cases_.end() ? nullptr : &it->second;
}

const Case* Book::closed_by_hand(model::CaseId id) const {
  const auto it = by_hand_.find(id);
  return it == by_hand_.end() || by_line_.contains(it->second.line) ? nullptr : &it->second;
}

const Case* Book::open_of(model::SubscriberId line) const {
  const auto it = by_line_.find(line);
  return it == by_line_.end() ? nullptr : find(it->second);
}

const Case* Book::of_contact(model::ContactId id) const {
  const auto it = by_contact_.find(id);
  return it == by_contact_.end() ? nullptr : find(it->second);
}

std::vector<const model::Finding*> Book::findings_of(model::CaseId id) const {
  std::vector<const model::Finding*> out;
  if (const Case* c = find(id))
    for (const model::FindingId finding : c->findings)
      if (const auto it = findings_.find(finding); it != findings_.end()) out.push_back(&it->second);
  return out;
}

const Past* Book::past_of(model::SubscriberId line) const {
  const auto it = past_.find(line);
  return it == past_.end() ? nullptr : &it->second;
}

size_t Book::restricted_since(Time since) const {
  return static_cast<size_t>(std::ranges::count_if(restricted_, [&](const auto& r) { return r.first >= since; }));
}

size_t Book::restricted_since(Time since, const std::string& nas) const {
  return static_cast<size_t>(
      std::ranges::count_if(restricted_, [&](const auto& r) { return r.first >= since && r.second == nas; }));
}

void Book::encode(Encoder& out) const {
  out.put(last_case_);
  out.put(last_finding_);
  out.put(last_contact_);
  out.put(cases_);
  out.put(findings_);
  out.put(past_);
  out.put(by_hand_);
  out.put(std::vector(restricted_.begin(), restricted_.end()));
  out.put(stopped_);
  out.put(paged_);
  out.put(paged_over_limit_);
}

void Book::decode(Decoder& in) {
  *this = Book(past_max_);
  std::vector<std::pair<Time, std::string>> restricted;
  in.get(last_case_);
  in.get(last_finding_);
  in.get(last_contact_);
  in.get(cases_);
  in.get(findings_);
  in.get(past_);
  in.get(by_hand_);
  in.get(restricted);
  in.get(stopped_);
  in.get(paged_);
  in.get(paged_over_limit_);
  restricted_.assign(restricted.begin(), restricted.end());
  for (const auto& [line, past] : past_) past_by_age_.emplace(past.closed, line);
  for (const auto& [id, c] : cases_) {
    by_line_[c.line] = id;
    for (const model::ContactAttempt& a : c.contacts) by_contact_[a.id] = id;
    held_back_ += model::holds_back(c.state) ? 1 : 0;
    disconnected_ += c.state == CaseState::disconnected ? 1 : 0;
    waiting_ += is_waiting(c) ? 1 : 0;
  }
}

}  // namespace postern::decide::casework
