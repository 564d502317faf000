// SPDX-License-Identifier: Apache-2.0
// Who had this address and port then? Asked of the engine while lines come and go at random: NASes whose clocks are
// off, events that come late and twice, Stops that never come, addresses that are given away again at once, some of
// them by another NAS, and half of the questions about an outside address of a NAT. What is true is known to the test
// alone.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <queue>
#include <random>
#include <tuple>

#include "decide/engine.h"
#include "fold/outside/outside.h"

namespace postern::decide {
namespace {

constexpr Time kBegin{1'767'225'600'000'000};
constexpr uint32_t kLines = 400;
constexpr uint32_t kAddresses = 360;  // fewer than lines
constexpr uint32_t kNases = 4;
constexpr Duration kDay = hours(20);  // under the history the engine keeps
constexpr Duration kInterim = minutes(10);
constexpr Duration kAccountingMax = seconds(3);  // an event is on its way no longer

struct World {
  double lost_stops = 0;
  Duration skew;
};

struct Tally {
  uint64_t asked = 0;
  uint64_t wrong = 0;
  uint64_t not_known = 0;
  uint64_t edge_asked = 0;  // the same of times within a few seconds of an address changing hands
  uint64_t edge_wrong = 0;
  uint64_t edge_not_known = 0;
  uint64_t certain = 0;
  uint64_t free_asked = 0;    // nobody had the address
  uint64_t free_certain = 0;  // and a line was named for certain
  uint64_t free_likely = 0;   // or as likely: the last that had it, whose Stop was lost
  uint64_t free_another = 0;  // as likely, and it was not even the last one
  PN_FIELDS(asked, wrong, not_known, edge_asked, edge_wrong, edge_not_known, certain, free_asked, free_certain,
            free_likely, free_another)
};

struct Held {
  uint32_t line = 0;  // from 1
  Time since;
  Time until;
};

struct Event {
  Time arrives;
  uint64_t order = 0;
  model::Observation observation;
};

class Churn {
 public:
  Churn(uint32_t seed, const World& world) : random_(seed), world_(world), had_(kAddresses) {
    for (uint32_t n = 0; n < kNases; ++n) off_.push_back(within(world.skew));
    live();
    std::ranges::sort(events_, {}, [](const Event& e) { return std::tie(e.arrives, e.order); });
  }

  // Questions at random times about random addresses; half are asked as soon as accounting is sure to have come in,
  // half up to six hours after.
  Tally ask(size_t questions) {
    struct Question {
      Time asked, seen;
      uint32_t address = 0;
      bool edge = false;  // about the seconds in which it changes hands
    };
    std::vector<Question> all;
    for (size_t i = 0; i < questions; ++i) {
      Question q{{}, kBegin + minutes(30) + below(kDay - hours(7)), any(kAddresses), i % 3 == 0};
      if (const auto& had = had_[q.address]; q.edge && !had.empty())
        q.seen = had[any(static_cast<uint32_t>(had.size()))].since + within(seconds(10));
      q.asked = q.seen + kAccountingMax + world_.skew * 2 + (chance(0.5) ? Duration{} : below(hours(6)));
      if (q.asked < kBegin + kDay) all.push_back(q);
    }
    std::ranges::sort(all, {}, &Question::asked);
    Engine engine = fresh();
    size_t next = 0;
    Time ticked = kBegin;
    for (const Question& q : all) {
      for (; ticked + minutes(1) <= q.asked; ticked = ticked + minutes(1)) {
        for (; next < events_.size() && events_[next].arrives <= ticked; ++next)
          engine.observe(events_[next].observation);
        engine.tick(ticked);
      }
      for (; next < events_.size() && events_[next].arrives <= q.asked; ++next)
        engine.observe(events_[next].observation);
      answer(engine, q.address, q.seen, q.edge);
    }
    return tally_;
  }

 private:
  uint32_t any(uint32_t n) { return std::uniform_int_distribution<uint32_t>(0, n - 1)(random_); }
  bool chance(double p) { return std::uniform_real_distribution<>(0, 1)(random_) < p; }
  Duration below(Duration d) { return {std::uniform_int_distribution<int64_t>(0, d.us)(random_)}; }
  Duration within(Duration d) { return {std::uniform_int_distribution<int64_t>(-d.us, d.us)(random_)}; }
  Duration about(Duration mean) {
    const double share = -std::log(std::uniform_real_distribution<>(1e-9, 1)(random_));
    return {static_cast<int64_t>(share * static_cast<double>(mean.us))};
  }
  static IpAddress ip(uint32_t address) { return IpAddress::v4(0x64400000U + address); }

  Engine fresh() const {
    Engine engine;
    model::Policy policy;
    policy.classes["unknown"] = {};
    policy.classes["residential"] = {};
    policy.interim_interval = kInterim;
    policy.clock_skew = world_.skew;
    engine.set_policy(policy, kBegin);
    std::vector<model::Subscriber> rows(kLines);
    for (uint32_t i = 0; i < kLines; ++i) rows[i].key = fmt::format("line-{}", i + 1);
    engine.observe({0, kBegin, model::ImportSubscribers{"root", "file", std::move(rows)}});
    return engine;
  }

  // What is true: lines come, stay, go, and come back.
  void live() {
    struct Change {
      Time at;
      uint32_t line;
      uint32_t address;  // that it gives back; kAddresses = it comes
      bool operator<(const Change& o) const { return std::tie(at, line) > std::tie(o.at, o.line); }
    };
    // Three in four addresses are of one NAS's pool, the others may be given by any.
    std::vector<std::vector<uint32_t>> free(kNases + 1);
    for (uint32_t i = 0; i < kAddresses; ++i) free[i % 4 == 0 ? kNases : i / 4 % kNases].push_back(i);
    std::priority_queue<Change> changes;
    for (uint32_t line = 1; line <= kLines; ++line) changes.push({kBegin + about(minutes(30)), line, kAddresses});
    while (changes.top().at < kBegin + kDay) {
      const auto [now, line, given_back] = changes.top();
      changes.pop();
      if (given_back != kAddresses) {
        free[given_back % 4 == 0 ? kNases : given_back / 4 % kNases].push_back(given_back);
        changes.push({now + about(minutes(20)), line, kAddresses});
        continue;
      }
      const uint32_t nas = chance(0.1) ? any(kNases) : line % kNases;
      auto& pool = free[chance(0.25) && !free[kNases].empty() ? kNases : nas];
      if (pool.empty()) {
        changes.push({now + about(minutes(2)), line, kAddresses});
        continue;
      }
      // Half of the time the one that came back last.
      const auto which = pool.begin() + (chance(0.5) ? static_cast<ptrdiff_t>(pool.size()) - 1
                                                     : any(static_cast<uint32_t>(pool.size())));
      const uint32_t address = *which;
      pool.erase(which);
      const Time until = now + seconds(1) + about(chance(0.05) ? seconds(20) : hours(2));
      had_[address].push_back({line, now, until});
      session({line, now, until}, nas, address);
      changes.push({until, line, address});
    }
  }

  // What the NAS tells of it.
  void session(const Held& held, uint32_t nas, uint32_t address) {
    model::SessionEvent e{.nas = fmt::format("bng{}", nas),
                          .session_key = fmt::format("s{}", ++sessions_),
                          .line_key = fmt::format("line-{}", held.line),
                          .access = {},
                          .class_name = {},
                          .prefixes = {Prefix::host(ip(address))}};
    Time arrived;
    const auto tell = [&](model::SessionEventKind kind, Time at) {
      e.kind = kind;
      for (int times = chance(0.02) ? 2 : 1; times > 0; --times) {
        arrived = std::max(arrived, at + below(kAccountingMax));  // of one session in order, of two in any
        events_.push_back({arrived, events_.size(), {0, at + off_[nas], e}});
      }
    };
    tell(model::SessionEventKind::start, held.since);
    for (Time at = held.since + kInterim; at < held.until; at = at + kInterim)
      tell(model::SessionEventKind::interim, at);
    if (!chance(world_.lost_stops)) tell(model::SessionEventKind::stop, held.until);
  }

  void answer(const Engine& engine, uint32_t address, Time seen, bool edge_of_it) {
    IpAddress asked = ip(address);
    if (chance(0.5)) {  // seen outside of the NAT: 64 lines to an address, 1008 ports each
      const IpAddress outside = IpAddress::v4(0xc0000200U + address / 64);
      const auto port = static_cast<uint16_t>(1'024 + address % 64 * 1'008 + any(1'008));
      const fold::Inside inside = nat_.of(chance(0.5) ? 6 : 17, outside, port);
      ASSERT_EQ(inside.kind, fold::Behind::line);
      asked = inside.address;
    }
    const who::Answer told = engine.who_surely(asked, seen + within(world_.skew));
    const bool named = told.kind == who::Attribution::found;
    const uint32_t line = named ? told.sessions.at(0).subscriber.value : 0;
    const auto& had = had_[address];
    const auto after = std::ranges::find_if(had, [&](const Held& h) { return h.since > seen; });
    const Held last = after == had.begin() ? Held{} : *std::prev(after);
    tally_.certain += named && told.confidence == who::Confidence::certain ? 1 : 0;
    if (last.line != 0 && seen < last.until) {
      ++(edge_of_it ? tally_.edge_asked : tally_.asked);
      (edge_of_it ? tally_.edge_wrong : tally_.wrong) += named && line != last.line ? 1 : 0;
      (edge_of_it ? tally_.edge_not_known : tally_.not_known) += named ? 0 : 1;
      return;
    }
    ++tally_.free_asked;
    if (!named) return;
    // Within the clocks' reach of its coming or going it may be the line's for all that anybody can tell.
    const bool edge = after != had.end() && after->since - seen <= world_.skew * 4 && line == after->line;
    const bool just = last.line == line && seen - last.until <= world_.skew * 4;
    if (edge || just) return;
    tally_.free_certain += told.confidence == who::Confidence::certain ? 1 : 0;
    tally_.free_likely += told.confidence == who::Confidence::likely && line == last.line ? 1 : 0;
    tally_.free_another += line == last.line ? 0 : 1;
  }

  std::mt19937 random_;
  World world_;
  std::vector<std::vector<Held>> had_;  // by address
  std::vector<Duration> off_;           // clocks of the NASes
  std::vector<Event> events_;
  uint64_t sessions_ = 0;
  const fold::Outside nat_{
      {{.outside = Prefix{IpAddress::v4(0xc0000200U), 28}, .inside = Prefix{ip(0), 22}, .ports = 1'008}}, {}};
  Tally tally_;
};

Tally days_of(const World& world, uint32_t seeds) {
  Tally sum;
  for (uint32_t seed = 1; seed <= seeds; ++seed) {
    const Tally t = Churn(seed, world).ask(12'000);
    Tally::visit(t, [&](std::string_view name, const uint64_t& value) {
      Tally::visit(sum, [&](std::string_view same, uint64_t& total) { total += same == name ? value : 0; });
    });
  }
  Tally::visit(sum, [](std::string_view name, const uint64_t& n) { fmt::print("{} {}, ", name, n); });
  fmt::print("not known {:.3f} %\n", 100.0 * static_cast<double>(sum.not_known) / static_cast<double>(sum.asked));
  return sum;
}

void nobody_is_wronged(const Tally& t) {
  EXPECT_GT(t.asked, 10'000U);
  EXPECT_GT(t.free_asked, 100U);
  EXPECT_EQ(t.wrong, 0U);
  EXPECT_GT(t.edge_asked, 1'000U);
  EXPECT_EQ(t.edge_wrong, 0U);
  EXPECT_EQ(t.free_certain, 0U);
  EXPECT_EQ(t.free_another, 0U);
}

TEST(Attribution, CompleteLogsAndGoodClocks) {
  const Tally t = days_of({.lost_stops = 0, .skew = {}}, 3);
  nobody_is_wronged(t);
  EXPECT_EQ(t.not_known, 0U);
  EXPECT_EQ(t.free_likely, 0U);
}

TEST(Attribution, CompleteLogsAndClocksThatAreOff) {
  const Tally t = days_of({.lost_stops = 0, .skew = seconds(2)}, 3);
  nobody_is_wronged(t);
  EXPECT_LE(t.not_known * 100, t.asked);
  EXPECT_EQ(t.free_likely, 0U);
}

TEST(Attribution, LostStopsAndClocksThatAreOff) {
  const Tally t = days_of({.lost_stops = 0.01, .skew = seconds(2)}, 3);
  nobody_is_wronged(t);
  EXPECT_LE(t.not_known * 10, t.asked);
}

// Ten times the loss that is to be borne: less is known, nothing is wrong.
TEST(Attribution, ManyLostStops) { nobody_is_wronged(days_of({.lost_stops = 0.1, .skew = seconds(2)}, 2)); }

}  // namespace
}  // namespace postern::decide
