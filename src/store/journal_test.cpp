// SPDX-License-Identifier: Apache-2.0
#include "store/journal_test.h"

#include <sys/stat.h>

namespace postern::store::test {

TEST(Journal, GivesConsecutiveSequencesAndKeepsThem) {
  const Directory directory;
  std::vector<model::Record> wrote;
  {
    Journal journal = PN_OK(Journal::open(directory.path, master()));
    EXPECT_EQ(journal.last_sequence(), 0u);
    std::vector<model::Record> one{subscriber(1, "a@example.net"), action("x")};
    EXPECT_EQ(PN_OK(journal.append(one)), 2u);
    std::vector<model::Record> two{session(1, 1, 1, {prefix("192.0.2.1/32")}, 1)};
    EXPECT_EQ(PN_OK(journal.append(two)), 3u);
    EXPECT_EQ(PN_OK(journal.append({})), 3u);
    wrote = {one[0], one[1], two[0]};
    EXPECT_EQ(wrote[2].sequence, 3u);
    EXPECT_GT(PN_OK(journal.size_bytes()), 4096u);
  }
  Journal journal = PN_OK(Journal::open(directory.path, master()));
  EXPECT_EQ(journal.last_sequence(), 3u);
  EXPECT_EQ(all(journal), wrote);
  EXPECT_EQ(all(journal, 2).size(), 1u);
  EXPECT_EQ(all(journal, 3).size(), 0u);
}

TEST(Journal, RefusesAnotherKeyASecondProcessAndNoDirectory) {
  const Directory directory;
  {
    Journal journal = PN_OK(Journal::open(directory.path, master()));
    const auto second = Journal::open(directory.path, master());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::conflict);
  }
  const auto other = Journal::open(directory.path, master(0x43));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Errc::denied);
  EXPECT_NE(other.error().fix.find("master.key"), std::string::npos);
  EXPECT_FALSE(Journal::open(directory.path + "/none", master()));
}

TEST(Journal, FilesAreForTheOwnerOnly) {
  const Directory directory;
  Journal journal = PN_OK(Journal::open(directory.path, master()));
  PN_OK(append(journal, {action("x")}));
  for (const auto& entry : std::filesystem::directory_iterator(directory.path)) {
    struct stat info{};
    ASSERT_EQ(::stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 077u, 0u) << entry.path();
  }
}

TEST(Journal, NewestCheckpointAndTail) {
  const Directory directory;
  Journal journal = PN_OK(Journal::open(directory.path, master()));
  EXPECT_FALSE(PN_OK(journal.newest_checkpoint()).has_value());
  for (int i = 1; i <= 4; ++i) PN_OK(append(journal, {action("a"), checkpoint("state " + std::to_string(i))}));
  PN_OK(append(journal, {action("tail")}));
  const auto newest = PN_OK(journal.newest_checkpoint());
  ASSERT_TRUE(newest);
  EXPECT_EQ(newest->sequence, 8u);
  EXPECT_EQ(newest->body, checkpoint("state 4").body);
  EXPECT_EQ(all(journal, newest->sequence).size(), 1u);
  const auto records = all(journal);
  ASSERT_EQ(records.size(), 9u);
  EXPECT_TRUE(std::get<model::Checkpoint>(records[1].body).engine.empty());
  EXPECT_TRUE(std::get<model::Checkpoint>(records[3].body).engine.empty());
  EXPECT_FALSE(std::get<model::Checkpoint>(records[5].body).engine.empty());
}

TEST(Journal, ReportsAGapWithItsNumber) {
  const Directory directory;
  {
    Journal journal = PN_OK(Journal::open(directory.path, master()));
    for (int i = 0; i < 5; ++i) PN_OK(append(journal, {action("x")}));
  }
  PN_FINE(Database::open(directory.path + "/journal.db").value()->script("DELETE FROM records WHERE sequence=3"));
  Journal journal = PN_OK(Journal::open(directory.path, master()));
  const Status done = journal.for_each(0, [](const model::Record&) {});
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().what.find("record 3 is missing"), std::string::npos) << done.error().text();
}

