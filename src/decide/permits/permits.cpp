// SPDX-License-Identifier: Apache-2.0
#include "decide/permits/permits.h"

#include <algorithm>
#include <fmt/format.h>

namespace postern::decide::permits {
namespace {

using model::Permit;
using model::PermitKind;
using model::PermitState;

void check_limits(const model::Limits& limits, bool needed, std::vector<std::string>& wrong) {
  const auto pair = [&](uint32_t rate, uint32_t burst, const char* what, const char* unit) {
    if (rate > kRateMax || burst > kRateMax)
      wrong.push_back(fmt::format("more than {} {} is no limit", kRateMax, what));
    else if ((rate == 0) != (burst == 0))
      wrong.push_back(fmt::format("{} per {} and their burst are set together", what, unit));
    else if (needed && rate == 0)
      wrong.push_back(fmt::format("an own server needs a limit of {} per {}", what, unit));
  };
  pair(limits.connections_per_min, limits.connections_burst, "connections", "minute");
  pair(limits.networks_per_hour, limits.networks_burst, "new networks", "hour");
}

void check_destinations(const Permit& permit, std::vector<std::string>& wrong) {
  if (permit.kind != PermitKind::named_server) {
    if (!permit.destinations.empty()) wrong.emplace_back("destinations belong to a permit of kind named_server");
    return;
  }
  if (permit.destinations.empty()) wrong.emplace_back("a named server needs at least one destination");
  if (permit.destinations.size() > model::kListedMax)
    wrong.push_back(fmt::format("{} destinations, at most {}", permit.destinations.size(), model::kListedMax));
  for (const Prefix& p : permit.destinations) {
    if (!p.address || p != Prefix::of(p.address, p.length))
      wrong.push_back(fmt::format("{} is not a network", to_string(p)));
    else if (p.length < (p.address.family == Family::v4 ? 16 : 32))
      wrong.push_back(fmt::format("{} is too wide for a named server", to_string(p)));
  }
}

int width(PermitKind kind) {
  switch (kind) {
    case PermitKind::open_class:
      return 3;
    case PermitKind::own_server:
      return 2;
    case PermitKind::named_server:
      return 1;
  }
  return 0;
}

}  // namespace

Status validate(const model::GrantPermit& grant, bool subscriber_known, Time now) {
  const Permit& permit = grant.permit;
  std::vector<std::string> wrong;
  if (!subscriber_known) wrong.emplace_back("no such subscriber");
  if (permit.id) wrong.emplace_back("the permit's number is given by Postern");
  if (permit.state != PermitState::active) wrong.emplace_back("a permit is granted active");
  if (permit.terms_version.empty()) wrong.emplace_back("the version of the terms agreed to is missing");
  if (!permit.expires)
    wrong.emplace_back("a permit never goes without an end");
  else if (permit.expires <= now)
    wrong.push_back(fmt::format("it would end at {}, which has passed", to_string(permit.expires)));
  else if (permit.expires > now + kGrantMax)
    wrong.push_back(fmt::format("it would end at {}, more than ten years from now", to_string(permit.expires)));
  check_limits(permit.limits, permit.kind == PermitKind::own_server, wrong);
  check_destinations(permit, wrong);
  if (wrong.empty()) return {};
  return fail(subscriber_known ? Errc::bad_input : Errc::not_found, fmt::format("{}", fmt::join(wrong, "; ")),
              "permit grant", "see postern permit grant --help");
}

void Book::index(const Permit& permit) {
  by_subscriber_.emplace(permit.subscriber, permit.id);
  if (permit.state == PermitState::active) ends_.emplace(permit.expires, permit.id);
}

void Book::apply(const Permit& permit) {
  last_id_ = std::max(last_id_, permit.id);
  if (const auto it = permits_.find(permit.id); it != permits_.end()) {
    by_subscriber_.erase({it->second.subscriber, permit.id});
    ends_.erase({it->second.expires, permit.id});
  }
  permits_[permit.id] = permit;
  index(permit);
}

const Permit* Book::find(model::PermitId id) const {
  const auto it = permits_.find(id);
  return it == permits_.end() ? nullptr : &it->second;
}

const Permit* Book::in_force(model::SubscriberId subscriber, Time now) const {
  const Permit* best = nullptr;
  for (auto it = by_subscriber_.lower_bound({subscriber, {}}); it != by_subscriber_.end() && it->first == subscriber;
       ++it) {
    const Permit& p = permits_.at(it->second);
    if (p.state != PermitState::active || p.expires <= now) continue;
    if (best == nullptr || width(p.kind) >= width(best->kind)) best = &p;
  }
  return best;
}

const Permit* Book::last_ended(model::SubscriberId subscriber, Time now) const {
  const Permit* last = nullptr;
  for (auto it = by_subscriber_.lower_bound({subscriber, {}}); it != by_subscriber_.end() && it->first == subscriber;
       ++it) {
    const Permit& p = permits_.at(it->second);
    if (p.state != PermitState::active || p.expires <= now) last = &p;
  }
  return last;
}

size_t Book::active(model::SubscriberId subscriber) const {
  size_t n = 0;
  for (auto it = by_subscriber_.lower_bound({subscriber, {}}); it != by_subscriber_.end() && it->first == subscriber;
       ++it)
    n += permits_.at(it->second).state == PermitState::active ? 1 : 0;
  return n;
}

std::vector<model::PermitId> Book::due(Time now) const {
  std::vector<model::PermitId> out;
  for (const auto& [end, id] : ends_) {
    if (end > now) break;
    out.push_back(id);
  }
  return out;
}

void Book::encode(Encoder& out) const {
  out.put(last_id_);
  out.put(permits_);
}

void Book::decode(Decoder& in) {
  *this = Book{};
  in.get(last_id_);
  in.get(permits_);
  for (const auto& [id, permit] : permits_) index(permit);
}

}  // namespace postern::decide::permits
