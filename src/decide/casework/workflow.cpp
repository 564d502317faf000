// SPDX-License-Identifier: Apache-2.0
#include "decide/casework/workflow.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

#include "decide/casework/ladder.h"
#include "decide/casework/step.h"
#include "decide/casework/undo.h"

namespace postern::decide::casework {
namespace {

using model::Case;
using model::CaseChanged;
using model::CaseGrade;
using model::CaseKind;
using model::CaseState;
using model::ContactState;
using model::CustomerStatus;
using model::Mode;

constexpr Duration kSettling = minutes(10);  // what was under way when the line was released is not a relapse
constexpr Duration kLookAtLatest = hours(6);

bool gone_for(const Scene& scene, Time since, Duration length) {
  return scene.now - std::max(since, scene.behaviour_at) >= length;
}

// The last thing that was said or done to the line: clean counts from there.
Time last_touch(const Case& c) { return std::max({c.contacted_at, c.released_at, c.opened}); }

std::optional<CaseChanged> end_of(const Case& c, const Scene& scene) {
  const model::CaseRules& rules = *scene.rules;
  if (c.state == CaseState::verified_clean) {
    const bool under_way = std::ranges::any_of(c.contacts, [&](const model::ContactAttempt& a) {
      return a.state == ContactState::ordered && scene.now - a.at < rules.escalate_every;
    });
    if (under_way) return std::nullopt;
    return becomes(c, CaseState::closed, scene.now, "clean");
  }
  if (!gone_for(scene, last_touch(c), rules.clean_after)) return std::nullopt;
  if (c.grade == CaseGrade::question && c.state != CaseState::released) {
    if (scene.now - last_touch(c) < rules.question_after) return std::nullopt;
    return becomes(c, CaseState::closed, scene.now,
                   c.kind == CaseKind::relay_limit ? "a question about a limit, and it was not reached again"
                                                   : "a question, and the behaviour stopped");
  }
  if (!c.contacted_at && c.state != CaseState::released)
    return becomes(c, CaseState::closed, scene.now, "the behaviour stopped; nobody was reached");
  return becomes(c, CaseState::verified_clean, scene.now, fmt::format("not seen for {}", to_string(rules.clean_after)));
}

std::optional<CaseChanged> released_again(const Case& c, const Scene& scene) {
  const model::CaseRules& rules = *scene.rules;
  const bool by_customer = c.customer == CustomerStatus::says_clean && c.self_releases < rules.self_releases &&
                           gone_for(scene, c.restricted_at, rules.release_after);
  if (!by_customer && !gone_for(scene, c.restricted_at, rules.clean_after)) return std::nullopt;
  Case next = c;
  next.self_releases += by_customer ? 1 : 0;
  next.released_at = scene.now;
  next.deadline_at = next.asked_at = next.plug_asked_at = {};
  return becomes(std::move(next), CaseState::released, scene.now,
                 by_customer ? fmt::format("the customer says it is fixed, and nothing was seen for {}",
                                           to_string(rules.release_after))
                             : fmt::format("not seen for {}", to_string(rules.clean_after)));
}

// Of a line that was let go: released, or said to be clean while the last notice is under way.
std::optional<CaseChanged> relapsed(const Case& c, const Scene& scene) {
  const bool again = c.state == CaseState::released ? scene.behaviour_at >= c.released_at + kSettling
                                                    : !gone_for(scene, last_touch(c), scene.rules->clean_after);
  if (!again) return std::nullopt;
  Case next = c;
  ++next.relapses;
  next.contacted_at = next.confirmed_at = next.deadline_at = {};
  next.promise_missed = false;
  next.customer = CustomerStatus::silent;
  next.approvals.clear();
  // Times of this life count from here.
  next.opened = next.released_at = scene.now;
  return becomes(std::move(next), CaseState::opened, scene.now,
                 c.state == CaseState::released ? "seen again after the release" : "seen again");
}

std::optional<CaseChanged> restriction(const Book& book, const Case& c, const Scene& scene, const Governor& governor) {
  const model::CaseRules& rules = *scene.rules;
  if (c.state != CaseState::deadline) {
    Case next = c;
    next.asked_at = scene.now;
    std::string why = "the deadline has passed and the behaviour is still there";
    if (rules.restrict_mode != Mode::on) why += fmt::format("; restriction is {}", to_string(rules.restrict_mode));
    return becomes(std::move(next), CaseState::deadline, scene.now, std::move(why));
  }
  if (rules.restrict_mode != Mode::on || held(book, c, governor, scene.now)) return std::nullopt;
  Case next = c;
  next.restricted_at = scene.now;
  next.restricted_nas = governor.nas;
  next.approvals.clear();  // they were for this step
  return becomes(std::move(next), CaseState::restricted, scene.now, "restricted");
}

// Of a restricted line. Never without the notice that announces it, and half of plug_after to answer that.
std::optional<CaseChanged> disconnection(const Book& book, const Case& c, const Scene& scene,
                                         const Governor& governor) {
  const model::CaseRules& rules = *scene.rules;
  const Time due = plug_due(c, scene);
  if (c.state != CaseState::restricted || !due || scene.now < due) return std::nullopt;
  if (!still_there(scene, c.restricted_at)) {
    if (!c.plug_asked_at) return std::nullopt;
    Case next = c;
    next.plug_asked_at = {};
    next.approvals.clear();  // they were for what was seen then
    return becomes(std::move(next), scene.now, "the behaviour stopped before the plug was pulled");
  }
  if (!c.plug_asked_at) {
    Case next = c;
    next.plug_asked_at = scene.now;
    std::string why = "it goes on in spite of the restriction: the plug is due";
    if (rules.plug_mode != Mode::on) why += fmt::format("; plug is {}", to_string(rules.plug_mode));
    return becomes(std::move(next), scene.now, std::move(why));
  }
  if (rules.plug_mode != Mode::on || held_plug(book, c, governor, rules.plug_needs_person, scene.now))
    return std::nullopt;
  Case next = c;
  next.disconnected_at = scene.now;
  next.restricted_nas = governor.nas;
  next.plug_asked_at = {};
  return becomes(std::move(next), CaseState::disconnected, scene.now, "the plug is pulled");
}

std::optional<CaseChanged> order_contact(const Book& book, const Case& c, const Scene& scene) {
  auto attempt = next_attempt(c, scene);
  if (!attempt) return std::nullopt;
  attempt->id = book.next_contact();
  std::string why = fmt::format("notice {} by {}", to_string(attempt->notice), to_string(attempt->channel));
  Case next = c;
  next.contacts.push_back(std::move(*attempt));
  return becomes(std::move(next), scene.now, std::move(why));
}

}  // namespace

bool still_there(const Scene& scene, Time since) {
  return scene.behaviour_at > since && scene.now - scene.behaviour_at < scene.rules->stopped_after;
}

std::optional<CaseChanged> on_time(const Book& book, const Case& c, const Scene& scene, const Governor& governor) {
  if (auto contact = order_contact(book, c, scene)) return contact;
  const model::CaseRules& rules = *scene.rules;
  if (before_restriction(c.state) && c.kind == CaseKind::behaviour && !c.contacted_at && !c.promise_missed &&
      scene.now - c.opened >= rules.contact_promise) {
    Case next = c;
    next.promise_missed = true;
    return becomes(std::move(next), scene.now,
                   fmt::format("nobody was told within {}", to_string(rules.contact_promise)));
  }
  if (c.state == CaseState::released || c.state == CaseState::verified_clean)
    if (auto again = relapsed(c, scene)) return again;
  if (model::holds_back(c.state)) {
    if (auto released = released_again(c, scene)) return released;
    return disconnection(book, c, scene, governor);
  }
  if (before_restriction(c.state) && c.deadline_at && scene.now >= c.deadline_at) {
    if (still_there(scene, told_at(c))) return restriction(book, c, scene, governor);
    if (c.state == CaseState::deadline) {
      Case next = c;
      next.approvals.clear();  // they were for what was seen then
      return becomes(std::move(next), c.confirmed_at ? CaseState::confirmed : CaseState::contacted, scene.now,
                     "the behaviour stopped before the restriction");
    }
  }
  return end_of(c, scene);
}

Time next_look(const Case& c, const Scene& scene) {
  const model::CaseRules& rules = *scene.rules;
  const Time seen = std::max(last_touch(c), scene.behaviour_at);
  Time next = scene.now + kLookAtLatest;
  for (const Time t :
       {next_step(c, scene), c.opened + rules.contact_promise, c.deadline_at, seen + rules.clean_after,
        seen + rules.stopped_after, std::max(c.restricted_at, scene.behaviour_at) + rules.release_after,
        last_touch(c) + rules.question_after, widened_due(c, scene), warn_due(c, scene), plug_due(c, scene)})
    if (t > scene.now) next = std::min(next, t);
  // What the governor holds frees itself as the hour goes by.
  if (c.state == CaseState::deadline || c.plug_asked_at) next = std::min(next, scene.now + minutes(1));
  return next;
}

std::optional<CaseChanged> on_contact(const Case& c, const model::ContactSettled& settled, const Scene& scene) {
  Case next = c;
  const auto it = std::ranges::find(next.contacts, settled.contact, &model::ContactAttempt::id);
  // A bounce may come after the relay took it; anything else is said once.
  if (it == next.contacts.end() || it->state == settled.state || settled.state == ContactState::ordered ||
      (it->state != ContactState::ordered && settled.state != ContactState::bounced))
    return std::nullopt;
  it->state = settled.state;
  it->settled = scene.now;
  it->detail = settled.detail;
  std::string why =
      fmt::format("notice {} by {}: {}", to_string(it->notice), to_string(it->channel), to_string(settled.state));
  if (settled.state == ContactState::sent && before_restriction(c.state)) {
    if (!next.contacted_at) next.contacted_at = scene.now;
    if (next.state == CaseState::opened) next.state = CaseState::contacted;
    next.deadline_at = deadline_of(next, scene);
  } else if (settled.state == ContactState::bounced && !told_at(next) && before_restriction(c.state)) {
    // Nobody read it: the clock starts again with the channel that reaches somebody.
    next.contacted_at = next.deadline_at = {};
    if (next.state == CaseState::contacted) next.state = CaseState::opened;
  }
  return becomes(std::move(next), scene.now, std::move(why));
}

std::optional<CaseChanged> on_confirmed(const Case& c, const Scene& scene, const std::string& how) {
  // A notice that was ordered in the moment of the last confirmation was not what was confirmed.
  const bool fresh = !c.confirmed_at || (!c.contacts.empty() && c.confirmed_at <= c.contacts.back().at);
  if (!fresh) return std::nullopt;
  Case next = c;
  next.confirmed_at = scene.now;
  if (!next.contacted_at) next.contacted_at = scene.now;
  if (next.customer == CustomerStatus::silent) next.customer = CustomerStatus::read;
  if (next.state == CaseState::opened || next.state == CaseState::contacted) next.state = CaseState::confirmed;
  if (before_restriction(next.state)) next.deadline_at = deadline_of(next, scene);
  if (next == c) return std::nullopt;  // said twice in one moment, of two notices
  return becomes(std::move(next), scene.now, how);
}

std::optional<CaseChanged> on_customer(const Case& c, CustomerStatus says, const Scene& scene) {
  if (says == CustomerStatus::silent || says == c.customer) return std::nullopt;
  Case next = c;
  if (auto confirmed = on_confirmed(c, scene, {})) next = std::move(confirmed->case_);
  next.customer = says;
  return becomes(std::move(next), scene.now, fmt::format("the customer: {}", to_string(says)));
}

namespace {
Status may_extend(const Case& c, Time until, const model::CaseRules& rules, Time now) {
  const auto no = [](std::string what, std::string fix) {
    return fail(Errc::conflict, std::move(what), "case extend", std::move(fix));
  };
  if (c.state == CaseState::disconnected)
    return no("the plug is pulled: no deadline is left", "postern case release when it is clean");
  // Of a restricted line the deadline that is left is the plug's.
  if (c.state == CaseState::restricted && (rules.plug_mode == Mode::off || c.grade == CaseGrade::question))
    return no("the line is restricted, and no plug is due: no deadline is left",
              "postern case release when it is clean");
  const Time due =
      c.state == CaseState::restricted ? std::max(c.deadline_at, c.restricted_at + rules.plug_after) : c.deadline_at;
  if (!due) return no("the case has no deadline", "extend it once a notice has set one");
  if (until <= std::max(now, due))
    return fail(Errc::bad_input, "the new deadline is not later than the old one", "case extend",
                "give one after " + to_string(std::max(now, due)));
  return {};
}
}  // namespace

Status validate(const Case& c, const model::CaseCommand& command, const model::CaseRules& rules, Time now) {
  const std::string where = fmt::format("case {}", to_string(command.verb));
  const auto no = [&](std::string what, std::string fix) {
    return fail(Errc::conflict, std::move(what), where, std::move(fix));
  };
  switch (command.verb) {
    case model::CaseVerb::note:
      if (command.text.empty()) return fail(Errc::bad_input, "the note is empty", where, "say what there is to say");
      return {};
    case model::CaseVerb::extend:
      return may_extend(c, command.until, rules, now);
    case model::CaseVerb::approve:
      if (c.state != CaseState::deadline && !c.plug_asked_at)
        return no("nothing is waiting for it", "see postern case show");
      if (std::ranges::find(c.approvals, command.operator_name) != c.approvals.end())
        return no(command.operator_name + " agreed already", "a second person must agree");
      return {};
    case model::CaseVerb::restrict:
      if (model::holds_back(c.state)) return no("the line is restricted already", "");
      if (!c.contacted_at) return no("nobody was told yet", "tell the customer first: postern case confirm");
      return {};
    case model::CaseVerb::release:
      if (!model::holds_back(c.state)) return no("the line is not restricted", "see postern case show");
      return {};
    case model::CaseVerb::close:
      if (model::holds_back(c.state)) return no("the line is restricted", "release it first: postern case release");
      return {};
    case model::CaseVerb::disconnect:
      if (c.state != CaseState::restricted)
        return no("only a restricted line is disconnected", "see postern case show");
      return {};
    case model::CaseVerb::says:
      if (command.says == CustomerStatus::silent)
        return fail(Errc::bad_input, "what the customer says is missing", where,
                    fmt::format("give one of {}", fmt::join(model::pn_names_of_CustomerStatus, ", ")));
      return {};
    case model::CaseVerb::undo:
      return may_undo(c);
    case model::CaseVerb::confirm:
      return {};
  }
  return {};
}

namespace {
// A call that was ordered is done with it.
std::optional<CaseChanged> reached_in_person(Case c, const Scene& scene, const std::string& who,
                                             const std::string& because) {
  bool called = false;
  for (model::ContactAttempt& a : c.contacts) {
    if (a.channel != model::Channel::call_list || a.state != ContactState::ordered) continue;
    a.state = ContactState::sent;
    a.settled = scene.now;
    a.detail = "by " + who;
    called = true;
  }
  std::string why = "the customer was reached by " + who + because;
  if (auto confirmed = on_confirmed(c, scene, why)) return confirmed;
  if (!called) return std::nullopt;
  return becomes(std::move(c), scene.now, std::move(why));
}

std::optional<CaseChanged> carried_out(const Case& c, const model::CaseCommand& command, const Scene& scene) {
  const std::string because = command.text.empty() ? std::string() : ": " + command.text;
  const std::string who = command.operator_name;
  Case next = c;
  switch (command.verb) {
    case model::CaseVerb::note:
      return std::nullopt;  // a record of its own
    case model::CaseVerb::confirm:
      return reached_in_person(std::move(next), scene, who, because);
    case model::CaseVerb::extend:
      next.deadline_at = command.until;
      next.plug_asked_at = {};
      next.approvals.clear();
      if (next.state == CaseState::deadline)
        next.state = next.confirmed_at ? CaseState::confirmed : CaseState::contacted;
      return becomes(
          std::move(next), scene.now,
          fmt::format("{} moved the {} to {}{}", who, c.state == CaseState::restricted ? "disconnection" : "deadline",
                      to_string(command.until), because));
    case model::CaseVerb::approve:
      next.approvals.push_back(who);
      return becomes(
          std::move(next), scene.now,
          fmt::format("{} agrees to the {}{}", who, c.plug_asked_at ? "disconnection" : "restriction", because));
    case model::CaseVerb::restrict:
      next.restricted_at = scene.now;
      next.approvals.clear();  // an agreement to this step is none to the plug
      return becomes(std::move(next), CaseState::restricted, scene.now, "restricted by " + who + because);
    case model::CaseVerb::release:
      next.released_at = scene.now;
      next.deadline_at = next.asked_at = next.plug_asked_at = {};
      return becomes(std::move(next), CaseState::released, scene.now, "released by " + who + because);
    case model::CaseVerb::disconnect:
      next.disconnected_at = scene.now;
      next.plug_asked_at = {};
      return becomes(std::move(next), CaseState::disconnected, scene.now, "disconnected by " + who + because);
    case model::CaseVerb::says:
      return on_customer(c, command.says, scene);
    case model::CaseVerb::undo:
      return becomes(
          undone(c), scene.now,
          fmt::format("{} took back {} of {}{}", who, to_string(c.before.verb), c.before.operator_name, because));
    case model::CaseVerb::close:
      return becomes(std::move(next), CaseState::closed, scene.now, "closed by " + who + because);
  }
  return std::nullopt;
}

}  // namespace

std::optional<CaseChanged> on_command(const Case& c, const model::CaseCommand& command, const Scene& scene) {
  auto changed = carried_out(c, command, scene);
  if (changed && command.verb != model::CaseVerb::undo)
    remember(c, command.verb, command.operator_name, changed->case_);
  return changed;
}

std::optional<CaseChanged> on_erased(const Case& c, Time at) {
  return becomes(c, CaseState::closed, at, "the subscriber was erased");
}

}  // namespace postern::decide::casework
