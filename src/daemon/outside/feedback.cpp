// SPDX-License-Identifier: Apache-2.0
#include "daemon/outside/feedback.h"

#include <algorithm>
#include <fmt/format.h>
#include <tuple>
#include <utility>
#include <vector>

#include "wire/mail/feedback/header.h"

namespace postern::daemon {
namespace {

using observe::mail_intake::Fate;
using observe::mail_intake::MailIntake;
using observe::mail_intake::Tally;

constexpr size_t kNamesShown = 32;
constexpr uint8_t kTcp = 6;
// How far the clocks of who complains and of the NAT may be apart (as decide/common/limits.h has it of sessions).
constexpr Duration kReporterReach = minutes(1);

std::vector<std::string> lower(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  out.reserve(names.size());
  for (const std::string& name : names) out.push_back(wire::lower_case(name));
  return out;
}

void count(RoleReport& report, std::string_view what, const MailIntake::ByFate& by_fate) {
  for (size_t i = 0; i < by_fate.size(); ++i)
    report.counters[fmt::format("feedback.{}_{}_total", what, to_string(static_cast<Fate>(i)))] = by_fate[i];
}

// The ones heard most often.
void name(RoleReport& report, std::string_view what, const Tally& tally) {
  std::vector<std::pair<std::string, Tally::Heard>> all(tally.all().begin(), tally.all().end());
  std::ranges::sort(all, [](const auto& a, const auto& b) {
    return std::tuple(b.second.times, a.first) < std::tuple(a.second.times, b.first);
  });
  if (all.size() > kNamesShown) all.resize(kNamesShown);
  for (const auto& [who, heard] : all)
    report.facts[fmt::format("{}.{}", what, who)] =
        fmt::format("{}\t{}\t{}", heard.times, to_string(heard.last), heard.listed ? "yes" : "no");
}

}  // namespace

observe::mail_intake::Config intake_config(const settings::Settings& s,
                                           std::function<std::string(std::string_view queue_id)> account_of,
                                           const fold::NatLog& logged) {
  const std::string& mine = !s.mail.bounces.empty() ? s.mail.bounces : s.feedback.address;
  const std::string domain = mine.substr(mine.rfind('@') + 1);
  observe::mail_intake::Config config{.address = s.mail.bounces,
                                      .host = domain.empty() ? s.provider.relay_host : domain,
                                      .reports = s.feedback.address,
                                      .traps = {},
                                      .trusted = {}};
  for (const std::string& trap : s.feedback.traps) config.traps.insert(wire::lower_case(trap));
  observe::mail_intake::Trusted& t = config.trusted;
  t.reporters = lower(s.feedback.reporters);
  t.authserv_id = wire::lower_case(s.feedback.authserv_id);
  t.received_by = lower(s.feedback.received_by);
  if (t.received_by.empty()) t.received_by = lower({s.provider.relay_host});
  t.relay = s.provider.relay;
  t.relay.insert(t.relay.end(), s.relay.trusted.begin(), s.relay.trusted.end());
  t.network = s.network.subscriber_prefixes;
  t.outside = outside_of(s);
  t.account_of = std::move(account_of);
  if (!s.who.nat_logged.empty())
    t.logged_behind = [&logged](const IpAddress& outside, uint16_t port, Time at) -> std::optional<IpAddress> {
      if (!logged.is_logged(outside)) return std::nullopt;
      return logged.behind(kTcp, outside, port, at, kReporterReach);
    };
  return config;
}

void report_intake(RoleReport& report, const MailIntake& intake) {
  observe::mail_intake::Stats::visit(intake.stats(), [&](std::string_view name, const uint64_t& value) {
    report.counters["mail_intake." + std::string(name) + "_total"] = value;
  });
  report.counters["mail_intake.open"] = intake.open();
  count(report, "reports", intake.reports());
  count(report, "traps", intake.traps());
  name(report, "reporter", intake.reporters());
  name(report, "accused", intake.accused());
}

}  // namespace postern::daemon
