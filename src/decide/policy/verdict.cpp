// SPDX-License-Identifier: Apache-2.0
#include "decide/policy/verdict.h"

#include <fmt/format.h>

namespace postern::decide::policy {
namespace {

using model::Reason;
using model::Verdict;

std::string with_revision(const std::string& because, uint32_t revision) {
  return fmt::format("{}, policy revision {}", because, revision);
}

void by_permit(const model::Permit& permit, Decision& d) {
  d.reason = Reason::permit;
  d.because = fmt::format("permit {} ({}) until {}; class {}", permit.id.value, to_string(permit.kind),
                          to_string(permit.expires), d.class_name);
  d.until = permit.expires;
  d.limits = permit.limits;
  switch (permit.kind) {
    case model::PermitKind::own_server:
      d.verdict = Verdict::limited;
      break;
    case model::PermitKind::named_server:
      d.verdict = Verdict::listed;
      d.listed = permit.destinations;
      break;
    case model::PermitKind::open_class:
      d.verdict = Verdict::open;
      d.limits = {};
      break;
  }
}

void by_case(const model::Case& c, const model::CaseRules& rules, Decision& d) {
  const bool cut = c.state == model::CaseState::disconnected;
  // In shadow the NAS hears nothing; a mode taken back lets out who is in.
  d.plug = cut && rules.plug_mode == model::Mode::on;
  d.hold = cut ? model::Hold::garden : rules.restriction;
  if (d.hold == model::Hold::services) d.closed = c.services;
  std::erase(d.closed, model::Service{model::Transport::tcp, 25});
  if (d.hold == model::Hold::services && d.closed.empty()) d.hold = model::Hold::none;  // the verdict says it all
}

}  // namespace

std::string_view class_of(const model::Policy& policy, const model::Session& session,
                          const model::Subscriber* subscriber) {
  if (subscriber == nullptr) return kUnknown;
  for (const std::string* name : {&session.class_name, &subscriber->class_name, &policy.default_class})
    if (const auto it = policy.classes.find(*name); it != policy.classes.end()) return it->first;
  return kUnknown;
}

const model::ClassPolicy& settings_of(const model::Policy& policy, std::string_view class_name) {
  static const model::ClassPolicy kClosed;  // a policy without "unknown" is none yet: everything stays closed
  const auto it = policy.classes.find(std::string(class_name));
  if (it != policy.classes.end()) return it->second;
  const auto unknown = policy.classes.find(std::string(kUnknown));
  return unknown != policy.classes.end() ? unknown->second : kClosed;
}

Decision decide(const Ground& g) {
  Decision d;
  d.class_name = g.contested ? kUnknown : class_of(*g.policy, *g.session, g.subscriber);
  const model::ClassPolicy& settings = settings_of(*g.policy, d.class_name);
  d.verdict = settings.verdict;
  d.limits = settings.limits;
  if (g.contested) {
    d.reason = Reason::unknown_line;
    d.because = "two lines claim this address at once; class unknown";
  } else if (g.subscriber == nullptr) {
    d.reason = Reason::unknown_line;
    d.because = "no import knows this line; class unknown";
  } else if (g.restricted != nullptr) {
    // Explained like any other refusal, unless the class is refused without a word anyway.
    if (d.verdict != Verdict::reject && d.verdict != Verdict::drop) d.verdict = Verdict::explain;
    d.limits = {};
    d.reason = Reason::restriction;
    by_case(*g.restricted, settings.cases, d);
    d.because = fmt::format("case {}; class {}", g.restricted->id.value, d.class_name);
  } else if (g.permit != nullptr && d.verdict != Verdict::open) {
    by_permit(*g.permit, d);
  } else if (g.ended != nullptr && d.verdict != Verdict::open) {
    const bool revoked = g.ended->state == model::PermitState::revoked;
    d.reason = revoked ? Reason::permit_revoked : Reason::permit_expired;
    d.because = fmt::format("permit {} {}; class {}", g.ended->id.value, revoked ? "revoked" : "expired", d.class_name);
  } else {
    d.because = fmt::format("class {}", d.class_name);
  }
  return d;
}

model::Order order_of(const Decision& d, const model::Session& session, uint32_t revision, Time since) {
  model::Order order;
  order.subject = d.reason == Reason::unknown_line ? model::SubscriberId{} : session.subscriber;
  order.session = session.id;
  order.verdict = d.verdict;
  order.reason = d.reason;
  order.because = with_revision(d.because, revision);
  order.revision = revision;
  order.limits = d.limits;
  order.listed = d.listed;
  order.since = since;
  order.until = d.until;
  order.hold = d.hold;
  order.closed = d.closed;
  order.plug = d.plug;
  return order;
}

bool says(const model::Order& in_force, const Decision& d) {
  return in_force.mode == model::Mode::on && in_force.verdict == d.verdict && in_force.reason == d.reason &&
         in_force.limits == d.limits && in_force.listed == d.listed && in_force.until == d.until &&
         in_force.hold == d.hold && in_force.closed == d.closed && in_force.plug == d.plug &&
         in_force.because == with_revision(d.because, in_force.revision);
}

}  // namespace postern::decide::policy
