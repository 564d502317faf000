// SPDX-License-Identifier: Apache-2.0
#include "daemon/decoys.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sys/clock.h"

namespace postern::daemon {
namespace {

using edge::decoy::Life;
using edge::decoy::Play;
using settings::DecoyKind;

Play play_of(DecoyKind kind) {
  switch (kind) {
    case DecoyKind::closed:
      return Play::closed;
    case DecoyKind::smtp:
      return Play::smtp;
    case DecoyKind::open_relay:
      return Play::open_relay;
    case DecoyKind::sign_in:
      return Play::sign_in;
    case DecoyKind::worm:
      return Play::worm;
  }
  return Play::closed;
}

edge::decoy::Config config_of(const settings::Settings& s, fold::Nats nats) {
  edge::decoy::Config config;
  config.places = places_of(s.decoy);
  for (std::string name : s.decoy.honey) {
    std::ranges::transform(name, name.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    config.honey.insert(std::move(name));
  }
  config.connections_max = s.decoy.connections_max;
  config.hits_per_s = s.decoy.hits_per_s;
  config.beat = s.decoy.beat;
  for (const IpAddress& a : s.decoy.probe_from) config.probe_from[a.family == Family::v4 ? 0 : 1] = a;
  config.nats = std::move(nats);
  return config;
}

// In the order of their numbers: names sort as text.
std::vector<sys::Fd> in_order(Kit& kit, std::string_view prefix) {
  std::vector<sys::Fd> out;
  for (size_t i = 0; kit.fds.contains(fmt::format("{}:{}", prefix, i)); ++i)
    out.push_back(take_fd(kit, fmt::format("{}:{}", prefix, i)));
  return out;
}

}  // namespace

std::vector<edge::decoy::Place> places_of(const settings::Decoy& settings) {
  std::vector<edge::decoy::Place> out;
  for (const auto& host : settings.hosts)
    for (const uint16_t port : host.listens()) out.push_back({{host.address, port}, play_of(host.kind)});
  return out;
}

Decoys::Decoys(Kit& kit, const settings::Settings& settings, sys::Loop& loop, fold::Nats nats, Emit emit) {
  std::vector<sys::Fd> listeners = in_order(kit, "decoy");
  if (listeners.empty()) return;
  std::vector<sys::Fd> probes = in_order(kit, "probe");
  decoy_ = std::make_unique<edge::decoy::Decoy>(config_of(settings, std::move(nats)), loop, std::move(listeners),
                                                std::move(probes), std::move(emit),
                                                edge::decoy::Decoy::Clock{sys::now, sys::monotonic});
}

void Decoys::report(RoleReport& report) const {
  if (!decoy_) return;
  edge::decoy::Stats::visit(decoy_->stats(), [&](std::string_view name, const uint64_t& value) {
    report.counters["decoy." + std::string(name) + "_total"] = value;
  });
  report.counters["decoy.open"] = decoy_->open();
  std::vector<std::string> dead;
  uint64_t unproven = 0;
  for (const auto& [place, proof, hits] : decoy_->states()) {
    const std::string at = to_string(place->at);
    const bool proven = proof != nullptr && proof->life == Life::alive;
    unproven += proven ? 0 : 1;
    if (proof != nullptr && proof->life == Life::dead) dead.push_back(fmt::format("{} ({})", at, proof->why));
    report.facts["decoy." + at] = fmt::format(
        "{}\t{}\t{}\t{}\t{}", to_string(place->play), proof == nullptr ? "not probed" : to_string(proof->life),
        proof != nullptr && proof->proven ? to_string(proof->proven) : "", hits, proof == nullptr ? "" : proof->why);
  }
  report.counters["decoy.unproven"] = unproven;
  report.counters["decoy.dead"] = dead.size();
  if (!dead.empty())
    report.facts["fault.decoy"] = fmt::format("probes do not reach {} (postern decoy status)", fmt::join(dead, ", "));
}

}  // namespace postern::daemon
