// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "store/columns.h"
#include "store/journal.h"
#include "store/retention.h"

namespace postern::store {

namespace {
// -1: no such kind.
template <size_t... I>
int64_t kind_number(std::string_view name, std::index_sequence<I...>) {
  int64_t at = -1;
  ((model::kind_of(model::RecordBody(std::in_place_index<I>)) == name ? at = static_cast<int64_t>(I) : 0), ...);
  return at;
}
int64_t kind_number(std::string_view name) {
  return kind_number(name, std::make_index_sequence<std::variant_size_v<model::RecordBody>>{});
}
}  // namespace

Result<std::vector<model::Record>> Journal::list(std::string_view sql, std::initializer_list<Value> values) {
  Query rows = PN_TRY(database_->query(sql, values));
  std::vector<model::Record> out;
  while (PN_TRY(rows.next())) out.push_back(PN_TRY(read(rows)));
  return out;
}

Result<std::optional<model::Record>> Journal::first(std::string_view sql, std::initializer_list<Value> values) {
  std::vector<model::Record> found = PN_TRY(list(sql, values));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

Result<std::vector<model::Record>> Journal::sessions_of_address(const IpAddress& address, Time from, Time to,
                                                                size_t limit) {
  std::set<uint64_t> sequences;
  if (!address) return std::vector<model::Record>{};
  for (unsigned length = 0; length <= address.bits(); ++length) {
    const Sum sum = projections_.blinded(Prefix::of(address, static_cast<uint8_t>(length)));
    Query rows = PN_TRY(database_->query(
        "SELECT s.sequence FROM session_prefixes p JOIN sessions s ON s.id=p.session"
        " WHERE p.blind=?1 AND p.since<=?2 AND (p.until=0 OR p.until>?3) ORDER BY p.since DESC LIMIT ?4",
        {ByteView(sum), to.us, from.us, number(limit)}));
    while (PN_TRY(rows.next())) sequences.insert(static_cast<uint64_t>(rows.integer(0)));
  }
  std::vector<model::Record> out;
  for (const uint64_t sequence : sequences)
    if (std::optional<model::Record> one = PN_TRY(record(sequence))) out.push_back(std::move(*one));
  std::ranges::sort(out, [](const model::Record& a, const model::Record& b) {
    const auto& x = std::get<model::SessionChanged>(a.body).session;
    const auto& y = std::get<model::SessionChanged>(b.body).session;
    return std::pair(x.since, x.id) < std::pair(y.since, y.id);
  });
  // The newest matter most.
  if (out.size() > limit) out.erase(out.begin(), out.end() - static_cast<ptrdiff_t>(limit));
  return out;
}

// ?1 = whose, ?2 = the id it goes on after, ?3 = the limit.
struct Journal::PageSql {
  std::string_view page;
  std::string_view left;
};
#define PN_PAGE_SQL(table, where, order)                                                                      \
  {PN_SELECT_RECORDS "JOIN " table " t ON t.sequence=r.sequence WHERE " where " ORDER BY " order " LIMIT ?3", \
   "SELECT count(*) FROM " table " t WHERE " where}

Result<Listed> Journal::list_page(const PageSql& sql, model::SubscriberId owner, Page page) {
  const uint64_t after = page.after == 0 ? uint64_t{INT64_MAX} : page.after;
  Listed out{.records = PN_TRY(list(sql.page, {number(owner.value), number(after), number(page.limit)}))};
  if (out.records.empty() || out.records.size() < page.limit) return out;
  const uint64_t last = ref_of(out.records.back().body);
  out.left = static_cast<uint64_t>(PN_TRY(database_->integer(sql.left, {number(owner.value), number(last)})));
  return out;
}

Result<Listed> Journal::sessions_of(model::SubscriberId subscriber, Page page) {
  static constexpr PageSql kAll = PN_PAGE_SQL("sessions", "?1=0 AND t.id<?2", "t.id DESC");
  // By when they began: one that was reported late has a higher number than its followers.
  static constexpr PageSql kOfLine = PN_PAGE_SQL("sessions",
                                                 "t.subscriber=?1 AND (t.since, t.id)<(coalesce((SELECT since FROM "
                                                 "sessions WHERE id=?2), 9223372036854775807), ?2)",
                                                 "t.since DESC, t.id DESC");
  return list_page(subscriber ? kOfLine : kAll, subscriber, page);
}

Result<std::vector<model::Record>> Journal::records_of(model::SubscriberId subject, size_t limit) {
  return list(PN_SELECT_RECORDS "WHERE r.subject=? ORDER BY r.sequence DESC LIMIT ?",
              {number(subject.value), number(limit)});
}

Result<std::optional<model::Record>> Journal::newest(std::string_view kind, uint64_t ref) {
  return first(PN_SELECT_RECORDS "WHERE r.kind=? AND r.ref=? ORDER BY r.sequence DESC LIMIT 1",
               {Value(kind_number(kind)), number(ref)});
}

Result<std::vector<model::Record>> Journal::history(std::string_view kind, uint64_t ref, size_t limit) {
  return list(PN_SELECT_RECORDS "WHERE r.kind=? AND r.ref=? ORDER BY r.sequence DESC LIMIT ?",
              {Value(kind_number(kind)), number(ref), number(limit)});
}

Result<std::optional<model::Record>> Journal::record(uint64_t sequence) {
  return first(PN_SELECT_RECORDS "WHERE r.sequence=?", {number(sequence)});
}

Result<std::optional<model::Record>> Journal::subscriber_by_key(std::string_view key) {
  return first(PN_SELECT_RECORDS "JOIN subscribers s ON s.sequence=r.sequence WHERE s.key=? ORDER BY s.id DESC LIMIT 1",
               {key});
}

Result<std::vector<model::Record>> Journal::findings_of(model::SubscriberId line, size_t limit) {
  return list(PN_SELECT_RECORDS "JOIN findings f ON f.sequence=r.sequence WHERE f.line=? ORDER BY f.id DESC LIMIT ?",
              {number(line.value), number(limit)});
}

Result<Listed> Journal::cases(model::SubscriberId line, Page page) {
  static constexpr PageSql kAll = PN_PAGE_SQL("cases", "?1=0 AND t.id<?2", "t.id DESC");
  static constexpr PageSql kOfLine = PN_PAGE_SQL("cases", "t.line=?1 AND t.id<?2", "t.id DESC");
  return list_page(line ? kOfLine : kAll, line, page);
}

Result<Listed> Journal::permits(model::SubscriberId subscriber, Page page) {
  static constexpr PageSql kAll = PN_PAGE_SQL("permits", "?1=0 AND t.id<?2", "t.id DESC");
  static constexpr PageSql kOfLine = PN_PAGE_SQL("permits", "t.subscriber=?1 AND t.id<?2", "t.id DESC");
  return list_page(subscriber ? kOfLine : kAll, subscriber, page);
}

Result<std::vector<model::Record>> Journal::orders_of(model::SubscriberId subject, size_t limit) {
  return list(PN_SELECT_RECORDS "JOIN orders o ON o.sequence=r.sequence WHERE o.subject=? ORDER BY o.id DESC LIMIT ?",
              {number(subject.value), number(limit)});
}

Result<std::vector<model::Record>> Journal::orders_of_session(model::SessionId session, size_t limit) {
  return list(PN_SELECT_RECORDS "JOIN orders o ON o.sequence=r.sequence WHERE o.session=? ORDER BY o.id DESC LIMIT ?",
              {number(session.value), number(limit)});
}

Result<std::vector<model::Record>> Journal::receipts_of(model::OrderId order) {
  return list(PN_SELECT_RECORDS "JOIN receipts t ON t.sequence=r.sequence WHERE t.order_id=? ORDER BY t.sequence DESC",
              {number(order.value)});
}

Result<Counts> Journal::counts() {
  Query row = PN_TRY(database_->query(
      "SELECT (SELECT count(*) FROM subscribers WHERE erased=0), (SELECT count(*) FROM sessions),"
      " (SELECT count(*) FROM sessions WHERE until=0), (SELECT count(*) FROM findings), (SELECT count(*) FROM cases),"
      " (SELECT count(*) FROM cases WHERE state<>?), (SELECT count(*) FROM orders), (SELECT count(*) FROM receipts),"
      " (SELECT count(*) FROM permits), (SELECT count(*) FROM permits WHERE state=0)",
      {static_cast<int64_t>(model::CaseState::closed)}));
  Counts counts;
  if (!PN_TRY(row.next())) return counts;
  counts.records = last_;
  int column = 0;
  for (uint64_t* n : {&counts.subscribers, &counts.sessions, &counts.sessions_live, &counts.findings, &counts.cases,
                      &counts.cases_open, &counts.orders, &counts.receipts, &counts.permits, &counts.permits_active})
    *n = static_cast<uint64_t>(row.integer(column++));
  return counts;
}

Result<uint64_t> Journal::expire(Time now) {
  uint64_t stripped = 0;
  for (bool more = true; more;) {
    const Status done = database_->transaction([&]() -> Status {
      std::vector<int64_t> over;
      {
        Query rows =
            PN_TRY(database_->query("SELECT DISTINCT s.id FROM sessions s JOIN session_prefixes p ON p.session=s.id"
                                    " WHERE s.until>0 AND s.until<? LIMIT ?",
                                    {(now - kSessionHistory).us, number(kExpireAtOnce)}));
        while (PN_TRY(rows.next())) over.push_back(rows.integer(0));
      }
      for (const int64_t session : over) {
        PN_TRY_VOID(database_->run(
            "UPDATE records SET sealed=zeroblob(length(sealed)) WHERE kind=? AND ref=? AND sealed IS NOT NULL",
            {kind_number("session_changed"), Value(session)}));
        stripped += static_cast<uint64_t>(database_->changes());
        PN_TRY_VOID(database_->run("DELETE FROM session_prefixes WHERE session=?", {Value(session)}));
      }
      more = over.size() == kExpireAtOnce;
      return {};
    });
    PN_TRY_VOID(done);
  }
  if (stripped > 0) scrub();
  return stripped;
}

}  // namespace postern::store
