// SPDX-License-Identifier: Apache-2.0
// A flood of any input makes no more records than the findings it causes; and a million lines are workable.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/replay/churn.h"
#include "tests/support/sanitized.h"

namespace postern::replay {
namespace {

using decide::Engine;

model::Policy policy() {
  model::Policy p;
  p.classes["unknown"] = {};
  p.classes["residential"] = {};
  return p;
}

model::ImportSubscribers lines(size_t n) {
  model::ImportSubscribers all{"root", "subscribers.csv", {}};
  for (size_t i = 0; i < n; ++i) {
    model::Subscriber s;
    s.key = fmt::format("cust-{}", i);
    all.rows.push_back(std::move(s));
  }
  return all;
}

model::SessionEvent event(model::SessionEventKind kind, uint32_t i) {
  return {kind,
          "nas1",
          fmt::format("{:08x}", i),
          fmt::format("cust-{}", i),
          "",
          "",
          {Prefix::host(IpAddress::v4(0x0a000000U + i))}};
}

constexpr uint32_t kRounds = kSanitized ? 100'000 : 1'000'000;
constexpr uint32_t kLines = 100;

TEST(Flood, MakesNoRecordsOfItsOwn) {
  Engine engine;
  engine.set_policy(policy(), kChurnEpoch);
  engine.observe({1, kChurnEpoch, lines(kLines)});
  for (uint32_t i = 0; i < kLines; ++i) engine.observe({2, kChurnEpoch, event(model::SessionEventKind::start, i)});
  size_t records = 0;
  size_t findings = 0;
  const auto count = [&](const decide::Step& step) {
    records += step.records.size();
    for (const model::Record& r : step.records) findings += std::holds_alternative<model::Finding>(r.body) ? 1 : 0;
  };
  for (uint32_t i = 0; i < kRounds; ++i) {
    const Time at = kChurnEpoch + milliseconds(1000 + i);
    model::FirstContact c;
    c.line = {1 + i % kLines};
    c.source = IpAddress::v4(0x0a000000U + i % kLines);
    c.destination = IpAddress::v4(0xc0000000U + (i / kLines << 8));
    count(engine.observe({3, at, c}));
    count(engine.observe(
        {4, at, event(i % 2 == 0 ? model::SessionEventKind::interim : model::SessionEventKind::start, i % kLines)}));
    if (i % 1000 == 0) count(engine.tick(at));
  }
  EXPECT_EQ(findings, kLines * 3);  // watch, throttle, case: once per line
  // Besides: a case opened per line, and its first notice ordered.
  EXPECT_EQ(records, findings + kLines * 2);
  EXPECT_EQ(engine.counters().session_duplicates, kRounds);
}

}  // namespace
}  // namespace postern::replay
