// SPDX-License-Identifier: Apache-2.0
#include "store/projections.h"

#include <algorithm>
#include <vector>

namespace postern::store {

namespace {
template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

template <class E>
Value state(E e) {
  return static_cast<int64_t>(e);
}
Value time(Time t) { return t.us; }
template <class Tag, class N>
Value id(Id<Tag, N> v) {
  return number(v.value);
}
}  // namespace

uint64_t ref_of(const model::RecordBody& body) {
  return std::visit(Overloaded{[](const model::PolicyRevision& r) -> uint64_t { return r.revision; },
                               [](const model::SubscriberChanged& r) -> uint64_t { return r.subscriber.id.value; },
                               [](const model::SubscriberErased& r) -> uint64_t { return r.subscriber.value; },
                               [](const model::SessionChanged& r) -> uint64_t { return r.session.id.value; },
                               [](const model::Finding& r) -> uint64_t { return r.id.value; },
                               [](const model::CaseChanged& r) -> uint64_t { return r.case_.id.value; },
                               [](const model::Order& r) -> uint64_t { return r.id.value; },
                               [](const model::Receipt& r) -> uint64_t { return r.order.value; },
                               [](const model::PermitChanged& r) -> uint64_t { return r.permit.id.value; },
                               [](const model::CaseNote& r) -> uint64_t { return r.case_.value; },
                               [](const model::CaseNoted& r) -> uint64_t { return r.case_.value; },
                               [](const model::AccountChanged& r) -> uint64_t { return r.account.id.value; },
                               [](const auto&) -> uint64_t { return 0; }},
                    body);
}

Status Projections::apply(const model::Record& record, uint64_t sequence) {
  const Value at_sequence = number(sequence);
  return std::visit(
      Overloaded{
          [&](const model::SubscriberChanged& r) {
            const model::Subscriber& s = r.subscriber;
            return database_.run("INSERT OR REPLACE INTO subscribers VALUES(?, ?, ?, 0, ?)",
                                 {id(s.id), std::string_view(s.key), std::string_view(s.class_name), at_sequence});
          },
          [&](const model::SubscriberErased& r) { return apply_erased(r.subscriber); },
          [&](const model::SessionChanged& r) { return apply_session(r.session, record.at, sequence); },
          [&](const model::Finding& r) {
            return database_.run("INSERT OR REPLACE INTO findings VALUES(?, ?, ?, ?, ?)",
                                 {id(r.id), id(r.line), state(r.stage), time(r.at), at_sequence});
          },
          [&](const model::CaseChanged& r) {
            const model::Case& c = r.case_;
            return database_.run("INSERT OR REPLACE INTO cases VALUES(?, ?, ?, ?, ?, ?)",
                                 {id(c.id), id(c.line), state(c.state), time(c.opened), time(c.changed), at_sequence});
          },
          [&](const model::Order& r) { return apply_order(r, sequence); },
          [&](const model::Receipt& r) {
            return database_.run("INSERT OR REPLACE INTO receipts VALUES(?, ?, ?, ?, ?)",
                                 {id(r.order), std::string_view(r.actuator), state(r.state), time(r.at), at_sequence});
          },
          [&](const model::PermitChanged& r) {
            const model::Permit& p = r.permit;
            return database_.run(
                "INSERT OR REPLACE INTO permits VALUES(?, ?, ?, ?, ?, ?)",
                {id(p.id), id(p.subscriber), state(p.state), time(p.granted), time(p.expires), at_sequence});
          },
          [](const auto&) { return Status{}; }},
      record.body);
}

Status Projections::clear() {
  return database_.script(
      "DELETE FROM subscribers; DELETE FROM sessions; DELETE FROM session_prefixes; DELETE FROM findings;"
      "DELETE FROM cases; DELETE FROM orders; DELETE FROM receipts; DELETE FROM permits;");
}

Status Projections::apply_session(const model::Session& session, Time at, uint64_t sequence) {
  bool known = false;
  {
    Query row = PN_TRY(database_.query("SELECT 1 FROM sessions WHERE id=?", {id(session.id)}));
    known = PN_TRY(row.next());
  }
  // A prefix that comes later counts from when it was reported: holding it before is not known. A Stop speaks of the
  // whole session.
  const Time from = known && !session.until ? at : session.since;
  if (!session.prefixes.erased) PN_TRY_VOID(apply_prefixes(session, from, at));
  if (session.until)
    PN_TRY_VOID(database_.run("UPDATE session_prefixes SET until=? WHERE session=? AND until=0",
                              {time(session.until), id(session.id)}));
  return database_.run(
      "INSERT OR REPLACE INTO sessions VALUES(?, ?, ?, ?, ?)",
      {id(session.id), id(session.subscriber), time(session.since), time(session.until), number(sequence)});
}

Status Projections::apply_prefixes(const model::Session& session, Time from, Time at) {
  std::vector<Sum> had;
  {
    Query rows =
        PN_TRY(database_.query("SELECT blind FROM session_prefixes WHERE session=? AND until=0", {id(session.id)}));
    while (PN_TRY(rows.next())) {
      Sum sum{};
      std::ranges::copy(rows.blob(0).first(std::min(rows.blob(0).size(), sum.size())), sum.begin());
      had.push_back(sum);
    }
  }
  std::vector<Sum> has;
  for (const Prefix& prefix : *session.prefixes) has.push_back(blinded(prefix));
  for (const Sum& sum : has)
    if (std::ranges::find(had, sum) == had.end())
      PN_TRY_VOID(
          database_.run("INSERT OR IGNORE INTO session_prefixes SELECT ?1, ?2, ?3, 0 WHERE ?4=0 OR NOT EXISTS"
                        " (SELECT 1 FROM session_prefixes WHERE blind=?1 AND session=?2)",
                        {ByteView(sum), id(session.id), time(from), time(session.until)}));
  // A prefix taken over by another session ends here, though this session goes on.
  for (const Sum& sum : had)
    if (std::ranges::find(has, sum) == has.end())
      PN_TRY_VOID(database_.run("UPDATE session_prefixes SET until=? WHERE blind=? AND session=? AND until=0",
                                {time(session.until ? session.until : at), ByteView(sum), id(session.id)}));
  return {};
}

Status Projections::apply_order(const model::Order& order, uint64_t sequence) {
  return database_.run("INSERT OR REPLACE INTO orders VALUES(?, ?, ?, ?, ?, ?, ?)",
                       {id(order.id), id(order.subject), id(order.session), state(order.verdict), time(order.since),
                        time(order.until), number(sequence)});
}

Status Projections::apply_erased(model::SubscriberId subscriber) {
  PN_TRY_VOID(database_.run(
      "DELETE FROM session_prefixes WHERE session IN (SELECT id FROM sessions WHERE subscriber=?)", {id(subscriber)}));
  return database_.run("UPDATE subscribers SET erased=1 WHERE id=?", {id(subscriber)});
}

}  // namespace postern::store
