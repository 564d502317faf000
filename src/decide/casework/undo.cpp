// SPDX-License-Identifier: Apache-2.0
#include "decide/casework/undo.h"

#include <fmt/format.h>

namespace postern::decide::casework {
namespace {

// The fields that orders change stand in both under the same names.
template <class To, class From>
void take(To& to, const From& from) {
  to.state = from.state;
  to.customer = from.customer;
  to.confirmed_at = from.confirmed_at;
  to.contacted_at = from.contacted_at;
  to.deadline_at = from.deadline_at;
  to.restricted_at = from.restricted_at;
  to.released_at = from.released_at;
  to.asked_at = from.asked_at;
  to.disconnected_at = from.disconnected_at;
  to.plug_asked_at = from.plug_asked_at;
  to.approvals = from.approvals;
}

}  // namespace

void remember(const model::Case& c, model::CaseVerb verb, const std::string& operator_name, model::Case& after) {
  after.before = {};
  after.before.verb = verb;
  after.before.operator_name = operator_name;
  after.before.put = after.state;
  take(after.before, c);
}

Status may_undo(const model::Case& c) {
  if (c.before.verb == model::CaseVerb::note)
    return fail(Errc::conflict, "no order on this case can be taken back", "case undo", "see postern case show");
  if (c.state != c.before.put)
    return fail(Errc::conflict,
                fmt::format("the case has moved on: {} put it to {}, now it is {}", to_string(c.before.verb),
                            to_string(c.before.put), to_string(c.state)),
                "case undo", "give the order that fits now");
  return {};
}

model::Case undone(const model::Case& c) {
  const model::CaseBefore& before = c.before;
  model::Case next = c;
  next.state = before.state;
  // Only what the order itself changes: what was said and done since stays.
  switch (before.verb) {
    case model::CaseVerb::confirm:
    case model::CaseVerb::says:
      next.customer = before.customer;
      next.confirmed_at = before.confirmed_at;
      next.contacted_at = before.contacted_at;
      next.deadline_at = before.deadline_at;
      break;
    case model::CaseVerb::extend:
      next.deadline_at = before.deadline_at;
      next.plug_asked_at = before.plug_asked_at;
      next.approvals = before.approvals;
      break;
    case model::CaseVerb::approve:
      next.approvals = before.approvals;
      break;
    case model::CaseVerb::restrict:
      next.restricted_at = before.restricted_at;
      next.approvals = before.approvals;
      break;
    case model::CaseVerb::release:
      next.released_at = before.released_at;
      next.deadline_at = before.deadline_at;
      next.asked_at = before.asked_at;
      next.plug_asked_at = before.plug_asked_at;
      break;
    case model::CaseVerb::disconnect:
      next.disconnected_at = before.disconnected_at;
      next.plug_asked_at = before.plug_asked_at;
      break;
    case model::CaseVerb::close:
    case model::CaseVerb::note:
    case model::CaseVerb::undo:
      break;
  }
  next.before = {};
  return next;
}

}  // namespace postern::decide::casework
