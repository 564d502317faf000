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
  model::Case next = c;
  take(next, c.before);
  next.before = {};
  return next;
}

}  // namespace postern::decide::casework
