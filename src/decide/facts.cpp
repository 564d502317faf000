// SPDX-License-Identifier: Apache-2.0
#include "decide/facts.h"

namespace postern::decide {
namespace {

struct Apply {
  Facts& facts;
  Time at;
  Facts::Forgotten forgotten;

  void operator()(const model::PolicyRevision& r) {
    facts.revision = r.revision;
    facts.policy = r.policy;
  }
  void operator()(const model::SubscriberChanged& r) {
    if (!r.subscriber.id) return;
    facts.subscribers.apply(r.subscriber);
    facts.accounts.apply(r.subscriber);
  }
  void operator()(const model::SubscriberErased& r) {
    facts.subscribers.erase(r.subscriber);
    facts.sessions.forget(r.subscriber);
    facts.waiting.erase(r.subscriber);
    facts.accounts.erase(r.subscriber);
    facts.advices.forget(r.subscriber);
  }
  void operator()(const model::SessionChanged& r) {
    const model::Session& s = r.session;
    forgotten.sessions = facts.sessions.apply(s, at);
    if (!s.until) return;
    facts.orders.end(s.id);
    facts.plugs.end(s.id);
    if (s.source == model::SessionSource::fixed && s.end == model::SessionEnd::replaced)
      facts.waiting.insert(s.subscriber);
  }
  void operator()(const model::Finding& r) { facts.cases.apply(r); }
  void operator()(const model::CaseChanged& r) {
    const casework::Book::Cut cut = facts.cases.apply(r.case_);
    forgotten.past = cut.past;
    forgotten.undo = cut.undo;
  }
  void operator()(const model::Order& r) {
    facts.orders.apply(r);
    facts.plugs.apply(r);
  }
  void operator()(const model::Receipt& r) {
    facts.orders.apply(r);
    facts.plugs.apply(r);
  }
  void operator()(const model::PermitChanged& r) { facts.permits.apply(r.permit); }
  void operator()(const model::GovernorChanged& r) { facts.cases.apply(r); }
  void operator()(const model::AccountChanged& r) { facts.accounts.apply(r, at); }
  void operator()(const model::AdviceChanged& r) { facts.advices.apply(r.advice); }
  void operator()(const model::CaseNote&) {}
  void operator()(const model::CaseNoted&) {}
  void operator()(const model::OperatorAction&) {}
  void operator()(const model::Checkpoint&) {}
  void operator()(std::monostate) {}
};

}  // namespace

Facts::Forgotten Facts::apply(const model::Record& record) {
  Apply visitor{*this, record.at};
  std::visit(visitor, record.body);
  return visitor.forgotten;
}

std::string_view Facts::class_of(const model::Session& session) const {
  return policy::class_of(policy, session, subscriber_of(session));
}

const model::ClassPolicy& Facts::class_of(model::SubscriberId line) const {
  static const model::Session kNone;
  const auto of_line = sessions.of_subscriber(line);
  const model::Session& session = of_line.empty() ? kNone : sessions.live(of_line[0])->session;
  return policy::settings_of(policy, policy::class_of(policy, session, subscribers.find(line)));
}

policy::Decision Facts::decide(const who::Held& held, Time now) const {
  policy::Ground ground;
  ground.policy = &policy;
  ground.session = &held.session;
  ground.subscriber = subscriber_of(held.session);
  ground.contested = sessions.contested(held);
  if (ground.subscriber != nullptr) {
    ground.permit = permits.in_force(ground.subscriber->id, now);
    ground.ended = permits.last_ended(ground.subscriber->id, now);
    ground.restricted = cases.open_of(ground.subscriber->id);
    if (ground.restricted != nullptr && !model::holds_back(ground.restricted->state)) ground.restricted = nullptr;
  }
  return policy::decide(ground);
}

model::LineEntry Facts::entry_of(const Prefix& prefix) const {
  const auto& claims = sessions.claims().all();
  // Of several on one prefix: what the NAS says before what the import says, then the newest.
  const who::Held* best = nullptr;
  for (auto it = claims.lower_bound({prefix, {}}); it != claims.end() && it->first == prefix; ++it) {
    const who::Held* held = sessions.live(it->second);
    if (best == nullptr || held->session.source <= best->session.source) best = held;
  }
  model::LineEntry entry;
  entry.prefix = prefix;
  entry.class_name = policy::kUnknown;
  const policy::InForce* in_force = orders.of(best->session.id);
  if (in_force == nullptr) return entry;
  const model::Order& order = in_force->order;
  if (order.reason != model::Reason::unknown_line) {
    entry.line = best->session.subscriber;
    entry.access = best->session.access;
    entry.class_name = class_of(best->session);
  }
  entry.verdict = order.verdict;
  entry.reason = order.reason;
  entry.revision = order.revision;
  entry.limits = order.limits;
  entry.listed = order.listed;
  entry.expires = order.until;
  entry.order = order.id;
  entry.hold = order.hold;
  entry.closed = order.closed;
  return entry;
}

void Facts::encode(Encoder& out) const {
  out.put(revision);
  out.put(policy);
  subscribers.encode(out);
  sessions.encode_facts(out);
  permits.encode(out);
  cases.encode(out);
  orders.encode(out);
  plugs.encode(out);
  accounts.encode(out);
  advices.encode(out);
}

void Facts::decode(Decoder& in) {
  in.get(revision);
  in.get(policy);
  subscribers.decode(in);
  sessions.decode_facts(in);
  permits.decode(in);
  cases.decode(in);
  orders.decode(in);
  plugs.decode(in);
  accounts.decode(in);
  advices.decode(in);
  for (const model::Subscriber& s : subscribers.all()) {
    accounts.apply(s);
    if (!s.fixed.empty()) waiting.insert(s.id);
  }
}

}  // namespace postern::decide
