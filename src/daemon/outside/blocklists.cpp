// SPDX-License-Identifier: Apache-2.0
#include "daemon/outside/blocklists.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>
#include <vector>

#include "sys/clock.h"
#include "sys/log.h"

namespace postern::daemon {
namespace {

namespace reputation = observe::reputation;

constexpr uint16_t kDnsPort = 53;
constexpr size_t kListingsShown = 64;

reputation::Config config_of(const settings::Settings& s) {
  reputation::Config config{.lists = {},
                            .relay = s.provider.relay,
                            .lines = s.reputation.watch,
                            .queries_per_s = s.reputation.queries_per_s,
                            .every = s.reputation.every};
  for (const auto& l : s.reputation.lists) config.lists.push_back({l.zone, l.no_trouble});
  return config;
}

}  // namespace

Blocklists::Blocklists(const settings::Settings& s, sys::Loop& loop, Emit emit) {
  if (s.reputation.lists.empty()) return;
  std::vector<Endpoint> servers;
  for (const IpAddress& a : s.reputation.resolvers) servers.push_back({a, kDnsPort});
  auto made = sys::Resolver::make(loop, servers);
  if (!made) {
    sys::log(sys::Level::error, "reputation", "RESOLVER_FAILED", made.error().text() + "; no list is asked");
    return;
  }
  resolver_ = std::move(*made);
  reputation_ = std::make_unique<reputation::Reputation>(config_of(s), loop, *resolver_, std::move(emit), sys::now);
}

void Blocklists::report(RoleReport& report) const {
  if (!reputation_) return;
  reputation::Stats::visit(reputation_->stats(), [&](std::string_view name, const uint64_t& value) {
    report.counters[fmt::format("reputation.{}_total", name)] = value;
  });
  const reputation::Round& round = reputation_->round();
  report.counters["reputation.addresses"] = round.targets();
  report.counters["reputation.rounds_total"] = round.rounds();
  report.counters["reputation.round_s"] = static_cast<uint64_t>(round.last_round().seconds());
  report.counters["reputation.listed"] = round.listed().size();
  report.counters["reputation.listings_left_out_total"] = round.left_out();
  report.counters["reputation.addresses_left_out"] = round.too_many();
  for (const reputation::List& l : round.lists())
    report.facts["list." + l.zone] = fmt::format("{}\t{}\t{}\t{}\t{}", to_string(l.v4), to_string(l.v6),
                                                 l.tested ? to_string(l.tested) : "", l.asked, l.why);
  std::vector<std::string> relay;
  size_t shown = 0;
  for (const auto& [key, listed] : round.listed()) {
    const std::string what = fmt::format("{} {}", to_string(key.first), round.lists()[key.second].zone);
    if (listed.relay) relay.push_back(fmt::format("{} ({})", what, listed.codes));
    if (listed.relay || shown++ < kListingsShown)
      report.facts["listed." + what] =
          fmt::format("{}\t{}\t{}", listed.relay ? "relay" : "line", to_string(listed.since), listed.codes);
  }
  if (!relay.empty())
    report.facts["fault.reputation"] =
        fmt::format("the relay is on blocklists: {} (postern reputation show)", fmt::join(relay, ", "));
}

}  // namespace postern::daemon
