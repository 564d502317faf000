// SPDX-License-Identifier: Apache-2.0
#include "tests/replay/faults.h"

#include <filesystem>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <optional>

#include "store/journal.h"
#include "tests/replay/churn.h"
#include "tests/support/sanitized.h"

namespace postern::replay {
namespace {

constexpr uint64_t kRuns = kSanitized ? 200 : 1'000;

class InMemory : public Durable {
 public:
  void append(std::vector<model::Record>& records) override {
    all.insert(all.end(), records.begin(), records.end());
    for (size_t i = all.size() - records.size(); i < all.size(); ++i)
      if (std::holds_alternative<model::Checkpoint>(all[i].body)) newest_ = i;
  }
  void read(const std::function<void(const model::Record&)>& f) override {
    for (size_t i = newest_; i < all.size(); ++i) f(all[i]);
  }
  std::vector<model::Record> all;

 private:
  size_t newest_ = 0;
};

// The journal itself; a brain that dies leaves it as it is, and the next opens it anew.
class OnDisk : public Durable {
 public:
  OnDisk() {
    std::string form = (std::filesystem::temp_directory_path() / "postern-faults-XXXXXX").string();
    directory_ = ::mkdtemp(form.data());
  }
  ~OnDisk() override {
    journal_.reset();
    std::filesystem::remove_all(directory_);
  }
  void append(std::vector<model::Record>& records) override { ASSERT_TRUE(journal_->append(records)); }
  void read(const std::function<void(const model::Record&)>& f) override {
    journal_.reset();
    journal_.emplace(store::Journal::open(directory_, store::MasterKey::of({})).value());
    uint64_t after = 0;
    if (const auto newest = journal_->newest_checkpoint().value()) {
      f(*newest);
      after = newest->sequence;
    }
    ASSERT_TRUE(journal_->for_each(after, f));
  }
  std::vector<model::Record> all() {
    std::vector<model::Record> out;
    EXPECT_TRUE(journal_->for_each(0, [&](const model::Record& r) { out.push_back(r); }));
    return out;
  }

 private:
  std::string directory_;
  std::optional<store::Journal> journal_;
};

// What happened to each line, and what it was told, in the journal's order. Findings are numbered by the engine, and a
// second brain may find the same once more: only that they were is told.
std::map<uint32_t, std::vector<std::string>> story_of(const std::vector<model::Record>& journal) {
  std::map<uint32_t, std::vector<std::string>> out;
  std::map<model::CaseId, model::Case> last;
  for (const model::Record& r : journal) {
    const auto* changed = std::get_if<model::CaseChanged>(&r.body);
    if (changed == nullptr) continue;
    const model::Case& c = changed->case_;
    EXPECT_FALSE(last.contains(c.id) && last[c.id] == c) << "the same transition twice: " << changed->why;
    last[c.id] = c;
    if (changed->why.starts_with("finding ")) continue;
    const std::string why = changed->why.starts_with("opened by") ? "opened" : changed->why;
    out[c.line.value].push_back(fmt::format("{} {} {}", to_string(r.at), to_string(c.state), why));
  }
  for (const auto& [id, c] : last) {
    std::set<std::string> told;
    for (const model::ContactAttempt& a : c.contacts) {
      const std::string one = fmt::format("{} {} {}", to_string(a.notice), to_string(a.channel), to_string(a.at));
      EXPECT_TRUE(told.insert(one).second) << "case " << id.value << " was told twice: " << one;
      out[c.line.value].push_back(fmt::format("{} {}", one, to_string(a.state)));
    }
    EXPECT_EQ(c.state, model::CaseState::closed);
  }
  return out;
}

void expect_same(const Lived& calm, const Lived& hurt, const std::vector<model::Record>& calm_journal,
                 const std::vector<model::Record>& hurt_journal, const std::string& what) {
  EXPECT_EQ(story_of(hurt_journal), story_of(calm_journal)) << what;
  EXPECT_EQ(hurt.end, calm.end) << what;
  ASSERT_EQ(hurt.copies.size(), calm.copies.size()) << what;
  for (const auto& [id, n] : hurt.copies) EXPECT_GE(n, calm.copies.at(id)) << what;
}

struct Calm {
  InMemory journal;
  Lived lived = live_through(journal, [](uint64_t) { return Fault::none; });
};
const Calm& calm() {
  static const Calm kCalm;
  return kCalm;
}

TEST(Faults, TheTownGoesTheWholeWay) {
  std::string all;
  for (const auto& [line, steps] : story_of(calm().journal.all))
    for (const std::string& s : steps) all += fmt::format("{} {}\n", line, s);
  for (const char* stage : {"contacted", "confirmed", "deadline", "restricted", "disconnected", "released",
                            "verified_clean", "closed", "seen again", "a question, and the behaviour stopped"})
    EXPECT_NE(all.find(stage), std::string::npos) << stage << " is not in\n" << all;
  EXPECT_GT(calm().lived.transition_steps.size(), 30U);
}

TEST(Faults, KilledAtEveryTransition) {
  uint64_t killed = 0;
  for (const uint64_t step : calm().lived.transition_steps) {
    for (const Fault fault : {Fault::before_commit, Fault::after_commit, Fault::act_dies}) {
      OnDisk journal;
      bool done = false;
      const Lived hurt = live_through(journal, [&](uint64_t n) {
        if (n != step || std::exchange(done, true)) return Fault::none;
        return fault;
      });
      killed += hurt.killed;
      expect_same(calm().lived, hurt, calm().journal.all, journal.all(),
                  fmt::format("fault {} at step {}", static_cast<int>(fault), step));
      if (HasFailure()) return;
    }
  }
  fmt::print("{} transitions, killed {} times there\n", calm().lived.transition_steps.size(), killed);
}

TEST(Faults, RandomSchedules) {
  uint64_t killed = 0;
  uint64_t copies = 0;
  for (uint64_t seed = 1; seed <= kRuns; ++seed) {
    Chance chance{seed};
    const uint64_t rare = 4 + chance.below(40);
    InMemory journal;
    const Lived hurt = live_through(
        journal, [&](uint64_t) { return chance.one_in(rare) ? static_cast<Fault>(1 + chance.below(4)) : Fault::none; });
    killed += hurt.killed;
    for (const auto& [id, n] : hurt.copies) copies += n - calm().lived.copies.at(id);
    expect_same(calm().lived, hurt, calm().journal.all, journal.all, fmt::format("seed {}", seed));
    if (HasFailure()) return;
  }
  fmt::print("{} runs: the brain was killed {} times, {} notices came twice, every story is the same\n", kRuns, killed,
             copies);
  EXPECT_GT(killed, kRuns);
}

}  // namespace
}  // namespace postern::replay
