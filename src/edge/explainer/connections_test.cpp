// SPDX-License-Identifier: Apache-2.0
#include "edge/explainer/connections.h"

#include <gtest/gtest.h>
#include <list>
#include <map>
#include <random>

namespace postern::edge::explainer {
namespace {

TEST(Connections, OldestIsTheOneWithoutActivityLongest) {
  Connections all(3);
  Connection& a = all.add(10, seconds(1));
  Connection& b = all.add(11, seconds(2));
  Connection& c = all.add(12, seconds(3));
  EXPECT_TRUE(all.full());
  EXPECT_EQ(all.oldest(Phase::talking), &a);
  all.touch(a, Phase::talking, seconds(4));
  EXPECT_EQ(all.oldest(Phase::talking), &b);
  all.touch(b, Phase::lingering, seconds(5));
  EXPECT_EQ(all.oldest(Phase::talking), &c);
  EXPECT_EQ(all.oldest(Phase::lingering), &b);
  all.remove(b);
  EXPECT_EQ(all.oldest(Phase::lingering), nullptr);
  EXPECT_EQ(all.open(), 2U);
}

TEST(Connections, NameOfOneThatIsGoneFindsNothing) {
  Connections all(1);
  Connection& a = all.add(10, {});
  const uint64_t name = all.name_of(a);
  EXPECT_GE(name, uint64_t{1} << 32);
  EXPECT_EQ(all.find(name), &a);
  all.remove(a);
  EXPECT_EQ(all.find(name), nullptr);
  Connection& again = all.add(10, {});
  EXPECT_EQ(&again, &a);
  EXPECT_EQ(all.find(name), nullptr);
  EXPECT_EQ(all.find(uint64_t{1} << 32 | 99), nullptr);
}

// The lists against std::list over many random steps.
TEST(Connections, ListsKeepTheirOrder) {
  std::mt19937 random(7);
  Connections all(50);
  std::map<Phase, std::list<Connection*>> model;
  for (int step = 0; step < 20'000; ++step) {
    const Duration now = seconds(step);
    const Phase phase = random() % 2 == 0 ? Phase::talking : Phase::lingering;
    auto& list = model[phase];
    if (random() % 3 == 0 && !all.full()) {
      model[Phase::talking].push_back(&all.add(step, now));
    } else if (!list.empty()) {
      const auto it = std::next(list.begin(), static_cast<long>(random() % list.size()));
      Connection* const c = *it;
      list.erase(it);
      if (random() % 2 == 0) {
        all.remove(*c);
      } else {
        const Phase to = random() % 2 == 0 ? Phase::talking : Phase::lingering;
        all.touch(*c, to, now);
        model[to].push_back(c);
      }
    }
    for (auto& [p, l] : model) ASSERT_EQ(all.oldest(p), l.empty() ? nullptr : l.front());
    ASSERT_EQ(all.open(), model[Phase::talking].size() + model[Phase::lingering].size());
  }
}

}  // namespace
}  // namespace postern::edge::explainer
