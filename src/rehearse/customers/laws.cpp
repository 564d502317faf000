// SPDX-License-Identifier: Apache-2.0
#include "rehearse/customers/laws.h"

#include <algorithm>
#include <fmt/format.h>

namespace postern::rehearse {
namespace {

using model::Case;
using model::CaseState;

constexpr size_t kBrokenMax = 20;

bool ordered_by_name(const model::CaseChanged& changed) {
  return changed.why.starts_with("restricted by ") || changed.why.starts_with("disconnected by ");
}

std::string of(const Case& c, std::string_view what) { return fmt::format("case {}: {}", c.id.value, what); }

}  // namespace

void Laws::say(Time now, std::string what) {
  if (broken_.size() < kBrokenMax) broken_.push_back(fmt::format("{}: {}", to_string(now), what));
}

void Laws::see(const Case* before, const model::CaseChanged& changed, const std::string& line_key, Time seen,
               Time now) {
  const Case& c = changed.case_;
  if (before == nullptr && c.state != CaseState::opened) say(now, of(c, "it does not begin as opened"));
  if (before != nullptr && *before == c) say(now, of(c, "the same transition twice: " + changed.why));
  contact(before, c, now);
  if (model::holds_back(c.state)) {
    held_.insert(c.id);
  } else {
    held_.erase(c.id);
  }
  if (c.state == CaseState::disconnected) {
    cut_.insert(c.id);
  } else {
    cut_.erase(c.id);
  }
  if (before == nullptr || before->state == c.state) return;
  const bool taken = c.state == CaseState::restricted || c.state == CaseState::disconnected;
  if (taken && !ordered_by_name(changed)) {
    by_automation(*before, c, line_key, now);
    if (c.state == CaseState::restricted) restricted(c, seen, now);
    if (c.state == CaseState::disconnected) disconnected(*before, c, seen, now);
  }
  if (!taken) left(*before, c, seen, now);
}

void Laws::contact(const Case* before, const Case& c, Time now) {
  const size_t known = before == nullptr ? 0 : before->contacts.size();
  for (size_t i = known; i < c.contacts.size(); ++i)
    if (!contacts_.insert(c.contacts[i].id).second)
      say(now, fmt::format("notice {} was ordered twice", c.contacts[i].id.value));
  const bool first = c.contacted_at && (before == nullptr || !before->contacted_at);
  if (first && now - c.opened > rules_.contact_promise + step_ && !c.promise_missed)
    say(now, of(c, fmt::format("told {} after it opened, and nobody knows", to_string(now - c.opened))));
}

void Laws::restricted(const Case& c, Time seen, Time now) {
  if (c.grade == model::CaseGrade::question) say(now, of(c, "restricted on novelty alone"));
  if (!c.contacted_at || c.contacted_at >= now) say(now, of(c, "restricted without a contact"));
  if (!c.deadline_at || c.deadline_at > now) say(now, of(c, "restricted before its deadline"));
  if (seen <= c.contacted_at) say(now, of(c, "restricted, though nothing was seen since the contact"));
  if (now - seen > rules_.stopped_after) say(now, of(c, "restricted long after it stopped"));
}

void Laws::disconnected(const Case& before, const Case& c, Time seen, Time now) {
  if (before.state != CaseState::restricted) say(now, of(c, "disconnected, though it was not restricted"));
  if (c.grade == model::CaseGrade::question) say(now, of(c, "disconnected on novelty alone"));
  if (rules_.plug_mode != model::Mode::on) say(now, of(c, "disconnected, though the plug is not on"));
  if (rules_.plug_needs_person && before.approvals.empty()) say(now, of(c, "disconnected, and no person agreed"));
  if (now - c.restricted_at < rules_.plug_after) say(now, of(c, "disconnected too soon after the restriction"));
  if (seen <= c.restricted_at) say(now, of(c, "disconnected, though nothing was seen since the restriction"));
  if (now - seen > rules_.stopped_after) say(now, of(c, "disconnected long after it stopped"));
  const bool announced = std::ranges::any_of(c.contacts, [&](const model::ContactAttempt& a) {
    return a.notice == model::Notice::disconnecting && a.at >= c.restricted_at &&
           a.state == model::ContactState::sent && now - a.settled >= Duration{rules_.plug_after.us / 2};
  });
  if (!announced) say(now, of(c, "disconnected without the notice that announces it, half of plug_after before"));
}

void Laws::left(const Case& before, const Case& c, Time seen, Time now) {
  if (model::holds_back(before.state) && now - seen < rules_.release_after)
    say(now, of(c, "released while it goes on"));
  if ((c.state == CaseState::closed || c.state == CaseState::verified_clean) && now - seen < rules_.clean_after)
    say(now, of(c, "ended while it goes on"));
}

void Laws::by_automation(const Case& before, const Case& c, const std::string& line_key, Time now) {
  const auto over = [&](const char* number, size_t is, size_t most) {
    if (is > most) say(now, of(c, fmt::format("{} is {}, and {} are allowed", number, is, most)));
  };
  hour_.emplace_back(now, c.restricted_nas);
  while (hour_.front().first + hours(1) < now) hour_.pop_front();
  most_in_an_hour_ = std::max(most_in_an_hour_, hour_.size());
  over("restrictions_per_hour", hour_.size(), governor_.restrictions_per_hour);
  if (!c.restricted_nas.empty())
    over("restrictions_per_hour_per_nas",
         static_cast<size_t>(std::ranges::count(hour_, c.restricted_nas, &std::pair<Time, std::string>::second)),
         governor_.restrictions_per_hour_per_nas);
  if (c.state == CaseState::disconnected) {
    over("disconnected_max", cut_.size(), governor_.disconnected_max);
  } else {
    over("restricted_max", held_.size(), governor_.restricted_max);
    if (held_.size() > governor_.two_persons_above && before.approvals.size() < 2)
      say(now, of(c, "restricted above two_persons_above without two persons"));
  }
  if (std::ranges::find(governor_.protected_lines, line_key) != governor_.protected_lines.end() &&
      before.approvals.empty())
    say(now, of(c, fmt::format("{} is protected, and automation took something from it", line_key)));
}

}  // namespace postern::rehearse
