// SPDX-License-Identifier: Apache-2.0
// Erasure is real: no plain text ever, and after it no key, no old checkpoint and no index row that would lead back.
#include "store/journal_test.h"
#include "store/retention.h"

namespace postern::store::test {

namespace {
constexpr std::string_view kCanary = "canary-4711@example.net";

// The bytes of one column over all its rows.
std::vector<std::string> blobs(const std::string& directory, std::string_view sql) {
  auto database = Database::open(directory + "/journal.db").value();
  Query rows = database->query(sql).value();
  std::vector<std::string> out;
  while (rows.next().value()) {
    const ByteView b = rows.blob(0);
    out.emplace_back(reinterpret_cast<const char*>(b.data()), b.size());
  }
  return out;
}
// How many of the 16-byte pieces of `of`, taken every 256 bytes, are in `files`.
int pieces_found(const std::string& files, const std::string& of) {
  int n = 0;
  for (size_t i = 0; i + 16 <= of.size(); i += 256) n += files.contains(of.substr(i, 16));
  return n;
}
const model::Session& session_in(const model::Record& r) { return std::get<model::SessionChanged>(r.body).session; }
}  // namespace

TEST(Erasure, NoPlainTextAndNoKeyRemains) {
  const Directory directory;
  Journal journal = PN_OK(Journal::open(directory.path, master()));
  const IpAddress address = ip("2001:db8:cafe:feed:dead:beef:4711:815");
  const std::string raw(reinterpret_cast<const char*>(address.bytes.data()), 16);
  // Sealed as nobody's before the import knew the line; then its own.
  PN_OK(append(journal, {session(1, 7, 0, {Prefix::host(address)}, 1)}));
  PN_OK(append(journal, {subscriber(1, std::string(kCanary)), subscriber(2, "other@example.net"),
                         session(2, 7, 1, {Prefix::host(address)}, 1)}));
  const std::string state = "engine state with " + std::string(kCanary) + std::string(100'000, 'x');
  PN_OK(append(journal, {checkpoint(state), checkpoint(state)}));
  const std::string files = all_bytes(directory.path);
  EXPECT_FALSE(files.contains(kCanary));
  EXPECT_FALSE(files.contains(raw));
  const auto keys = blobs(directory.path, "SELECT wrapped FROM subscriber_keys WHERE subject=1");
  const auto states = blobs(directory.path, "SELECT sealed FROM records WHERE kind=11");
  ASSERT_EQ(keys.size(), 1u);
  ASSERT_EQ(states.size(), 2u);
  EXPECT_TRUE(files.contains(keys[0]));
  EXPECT_GT(pieces_found(files, states[0]), 300);
  EXPECT_EQ(PN_OK(journal.sessions_of_address(address, at(0), at(9), 10)).size(), 1u);

  PN_OK(append(journal, {erased(1), checkpoint("state without the person")}));
  const std::string after = all_bytes(directory.path);
  EXPECT_FALSE(after.contains(kCanary));
  EXPECT_FALSE(after.contains(raw));
  EXPECT_FALSE(after.contains(keys[0]));
  for (const std::string& s : states) EXPECT_EQ(pieces_found(after, s), 0);
  EXPECT_TRUE(PN_OK(journal.sessions_of_address(address, at(0), at(9), 10)).empty());

  int of_person = 0;
  for (const model::Record& r : all(journal)) {
    if (const auto* s = std::get_if<model::SessionChanged>(&r.body)) {
      EXPECT_TRUE(s->session.prefixes.erased) << r.sequence;
      EXPECT_TRUE(s->session.prefixes->empty());
      ++of_person;
    }
    if (const auto* s = std::get_if<model::SubscriberChanged>(&r.body)) {
      const bool person = s->subscriber.id.value == 1;
      EXPECT_EQ(s->subscriber.contact.erased, person);
      EXPECT_EQ(s->subscriber.contact->mail, person ? "" : "other@example.net");
      EXPECT_EQ(s->subscriber.key, person ? "cust-1" : "cust-2");
    }
  }
  EXPECT_EQ(of_person, 2);
  EXPECT_EQ(PN_OK(journal.newest_checkpoint())->body, checkpoint("state without the person").body);
}

TEST(Erasure, OfManyLeavesNoneOfTheirKeysInAnyPage) {
  const Directory directory;
  Journal journal = PN_OK(Journal::open(directory.path, master()));
  std::vector<model::Record> batch;
  for (uint32_t i = 1; i <= 600; ++i) batch.push_back(subscriber(i, "m" + std::to_string(i) + "@example.net"));
  PN_OK(journal.append(batch));
  const auto keys = blobs(directory.path, "SELECT wrapped FROM subscriber_keys ORDER BY subject");
  ASSERT_EQ(keys.size(), 600u);
  // An order that would split and merge pages if rows went.
  for (uint32_t i = 1; i <= 600; ++i)
    if (i * 37 % 601 % 3 != 0) PN_OK(append(journal, {erased(i)}));
  const std::string files = all_bytes(directory.path);
  for (uint32_t i = 1; i <= 600; ++i) EXPECT_EQ(files.contains(keys[i - 1]), i * 37 % 601 % 3 == 0) << i;
}

TEST(Erasure, ALineThatComesBackGetsANewKey) {
  const Directory directory;
  Journal journal = PN_OK(Journal::open(directory.path, master()));
  PN_OK(append(journal, {subscriber(1, "old@example.net")}));
  PN_OK(append(journal, {erased(1), subscriber(1, "new@example.net")}));
  const auto records = all(journal);
  EXPECT_TRUE(std::get<model::SubscriberChanged>(records[0].body).subscriber.contact.erased);
  EXPECT_EQ(std::get<model::SubscriberChanged>(records[2].body).subscriber.contact->mail, "new@example.net");
}

TEST(Erasure, AnErasedValueWrittenAgainStaysErased) {
  const Directory directory;
  Journal journal = PN_OK(Journal::open(directory.path, master()));
  model::Record r = session(1, 1, 1, {}, 1);
  std::get<model::SessionChanged>(r.body).session.prefixes.erased = true;
  PN_OK(append(journal, {r}));
  EXPECT_TRUE(session_in(all(journal)[0]).prefixes.erased);
}

TEST(Erasure, WithoutAFreshCheckpointThereIsNone) {
  const Directory directory;
  Journal journal = PN_OK(Journal::open(directory.path, master()));
  PN_OK(append(journal, {subscriber(1, "a@example.net"), checkpoint("state")}));
  PN_OK(append(journal, {erased(1)}));
  EXPECT_FALSE(PN_OK(journal.newest_checkpoint()).has_value());
}

TEST(Retention, EndsWhoHadAnAddressAfterItsTime) {
  const Directory directory;
  Journal journal = PN_OK(Journal::open(directory.path, master()));
  PN_OK(append(journal, {session(1, 1, 1, {prefix("192.0.2.1/32")}, 1), session(1, 2, 2, {prefix("192.0.2.2/32")}, 1),
                         session(9, 1, 1, {prefix("192.0.2.1/32")}, 1, 9)}));
  EXPECT_EQ(PN_OK(journal.expire(at(9) + kSessionHistory)), 0u);
  EXPECT_EQ(PN_OK(journal.expire(at(10) + kSessionHistory)), 2u);
  EXPECT_EQ(PN_OK(journal.expire(at(10) + kSessionHistory)), 0u);
  EXPECT_TRUE(PN_OK(journal.sessions_of_address(ip("192.0.2.1"), at(0), at(20), 10)).empty());
  // The live one stays, however old.
  EXPECT_EQ(PN_OK(journal.sessions_of_address(ip("192.0.2.2"), at(0), at(20), 10)).size(), 1u);
  EXPECT_TRUE(session_in(all(journal)[0]).prefixes.erased);
  EXPECT_TRUE(session_in(all(journal)[2]).prefixes.erased);
  EXPECT_EQ(all(journal).size(), 3u);
  const std::string before = dump_projections(directory.path);
  PN_FINE(journal.rebuild_projections());
  EXPECT_EQ(dump_projections(directory.path), before);
}

TEST(Retention, LeavesNoSealedCopyOfWhatIsOver) {
  const Directory directory;
  Journal journal = PN_OK(Journal::open(directory.path, master()));
  std::vector<model::Record> batch;
  for (uint32_t i = 1; i <= 300; ++i)
    batch.push_back(session(1, i, i % 7, {prefix("192.0.2.1/32")}, 1, i % 3 == 0 ? 500 : 5));
  PN_OK(journal.append(batch));
  const auto sealed = blobs(directory.path, "SELECT sealed FROM records ORDER BY sequence");
  EXPECT_EQ(PN_OK(journal.expire(at(100) + kSessionHistory)), 200u);
  const std::string files = all_bytes(directory.path);
  for (uint32_t i = 1; i <= 300; ++i) EXPECT_EQ(files.contains(sealed[i - 1].substr(24)), i % 3 == 0) << i;
}

}  // namespace postern::store::test
