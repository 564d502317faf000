// SPDX-License-Identifier: Apache-2.0
// Worms among lines that share files, from seeds: who looks for peers is no case, who guesses addresses is one, within
// seconds.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "fold/port_scans.h"
#include "rehearse/population/population.h"
#include "tests/support/sanitized.h"

namespace postern::rehearse {
namespace {

constexpr Time kBegin = Time{} + seconds(1'767'571'200);

struct Found {
  std::set<uint32_t> lines;            // two steps within an hour: what opens a case
  std::map<uint32_t, Time> second_at;  // the second step
};

Found scans_of(PopulationConfig config, bool with_answers) {
  Population population(std::move(config));
  Found found;
  std::map<uint32_t, Time> last;
  fold::PortScans scans([&](const fold::ScanStep& s) {
    const auto [it, fresh] = last.try_emplace(s.line, s.at);
    if (!fresh && s.at - it->second < hours(1)) {
      found.lines.insert(s.line);
      found.second_at.try_emplace(s.line, s.at);
    }
    it->second = s.at;
  });
  PopulationEvent e;
  while (population.next(e)) {
    const auto* flow = std::get_if<model::Flow>(&e.what);
    if (flow == nullptr || flow->source != population.source_of(e.line).address) continue;
    if (fold::PortScans::is_unanswered(flow->protocol, flow->source_port, flow->destination_port, flow->tcp_flags)) {
      scans.see(e.line, *flow);
    } else if (with_answers && scans.suspects().test(flow->destination_port) &&
               fold::PortScans::is_answered(flow->protocol, flow->tcp_flags)) {
      scans.see_answered(e.line, *flow);
    }
  }
  return found;
}

TEST(Scans, PeersAreNoWormAndWormsAreFound) {
  uint64_t sharers = 0;
  uint64_t cases = 0;
  uint64_t blind_cases = 0;
  constexpr uint64_t kSeeds = kSanitized ? 1 : 3;
  for (uint64_t seed = 11; seed < 11 + kSeeds; ++seed) {
    PopulationConfig config{.seed = seed, .residential = 4'000, .begin = kBegin, .length = days(1), .file_sharers = .1};
    for (uint32_t i = 0; i < 20; ++i)
      config.zombies.push_back({.line = 3'900 + i,
                                .kind = ZombieKind::worm,
                                .begin = kBegin + hours(1) + minutes(30) * i,
                                .every = milliseconds(500),
                                .contacts = 600});
    const Population truth(config);
    for (uint32_t line = 1; line <= truth.lines(); ++line) sharers += truth.shares_files(line) ? 1 : 0;
    const Found found = scans_of(config, true);
    for (const Zombie& z : config.zombies) {
      EXPECT_TRUE(found.lines.contains(z.line)) << seed << " " << z.line;
      EXPECT_LT(found.second_at.at(z.line) - z.begin, seconds(60)) << seed << " " << z.line;
    }
    cases += found.lines.size() - config.zombies.size();
    blind_cases += scans_of(config, false).lines.size() - config.zombies.size();
  }
  fmt::print("{} lines share files for a day: {} look like a worm, {} where answers are not looked at\n", sharers,
             cases, blind_cases);
  EXPECT_GT(sharers, kSeeds * 333);
  EXPECT_GT(blind_cases, sharers / 20) << "else there is nothing to be told apart";
  EXPECT_LE(cases * 40, sharers) << "one in 40 a day at most";
}

}  // namespace
}  // namespace postern::rehearse
