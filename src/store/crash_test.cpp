// SPDX-License-Identifier: Apache-2.0
// What a crash, a cut file, a broken page and a full disk may do: lose what was not acknowledged, and nothing else.
#include <csignal>
#include <set>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/journal_test.h"

namespace postern::store::test {

namespace {
constexpr size_t kPage = 4096;
constexpr size_t kWalHeader = 32;
constexpr size_t kFrame = 24 + kPage;

void write_file(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// A writer that says through `pipe` what is acknowledged; batches of 1, 2, 3, 1, …; never returns.
[[noreturn]] void write_until_killed(const std::string& directory, int pipe) {
  auto journal = Journal::open(directory, master());
  if (!journal) ::_exit(3);
  for (size_t round = 0;; ++round) {
    std::vector<model::Record> batch;
    for (size_t i = 0; i <= round % 3; ++i)
      batch.push_back(action("n=" + std::to_string(journal->last_sequence() + 1 + i)));
    if (round % 7 == 0) batch.back() = subscriber(static_cast<uint32_t>(round + 1), "x@example.net");
    const auto last = journal->append(batch);
    if (!last) ::_exit(4);
    if (::write(pipe, &*last, sizeof *last) != sizeof *last) ::_exit(5);
  }
}
}  // namespace

TEST(Crash, KilledWritersLoseNothingAcknowledgedAndDoubleNothing) {
  const Directory directory;
  uint64_t before = 0;
  for (int round = 0; round < 25; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      write_until_killed(directory.path, ends[1]);
    }
    ::close(ends[1]);
    uint64_t acknowledged = before;
    for (int reports = 0; reports <= round * 3; ++reports)
      if (uint64_t last = 0; ::read(ends[0], &last, sizeof last) == sizeof last) acknowledged = last;
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "exit " << WEXITSTATUS(status);
    for (uint64_t last = 0; ::read(ends[0], &last, sizeof last) == sizeof last;) acknowledged = last;
    ::close(ends[0]);

    Journal journal = PN_OK(Journal::open(directory.path, master()));
    EXPECT_GE(journal.last_sequence(), acknowledged);
    EXPECT_LE(journal.last_sequence(), acknowledged + 3);
    uint64_t expected = 0;
    for (const model::Record& r : all(journal)) {
      EXPECT_EQ(r.sequence, ++expected);
      if (const auto* a = std::get_if<model::OperatorAction>(&r.body)) {
        EXPECT_EQ(a->action, "n=" + std::to_string(r.sequence));
      }
    }
    EXPECT_EQ(expected, journal.last_sequence());
    before = journal.last_sequence();
  }
  EXPECT_GT(before, 500u);
}

TEST(Crash, ALogCutAnywhereIsAPrefixOfWholeBatches) {
  const Directory directory;
  std::vector<model::Record> wrote;
  std::set<uint64_t> ends{0};
  std::string database;
  std::string log;
  {
    Journal journal = PN_OK(Journal::open(directory.path, master()));
    for (uint32_t i = 1; i <= 10; ++i) {
      std::vector<model::Record> batch{subscriber(i, "m@example.net"), action(std::string(i * 700, 'a'))};
      if (i % 4 == 0) batch.push_back(checkpoint(std::string(9'000, 'c')));
      if (i % 5 == 0) batch.push_back(session(i, i, i, {prefix("192.0.2.7/32")}, i));
      ends.insert(PN_OK(journal.append(batch)));
      wrote.insert(wrote.end(), batch.begin(), batch.end());
    }
    database = file_bytes(directory.path + "/journal.db");
    log = file_bytes(directory.path + "/journal.db-wal");
  }
  ASSERT_GT(log.size(), 20 * kFrame);
  std::set<uint64_t> seen;
  uint64_t last = 0;
  for (size_t frame = 0; kWalHeader + frame * kFrame <= log.size(); ++frame) {
    for (const size_t more : {size_t{0}, size_t{24}, size_t{2'000}}) {
      const size_t cut = std::min(log.size(), kWalHeader + frame * kFrame + more);
      const Directory copy;
      write_file(copy.path + "/journal.db", database);
      write_file(copy.path + "/journal.db-wal", std::string_view(log).substr(0, cut));
      Journal journal = PN_OK(Journal::open(copy.path, master()));
      const auto records = all(journal);
      EXPECT_TRUE(ends.contains(journal.last_sequence())) << journal.last_sequence();
      EXPECT_GE(journal.last_sequence(), last);
      last = journal.last_sequence();
      seen.insert(last);
      ASSERT_EQ(records.size(), last);
      for (size_t i = 0; i < records.size(); ++i)
        if (!std::holds_alternative<model::Checkpoint>(records[i].body)) {
          EXPECT_EQ(records[i], wrote[i]);
        }
      EXPECT_EQ(PN_OK(append(journal, {action("goes on")})), last + 1);
    }
  }
  EXPECT_EQ(seen, ends);
}

TEST(Crash, ABrokenPageIsAnErrorOrHarmless) {
  const Directory directory;
  std::vector<model::Record> wrote;
  {
    Journal journal = PN_OK(Journal::open(directory.path, master()));
    for (uint32_t i = 1; i <= 60; ++i) {
      std::vector<model::Record> batch{subscriber(i, "m@example.net"), action(std::string(700, 'a')),
                                       session(i, i, i, {prefix("192.0.2.7/32")}, i)};
      PN_OK(journal.append(batch));
      wrote.insert(wrote.end(), batch.begin(), batch.end());
    }
  }
  const std::string good = file_bytes(directory.path + "/journal.db");
  int refused = 0;
  for (size_t page = 0; page < good.size() / kPage; ++page) {
    for (const bool whole : {true, false}) {
      std::string bad = good;
      if (whole)
        bad.replace(page * kPage, kPage, kPage, '\xa5');
      else
        for (size_t i = 3; i < 64; i += 7) bad[page * kPage + kPage - i] ^= 0x10;
      const Directory copy;
      write_file(copy.path + "/journal.db", bad);
      auto journal = Journal::open(copy.path, master());
      std::vector<model::Record> got;
      const Status read = journal ? journal->for_each(0, [&](const model::Record& r) { got.push_back(r); })
                                  : Status(std::unexpected(journal.error()));
      if (read) {
        EXPECT_EQ(got, wrote) << "page " << page;
        (void)journal->sessions_of_address(ip("192.0.2.7"), at(0), at(99), 100);
        (void)journal->counts();
        (void)journal->rebuild_projections();
      } else {
        ++refused;
        EXPECT_FALSE(read.error().text().empty());
      }
    }
  }
  EXPECT_GT(refused, 20);
}

TEST(Crash, AFullDiskIsAnErrorAndNothingIsHalfWritten) {
  const Directory directory;
  Journal journal = PN_OK(Journal::open(directory.path, master()));
  PN_OK(append(journal, {action("first")}));
  rlimit was{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &was), 0);
  const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
  rlimit tight = was;
  tight.rlim_cur = 200'000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  uint64_t acknowledged = journal.last_sequence();
  Error error;
  for (int i = 0; i < 1'000; ++i) {
    const auto last = append(journal, {action(std::string(3'000, 'a')), subscriber(9, "m@example.net"), action("b")});
    if (!last) {
      error = last.error();
      break;
    }
    acknowledged = *last;
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &was), 0);
  std::signal(SIGXFSZ, ignored);
  EXPECT_FALSE(error.what.empty()) << "the limit was never reached";
  EXPECT_EQ(journal.last_sequence(), acknowledged);
  EXPECT_EQ(all(journal).size(), acknowledged);
  EXPECT_EQ(PN_OK(append(journal, {action("space again"), subscriber(9, "n@example.net")})), acknowledged + 2);
  EXPECT_EQ(all(journal).size(), acknowledged + 2);
}

}  // namespace postern::store::test
