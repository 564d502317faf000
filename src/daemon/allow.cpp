// SPDX-License-Identifier: Apache-2.0
#include "daemon/allow.h"

#include "act/allow_list/names.h"
#include "sys/clock.h"
#include "sys/log.h"

namespace postern::daemon {
namespace {

constexpr uint16_t kDnsPort = 53;

act::allow_list::Config config_of(const settings::Garden& g) {
  act::allow_list::Config config{
      .names = g.allow_names, .fixed = g.allow, .keep = g.keep, .addresses_max = g.addresses_max};
  if (g.shipped_names)
    for (const std::string_view name : act::allow_list::shipped_names()) config.names.emplace_back(name);
  config.fixed.insert(config.fixed.end(), g.emergency.begin(), g.emergency.end());
  return config;
}

std::unique_ptr<sys::Resolver> resolver_of(const settings::Garden& g, sys::Loop& loop) {
  if (g.resolvers.empty()) return nullptr;
  std::vector<Endpoint> servers;
  for (const IpAddress& a : g.resolvers) servers.push_back({a, kDnsPort});
  auto made = sys::Resolver::make(loop, servers);
  if (made) return std::move(*made);
  sys::log(sys::Level::error, "garden", "RESOLVER_FAILED", made.error().text() + "; no name is looked up");
  return nullptr;
}

}  // namespace

Allow::Allow(const settings::Garden& garden, sys::Loop& loop, Send send)
    : send_(std::move(send)),
      resolver_(resolver_of(garden, loop)),
      list_(std::make_unique<act::allow_list::AllowList>(
          config_of(garden), loop, resolver_.get(), [this](const std::vector<Prefix>& prefixes) { send_({prefixes}); },
          sys::now)) {}

void Allow::report(RoleReport& report) const {
  const auto& set = list_->set();
  report.counters["garden.names"] = set.names();
  report.counters["garden.names_unresolved"] = set.unresolved();
  report.counters["garden.addresses"] = set.addresses();
  report.counters["garden.addresses_evicted_total"] = set.evicted();
  report.counters["garden.addresses_refused_total"] = set.refused();
  report.counters["garden.lookups_total"] = list_->lookups();
  report.counters["garden.lookups_failed_total"] = list_->failures();
}

}  // namespace postern::daemon