TEST(Journal, ReportsAChangedRecordWithItsNumber) {
  const Directory directory;
  {
    Journal journal = PN_OK(Journal::open(directory.path, master()));
    PN_OK(append(journal, {action("x"), action("grant"), subscriber(3, "c@example.net")}));
  }
  {
    auto database = Database::open(directory.path + "/journal.db").value();
    PN_FINE(database->script("UPDATE records SET at=at+1 WHERE sequence=2"));
  }
  Journal journal = PN_OK(Journal::open(directory.path, master()));
  const Status done = journal.for_each(0, [](const model::Record&) {});
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().what.find("record 2 is damaged"), std::string::npos) << done.error().text();
  const Status rest = journal.for_each(2, [](const model::Record&) {});
  EXPECT_TRUE(rest);
}

TEST(Journal, ASealedPartMovedToAnotherRecordDoesNotOpen) {
  const Directory directory;
  {
    Journal journal = PN_OK(Journal::open(directory.path, master()));
    PN_OK(append(journal, {subscriber(1, "a@example.net"), subscriber(1, "b@example.net")}));
  }
  PN_FINE(Database::open(directory.path + "/journal.db")
              .value()
              ->script("UPDATE records SET sealed=(SELECT sealed FROM records WHERE sequence=1) WHERE sequence=2"));
  Journal journal = PN_OK(Journal::open(directory.path, master()));
  EXPECT_TRUE(PN_OK(journal.record(1)).has_value());
  EXPECT_FALSE(journal.record(2));
}

TEST(Migrations, ANewerSchemaIsRefusedAndAnOlderOneIsBroughtUp) {
  const Directory directory;
  std::string projections;
  {
    Journal journal = PN_OK(Journal::open(directory.path, master()));
    PN_OK(append(journal, {subscriber(1, "a@example.net"), session(1, 1, 1, {prefix("192.0.2.1/32")}, 1)}));
  }
  projections = dump_projections(directory.path);
  const std::string path = directory.path + "/journal.db";
  PN_FINE(Database::open(path).value()->script("PRAGMA user_version=99"));
  const auto newer = Journal::open(directory.path, master());
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code, Errc::conflict);
  EXPECT_NE(newer.error().what.find("schema 99"), std::string::npos);

  // A journal as schema 1 wrote it: the frozen tables of store_fixture/schema_1.sql with these records.
  std::filesystem::rename(path, path + ".full");
  {
    auto old = Database::open(path).value();
    PN_FINE(old->script(file_bytes("src/store/store_fixture/schema_1.sql")));
    PN_FINE(old->script("ATTACH '" + path + ".full' AS new; INSERT INTO meta SELECT * FROM new.meta;" +
                        "INSERT INTO subscriber_keys SELECT * FROM new.subscriber_keys;"
                        "INSERT INTO records SELECT * FROM new.records; DETACH new;"));
  }
  Journal journal = PN_OK(Journal::open(directory.path, master()));
  EXPECT_EQ(all(journal).size(), 2u);
  EXPECT_EQ(dump_projections(directory.path), projections);
}

TEST(MasterKey, IsMadeOncePrivateAndComplete) {
  const Directory directory;
  const std::string path = directory.path + "/master.key";
  const MasterKey made = PN_OK(MasterKey::load_or_create(path));
  const MasterKey read = PN_OK(MasterKey::load_or_create(path));
  EXPECT_EQ(made.derive(MasterKey::Use::wrap).bytes, read.derive(MasterKey::Use::wrap).bytes);
  EXPECT_NE(made.derive(MasterKey::Use::wrap).bytes, read.derive(MasterKey::Use::identity).bytes);
  EXPECT_EQ(std::filesystem::file_size(path), kKeyBytes);
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  const auto open_to_group = MasterKey::load_or_create(path);
  ASSERT_FALSE(open_to_group);
  EXPECT_EQ(open_to_group.error().code, Errc::denied);
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  std::filesystem::resize_file(path, 31);
  EXPECT_FALSE(MasterKey::load_or_create(path));
}

}  // namespace postern::store::test
