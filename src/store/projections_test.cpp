// SPDX-License-Identifier: Apache-2.0
#include "store/projections.h"

#include "store/journal_test.h"

namespace postern::store::test {

namespace {
const model::Session& session_in(const model::Record& r) { return std::get<model::SessionChanged>(r.body).session; }

model::Record order(uint64_t id, uint32_t subject, uint64_t session_id) {
  model::Order o;
  o.id = model::OrderId{id};
  o.subject = model::SubscriberId{subject};
  o.session = model::SessionId{session_id};
  o.because = "class residential, policy revision 1";
  o.since = at(1);
  return record(1, subject, o);
}
model::Record receipt(uint64_t order_id, model::ReceiptState state, int64_t minute) {
  return record(minute, 0, model::Receipt{model::OrderId{order_id}, "gate", state, "", at(minute)});
}
model::Record permit(uint64_t id, uint32_t subject, model::PermitState state) {
  model::Permit p;
  p.id = model::PermitId{id};
  p.subscriber = model::SubscriberId{subject};
  p.state = state;
  p.terms_version = "2026-01";
  p.expires = at(99);
  return record(3, subject, model::PermitChanged{p});
}
model::Record finding(uint64_t id, uint32_t line) {
  model::Finding f;
  f.id = model::FindingId{id};
  f.line = model::SubscriberId{line};
  f.stage = model::Stage::case_;
  f.at = at(4);
  return record(4, line, f);
}
model::Record case_of(uint64_t id, uint32_t line, model::CaseState state) {
  model::Case c;
  c.id = model::CaseId{id};
  c.line = model::SubscriberId{line};
  c.state = state;
  c.opened = at(4);
  c.changed = at(5);
  return record(5, line, model::CaseChanged{c, "score"});
}

std::vector<model::Record> a_little_history() {
  return {subscriber(1, "a@example.net"), subscriber(2, "b@example.net"), session(1, 1, 1, {prefix("192.0.2.1/32")}, 1),
          session(2, 1, 1, {prefix("192.0.2.1/32"), prefix("2001:db8:1::/48")}, 1), order(1, 1, 1),
          receipt(1, model::ReceiptState::accepted, 2), receipt(1, model::ReceiptState::in_force, 3),
          permit(1, 2, model::PermitState::active), permit(2, 2, model::PermitState::active),
          permit(1, 2, model::PermitState::revoked), finding(1, 1), case_of(1, 1, model::CaseState::opened),
          case_of(1, 1, model::CaseState::confirmed), case_of(2, 2, model::CaseState::closed),
          // Line 2 takes the address; the older session keeps its delegated prefix.
          session(10, 2, 2, {prefix("192.0.2.1/32")}, 10), session(10, 1, 1, {prefix("2001:db8:1::/48")}, 1),
          session(20, 2, 2, {prefix("192.0.2.1/32")}, 10, 20)};
}
std::vector<uint64_t> ids(const std::vector<model::Record>& sessions) {
  std::vector<uint64_t> out;
  for (const model::Record& r : sessions) out.push_back(session_in(r).id.value);
  return out;
}
}  // namespace

TEST(Projections, WhoHadThisAddressThen) {
  const Directory directory;
  Journal journal = PN_OK(Journal::open(directory.path, master()));
  PN_OK(append(journal, a_little_history()));
  const auto who = [&](std::string_view address, int64_t from, int64_t to) {
    return ids(PN_OK(journal.sessions_of_address(ip(address), at(from), at(to), 10)));
  };
  using Ids = std::vector<uint64_t>;
  EXPECT_EQ(who("192.0.2.1", 0, 0), Ids{});
  EXPECT_EQ(who("192.0.2.1", 5, 5), Ids{1});
  EXPECT_EQ(who("192.0.2.1", 15, 15), Ids{2});
  EXPECT_EQ(who("192.0.2.1", 10, 10), Ids{2});
  EXPECT_EQ(who("192.0.2.1", 5, 15), (Ids{1, 2}));
  EXPECT_EQ(who("192.0.2.1", 20, 30), Ids{});
  EXPECT_EQ(who("192.0.2.3", 0, 99), Ids{});
  EXPECT_EQ(who("2001:db8:1:2::3", 99, 99), Ids{1});
  EXPECT_EQ(who("2001:db8:1:2::3", 1, 1), Ids{});  // reported at 2
  EXPECT_EQ(who("2001:db8:2::3", 0, 99), Ids{});
}

TEST(Projections, AnswerByIdAndSubject) {
  const Directory directory;
  Journal journal = PN_OK(Journal::open(directory.path, master()));
  PN_OK(append(journal, a_little_history()));
  EXPECT_EQ(PN_OK(journal.newest("permit_changed", 1))->sequence, 10u);
  EXPECT_EQ(PN_OK(journal.newest("case_changed", 1))->sequence, 13u);
  EXPECT_EQ(PN_OK(journal.history("case_changed", 1, 10)).size(), 2u);
  EXPECT_FALSE(PN_OK(journal.newest("case_changed", 9)).has_value());
  EXPECT_FALSE(PN_OK(journal.newest("no_such_kind", 1)).has_value());
  const auto receipts = PN_OK(journal.receipts_of(model::OrderId{1}));
  ASSERT_EQ(receipts.size(), 1u);
  EXPECT_EQ(std::get<model::Receipt>(receipts[0].body).state, model::ReceiptState::in_force);
  EXPECT_EQ(PN_OK(journal.orders_of_session(model::SessionId{1}, 5)).size(), 1u);
  EXPECT_EQ(PN_OK(journal.orders_of(model::SubscriberId{2}, 5)).size(), 0u);
  EXPECT_EQ(PN_OK(journal.cases({}, {10})).records.size(), 2u);
  EXPECT_EQ(PN_OK(journal.cases(model::SubscriberId{1}, {10})).records.size(), 1u);
  EXPECT_EQ(PN_OK(journal.permits({}, {10})).records.size(), 2u);
  const Listed newest = PN_OK(journal.permits({}, {1}));
  ASSERT_EQ(newest.records.size(), 1u);
  EXPECT_EQ(newest.left, 1u);
  const Listed other = PN_OK(journal.permits({}, {1, ref_of(newest.records.front().body)}));
  ASSERT_EQ(other.records.size(), 1u);
  EXPECT_LT(ref_of(other.records.front().body), ref_of(newest.records.front().body));
  EXPECT_EQ(other.left, 0u);
  EXPECT_EQ(PN_OK(journal.findings_of(model::SubscriberId{1}, 10)).size(), 1u);
  EXPECT_EQ(PN_OK(journal.sessions_of(model::SubscriberId{2}, {10})).records.size(), 1u);
  EXPECT_EQ(PN_OK(journal.subscriber_by_key("cust-2"))->sequence, 2u);
  EXPECT_FALSE(PN_OK(journal.subscriber_by_key("cust-3")).has_value());
  const auto of_one = PN_OK(journal.records_of(model::SubscriberId{1}, 3));
  ASSERT_EQ(of_one.size(), 3u);
  EXPECT_GT(of_one[0].sequence, of_one[1].sequence);
  const Counts counts = PN_OK(journal.counts());
  EXPECT_EQ(counts, (Counts{17, 2, 2, 1, 1, 2, 1, 1, 1, 2, 1}));
}

TEST(Projections, RebuiltFromTheJournalAreTheSame) {
  const Directory directory;
  Journal journal = PN_OK(Journal::open(directory.path, master()));
  PN_OK(append(journal, a_little_history()));
  const std::string grown = dump_projections(directory.path);
  EXPECT_GT(grown.size(), 200u);
  PN_FINE(journal.rebuild_projections());
  EXPECT_EQ(dump_projections(directory.path), grown);
  PN_OK(append(journal, {erased(1), session(30, 1, 1, {prefix("2001:db8:9::/48")}, 1)}));
  const std::string after = dump_projections(directory.path);
  PN_FINE(journal.rebuild_projections());
  EXPECT_EQ(dump_projections(directory.path), after);
}

}  // namespace postern::store::test
