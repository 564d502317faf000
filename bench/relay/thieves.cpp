// SPDX-License-Identifier: Apache-2.0
#include "bench/relay/thieves.h"

#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <map>
#include <set>

#include "decide/detect/account/book/book.h"
#include "decide/watch/watch.h"
#include "rehearse/accounts/accounts.h"

namespace postern::bench {
namespace {

using decide::detect::AccountWatch;
using decide::detect::Subject;
using model::AccountState;
using rehearse::ThiefKind;

constexpr uint32_t kBar = 50;  // delivered recipients

struct Sums {
  std::vector<uint32_t> delivered;  // before the hold; of thieves that were never held what they sent
  uint32_t thieves = 0;
  uint32_t held = 0;
  uint32_t in_time = 0;
  std::map<ThiefKind, std::pair<uint32_t, uint32_t>> in_time_of;  // of all
  uint32_t false_holds = 0;
  uint32_t false_locks = 0;
  std::map<std::string, uint32_t> false_of;
  double account_months = 0;
};

struct One {
  bool stopped = false;
  uint32_t delivered = 0;
};

decide::detect::account::Levels levels_of(const AccountWatch::Levels& l) {
  const auto of = [&](std::string_view name) {
    return l[static_cast<size_t>(std::ranges::find(AccountWatch::names(), name) - AccountWatch::names().begin())];
  };
  return {of("account_delivery"), of("account_recipients"), of("account_login")};
}

void run(uint64_t seed, const Theft& runs, Sums& sums) {
  rehearse::Accounts all({.seed = seed, .accounts = runs.accounts, .length = days(30), .thieves = runs.thieves});
  AccountWatch watch;
  decide::Counters counters;
  const model::ClassPolicy residential;
  model::Policy policy;
  policy.classes["unknown"] = residential;
  std::vector<One> thieves(all.thieves().size());
  std::set<uint32_t> held;  // owners wrongly, once: somebody looks and lets them go
  std::map<uint32_t, Time> stolen;
  rehearse::AccountEvent e;
  while (all.next(e)) {
    if (e.thief) {
      stolen[e.account] = e.at;
      // A held account is refused; what was sent before is still delivered.
      if (thieves[e.which].stopped && e.what.recipients > 0) continue;
      thieves[e.which].delivered += thieves[e.which].stopped ? 0 : e.delivered;
    }
    const Subject subject{all.line_of(e.account), &residential, false, {}, model::account_id(e.what.account)};
    (void)watch.see(subject, e.what, e.at, policy, counters);
    const auto levels = levels_of(watch.levels(subject, e.at, policy, model::Mode::on));
    const AccountState wanted = decide::detect::account::wanted(levels);
    if (wanted == AccountState::open) continue;
    const auto it = stolen.find(e.account);
    if (it != stolen.end() && e.at - it->second < days(2)) {
      for (size_t i = 0; i < thieves.size(); ++i)
        if (all.thieves()[i].account == e.account && e.at >= all.thieves()[i].begin) thieves[i].stopped = true;
      watch.forget(subject.key());  // held until the password is new
      continue;
    }
    // Told apart by the level's own way of ending: one episode is one false hold.
    if (held.insert(e.account).second) {
      ++sums.false_holds;
      ++sums.false_of[fmt::format("{}{}{}", to_string(all.kind_of(e.account)), all.travels(e.account) ? " travels" : "",
                                  all.has_vpn(e.account) ? " vpn" : "")];
    }
    if (wanted == AccountState::locked) ++sums.false_locks;
    watch.forget(subject.key());
  }
  for (size_t i = 0; i < thieves.size(); ++i) {
    const auto& of = all.thieves()[i];
    ++sums.thieves;
    sums.held += thieves[i].stopped ? 1 : 0;
    const bool in_time = thieves[i].stopped && thieves[i].delivered < kBar;
    sums.in_time += in_time ? 1 : 0;
    ++sums.in_time_of[of.kind].second;
    sums.in_time_of[of.kind].first += in_time ? 1 : 0;
    sums.delivered.push_back(thieves[i].delivered);
  }
  sums.account_months += runs.accounts;
}

}  // namespace

void thieves(Report& report, const Theft& runs) {
  Sums sums;
  for (uint64_t i = 0; i < runs.seeds; ++i) run(runs.first_seed + i, runs, sums);
  std::ranges::sort(sums.delivered);
  const auto at = [&](double part) {
    return sums.delivered.empty()
               ? 0.0
               : static_cast<double>(sums.delivered[static_cast<size_t>(part * double(sums.delivered.size() - 1))]);
  };
  const double of = std::max(1U, sums.thieves);
  report.add({"relay.thieves.found_before_50", 100 * sums.in_time / of, 95, "% of thieves (bar: 95)",
              100 * sums.in_time / of / 95, 0});
  for (const auto& [kind, n] : sums.in_time_of)
    report.add({fmt::format("relay.thieves.found_before_50.{}", to_string(kind)), 100.0 * n.first / n.second,
                std::nullopt, fmt::format("% of {}", n.second), std::nullopt, 0});
  report.add({"relay.thieves.delivered_median", at(.5), std::nullopt, "recipients", std::nullopt, 0});
  report.add({"relay.thieves.delivered_p95", at(.95), kBar, "recipients", at(.95) / kBar, 0});
  report.add({"relay.thieves.delivered_worst", at(1), std::nullopt, "recipients", std::nullopt, 0});
  report.add({"relay.thieves.never_held", static_cast<double>(sums.thieves - sums.held), std::nullopt, "thieves",
              std::nullopt, 0});
  const double precision = sums.held / std::max(1.0, double(sums.held) + sums.false_holds);
  report.add({"relay.thieves.precision", precision, .98, "of holds (bar: .98)", precision / .98, 0});
  const double per = 10'000 / std::max(1.0, sums.account_months);
  report.add(
      {"relay.owners.false_holds", sums.false_holds * per, std::nullopt, "per 10,000 account-months", std::nullopt, 0});
  report.add({"relay.owners.false_locks", sums.false_locks * per, 1, "per 10,000 account-months (bar: 1)",
              sums.false_locks * per, 0});
  for (const auto& [who, n] : sums.false_of) report.note(fmt::format("held wrongly: {} {}", n, who));
  report.note(fmt::format("thieves: {} seeds of {} accounts for 30 days with {} thieves each, from seed {} on",
                          runs.seeds, runs.accounts, runs.thieves, runs.first_seed));
}

}  // namespace postern::bench
