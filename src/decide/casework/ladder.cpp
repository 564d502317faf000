// SPDX-License-Identifier: Apache-2.0
#include "decide/casework/ladder.h"

#include <algorithm>

namespace postern::decide::casework {
namespace {

constexpr Duration kTogether = minutes(10);

using model::Case;
using model::CaseState;
using model::Channel;
using model::ContactAttempt;
using model::ContactState;
using model::Notice;

bool is_wakeup(Notice n) {
  return n == Notice::first || n == Notice::question || n == Notice::persists || n == Notice::relapse;
}

// Attempts of an earlier life of the case do not count for this one.
bool in_round(const Case& c, const ContactAttempt& a, Notice notice) {
  return a.notice == notice && a.at >= std::max(c.opened, c.released_at);
}

const ContactAttempt* newest_of(const Case& c, Notice notice) {
  for (size_t i = c.contacts.size(); i-- > 0;)
    if (in_round(c, c.contacts[i], notice)) return &c.contacts[i];
  return nullptr;
}

bool came_to_nothing(ContactState s) {
  return s == ContactState::bounced || s == ContactState::failed || s == ContactState::unusable;
}

bool usable(Channel channel, const Scene& scene) {
  switch (channel) {
    case Channel::mail:
      return scene.has_mail;
    case Channel::webhook:
      return scene.has_webhook;
    case Channel::call_list:
      return true;
  }
  return false;
}

std::optional<Channel> first_usable(size_t from, const Scene& scene) {
  for (size_t i = from; i < model::pn_names_of_Channel.size(); ++i)
    if (usable(static_cast<Channel>(i), scene)) return static_cast<Channel>(i);
  return std::nullopt;
}

std::optional<ContactAttempt> attempt(const Case& c, size_t from, Notice notice, const Scene& scene) {
  const auto channel = first_usable(from, scene);
  if (!channel || c.contacts.size() >= model::kContactsPerCaseMax) return std::nullopt;
  ContactAttempt a;
  a.channel = *channel;
  a.notice = notice;
  a.at = scene.now;
  return a;
}

const ContactAttempt* newest_since(const Case& c, Notice notice, Time since) {
  for (size_t i = c.contacts.size(); i-- > 0;)
    if (c.contacts[i].notice == notice && c.contacts[i].at >= since) return &c.contacts[i];
  return nullptr;
}

// Once it went out it stays the text of this restriction.
bool is_warned_now(const Case& c, const Scene& scene) {
  if (newest_since(c, Notice::disconnecting, c.restricted_at) != nullptr) return true;
  const Time due = warn_due(c, scene);
  return due && scene.now >= due && still_there(scene, c.restricted_at);
}

// Texts that tell what happened: once, by the first channel that takes them.
std::optional<ContactAttempt> event_attempt(const Case& c, const Scene& scene) {
  Notice notice;
  if (c.state == CaseState::restricted && is_warned_now(c, scene)) {
    notice = Notice::disconnecting;
  } else if (const Time widened = widened_due(c, scene); widened && scene.now >= widened) {
    notice = Notice::widened;
  } else if (c.state == CaseState::restricted) {
    notice = Notice::restricted;
  } else if (c.state == CaseState::disconnected) {
    notice = Notice::disconnected;
  } else if (c.state == CaseState::released) {
    notice = Notice::released;
  } else if (c.state == CaseState::verified_clean) {
    notice = Notice::clean;
  } else {
    return std::nullopt;
  }
  const Time since = notice == Notice::widened    ? c.widened_at
                     : model::holds_back(c.state) ? c.restricted_at
                                                  : std::max(c.opened, c.released_at);
  const ContactAttempt* newest = newest_since(c, notice, since);
  if (newest == nullptr) return attempt(c, 0, notice, scene);
  if (!came_to_nothing(newest->state)) return std::nullopt;
  return attempt(c, static_cast<size_t>(newest->channel) + 1, notice, scene);
}

Duration half(Duration d) { return Duration{d.us / 2}; }

// Half-way to the deadline; 0 = none is due. For whoever was told and has not answered.
Time remind_due(const Case& c) {
  const Time told = told_at(c);
  const ContactAttempt* newest = newest_of(c, round_of(c));
  if (!told || c.deadline_at <= told || newest == nullptr || c.confirmed_at > newest->at) return {};
  return told + half(c.deadline_at - told);
}

// Once, by what needs no person, and only while there is something to remind of.
std::optional<ContactAttempt> reminder(const Case& c, const Scene& scene) {
  const Time due = remind_due(c);
  if (!due || scene.now < due || scene.now >= c.deadline_at || !still_there(scene, told_at(c))) return std::nullopt;
  const ContactAttempt* newest = newest_since(c, Notice::reminder, told_at(c));
  if (newest != nullptr && !came_to_nothing(newest->state)) return std::nullopt;
  auto next = attempt(c, newest == nullptr ? 0 : static_cast<size_t>(newest->channel) + 1, Notice::reminder, scene);
  return next && next->channel != Channel::call_list ? next : std::nullopt;
}

}  // namespace

// What the garden takes grows no more; a restriction that was not announced yet is announced as it is then.
Time widened_due(const Case& c, const Scene& scene) {
  if (c.state != CaseState::restricted || scene.rules->restriction != model::Hold::services) return {};
  const ContactAttempt* told = newest_since(c, Notice::restricted, c.restricted_at);
  const bool grown = c.widened_at > c.restricted_at && told != nullptr && told->at < c.widened_at;
  return grown ? c.widened_at + kTogether : Time{};
}

Time warn_due(const Case& c, const Scene& scene) {
  // In shadow nobody is told of what will not happen.
  if (c.state != CaseState::restricted || scene.rules->plug_mode != model::Mode::on) return {};
  if (c.grade == model::CaseGrade::question) return {};  // a person restricted it; automation goes no further
  const Duration notice = half(scene.rules->plug_after);
  return std::max(c.restricted_at + notice, c.deadline_at - notice);
}

Time plug_due(const Case& c, const Scene& scene) {
  const model::CaseRules& rules = *scene.rules;
  if (c.state != CaseState::restricted || rules.plug_mode == model::Mode::off) return {};
  if (c.grade == model::CaseGrade::question) return {};
  const Time due = std::max(c.restricted_at + rules.plug_after, c.deadline_at);  // an operator may have moved it
  if (rules.plug_mode == model::Mode::shadow) return due;
  const ContactAttempt* warned = newest_since(c, Notice::disconnecting, c.restricted_at);
  if (warned == nullptr || warned->state != ContactState::sent) return {};
  return std::max(due, warned->settled + half(rules.plug_after));
}

Notice round_of(const Case& c) {
  if (c.kind == model::CaseKind::relay_limit) return Notice::relay_limit;
  if (c.grade == model::CaseGrade::question) return Notice::question;
  if (c.relapses != 0) return Notice::relapse;
  const bool asked = std::ranges::any_of(c.contacts, [&](const ContactAttempt& a) {
    return in_round(c, a, Notice::question) && a.state == ContactState::sent;
  });
  return asked ? Notice::persists : Notice::first;
}

Time told_at(const Case& c) {
  const Notice round = round_of(c);
  Time first;
  for (const ContactAttempt& a : c.contacts)
    if (in_round(c, a, round) && a.state == ContactState::sent && (!first || a.settled < first)) first = a.settled;
  // A person who was reached otherwise was told as well.
  const ContactAttempt* newest = newest_of(c, round);
  const bool in_person =
      c.confirmed_at && (newest == nullptr ? round != Notice::persists : c.confirmed_at > newest->at);
  return !first && in_person ? c.confirmed_at : first;
}

std::optional<ContactAttempt> next_attempt(const Case& c, const Scene& scene) {
  if (c.state != CaseState::opened && c.state != CaseState::contacted && c.state != CaseState::confirmed &&
      c.state != CaseState::deadline)
    return event_attempt(c, scene);
  const Notice round = round_of(c);
  const ContactAttempt* newest = newest_of(c, round);
  if (newest == nullptr) return attempt(c, 0, round, scene);
  if (c.confirmed_at > newest->at) return std::nullopt;
  const bool waited = scene.now - newest->at >= scene.rules->escalate_every;
  // A question is not pressed: it climbs only when a channel failed.
  const bool asks = round == Notice::question || round == Notice::relay_limit;
  const bool climbs = came_to_nothing(newest->state) || (waited && !asks);
  if (climbs)
    if (auto next = attempt(c, static_cast<size_t>(newest->channel) + 1, round, scene)) return next;
  return reminder(c, scene);
}

Time next_step(const Case& c, const Scene& scene) {
  const ContactAttempt* newest = newest_of(c, round_of(c));
  if (newest == nullptr || !is_wakeup(newest->notice) || c.confirmed_at > newest->at) return {};
  const Time climb = newest->at + scene.rules->escalate_every;
  const Time remind = remind_due(c);
  return remind > scene.now && (climb <= scene.now || remind < climb) ? remind : climb;
}

}  // namespace postern::decide::casework
