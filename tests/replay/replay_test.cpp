// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <map>

#include "tests/replay/churn.h"

namespace postern::replay {
namespace {

using decide::Engine;
using decide::Step;

constexpr Trouble kTrouble{
    .lost_starts_in = 30, .lost_stops_in = 5, .lost_interims_in = 10, .doubled_in = 4, .late_up_to_s = 40};

struct History {
  std::vector<model::Record> records;
  std::vector<size_t> record_at;  // records before each input
  Bytes tables;                   // every delta
};

History run(Engine& engine, std::span<const Delivered> inputs) {
  History out;
  Encoder tables(out.tables);
  for (const Delivered& d : inputs) {
    out.record_at.push_back(out.records.size());
    Step step = feed(engine, d);
    tables.put(step.table);
    for (model::Record& r : step.records) out.records.push_back(std::move(r));
  }
  return out;
}

uint64_t fnv(uint64_t h, ByteView bytes) {
  for (const std::byte b : bytes) h = (h ^ static_cast<uint64_t>(b)) * 1'099'511'628'211U;
  return h;
}

const Churn& churn() {
  static const Churn one = make_churn(7, 60, hours(2), kTrouble, true);
  return one;
}

TEST(Replay, SameBytesFromEveryCompiler) {
  Engine engine;
  const History all = run(engine, churn().inputs);
  uint64_t h = 14'695'981'039'346'656'037U;
  for (const model::Record& r : all.records) h = fnv(h, encode(r));
  h = fnv(h, all.tables);
  h = fnv(h, engine.checkpoint());
  std::map<std::string, size_t> kinds;
  for (const model::Record& r : all.records) ++kinds[std::string(model::kind_of(r.body))];
  std::string found = fmt::format("digest {:016x} of {} records\n", h, all.records.size());
  for (const auto& [kind, n] : kinds) found += fmt::format("{} {}\n", kind, n);
  if (std::getenv("POSTERN_GOLDEN") != nullptr) fmt::print("{}", found);
  std::ifstream file("tests/replay/golden.txt");
  const std::string golden{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(found, golden);
}

TEST(Replay, RecordsAloneGiveTheFacts) {
  Engine live;
  const History all = run(live, churn().inputs);
  Engine again;
  for (const model::Record& r : all.records) again.replay(decode<model::Record>(encode(r)).value());
  EXPECT_EQ(again.facts(), live.facts());
  EXPECT_EQ(again.lines(), live.lines());
}

TEST(Replay, CheckpointAnywherePlusTail) {
  Engine whole;
  const History all = run(whole, churn().inputs);
  const Bytes end = whole.checkpoint();
  const std::span<const Delivered> inputs = churn().inputs;
  Chance chance{11};
  for (int i = 0; i < 8; ++i) {
    const size_t cut = i == 0 ? 0 : static_cast<size_t>(chance.below(inputs.size()));
    Engine first;
    run(first, inputs.subspan(0, cut));
    const Bytes at = first.checkpoint();

    Engine on;
    ASSERT_TRUE(on.restore(at));
    EXPECT_EQ(on.checkpoint(), at);
    EXPECT_EQ(on.facts(), first.facts());
    const History tail = run(on, inputs.subspan(cut));
    EXPECT_TRUE(std::ranges::equal(tail.records, std::span(all.records).subspan(all.record_at[cut]))) << cut;
    EXPECT_EQ(on.checkpoint(), end) << cut;

    Engine folded;
    ASSERT_TRUE(folded.restore(at));
    for (size_t r = all.record_at[cut]; r < all.records.size(); ++r) folded.replay(all.records[r]);
    EXPECT_EQ(folded.facts(), whole.facts()) << cut;
  }
}

TEST(Replay, DeltasAddUpToTheTable) {
  Engine engine;
  std::map<Prefix, model::LineEntry> table;
  size_t n = 0;
  for (const Delivered& d : churn().inputs) {
    const Step step = feed(engine, d);
    for (const Prefix& p : step.table.removed) table.erase(p);
    for (const model::LineEntry& e : step.table.set) table[e.prefix] = e;
    ASSERT_TRUE(std::ranges::is_sorted(step.table.set, {}, &model::LineEntry::prefix));
    if (++n % 97 != 0) continue;
    auto it = table.begin();
    engine.for_each_line([&](const model::LineEntry& e) {
      ASSERT_NE(it, table.end());
      ASSERT_EQ(it->second, e) << to_string(e.prefix);
      ++it;
    });
    ASSERT_EQ(it, table.end());
  }
}

TEST(Replay, DamagedCheckpointIsAnErrorAndANewEngine) {
  Engine engine;
  run(engine, std::span(churn().inputs).subspan(0, 2000));
  const Bytes whole = engine.checkpoint();
  Chance chance{3};
  for (int i = 0; i < 60; ++i) {
    Engine other;
    EXPECT_FALSE(other.restore(ByteView(whole).subspan(0, static_cast<size_t>(chance.below(whole.size())))));
    EXPECT_EQ(other.checkpoint(), Engine().checkpoint());
  }
}

}  // namespace
}  // namespace postern::replay
