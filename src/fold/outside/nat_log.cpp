// SPDX-License-Identifier: Apache-2.0
#include "fold/outside/nat_log.h"

#include <algorithm>

#include "base/networks.h"

namespace postern::fold {
namespace {

constexpr uint8_t kTcp = 6;
constexpr uint8_t kUdp = 17;

bool same_protocol(uint8_t a, uint8_t b) { return a == 0 || b == 0 || a == b; }

// Two sessions that have a port at the same time, each for itself.
bool apart(const Endpoint& a, const Endpoint& b) { return a.address && b.address && a != b; }

}  // namespace

bool To::may_be(const Endpoint& e) const {
  if (!e.address) return true;
  return (addresses.empty() ||
          std::ranges::any_of(addresses, [&](const Prefix& p) { return p.contains(e.address); })) &&
         (port == 0 || port == e.port);
}

// What was not taken back may have been, on a line that did not arrive.
Time NatLog::Range::over() const { return until || !to.address ? until : since + kSessionMost; }

bool NatLog::is_logged(const IpAddress& outside) const { return is_in(logged_, outside); }

// Ranges that overlap these ports.
template <class Ranges_, class See>
void NatLog::each(Ranges_& ranges, uint16_t first, uint16_t last, const See& see) const {
  const auto from = static_cast<uint16_t>(first >= widest_ ? first - widest_ + 1 : 0);
  for (auto it = ranges.lower_bound(from); it != ranges.end() && it->first <= last; ++it)
    if (it->second.last >= first) see(it->second);
}

// `whoever`: the ports were given again.
void NatLog::end(Ranges& ranges, const model::NatBlock& b, bool whoever) {
  each(ranges, b.first_port, b.last_port, [&](Range& r) {
    if (!same_protocol(r.protocol, b.protocol) || apart(r.to, b.to) || r.since > b.at) return;
    const bool live = !r.until || (whoever && r.until > b.at);
    const bool meant = whoever || (r.first == b.first_port && r.last == b.last_port && r.protocol == b.protocol &&
                                   (!b.inside || b.inside == r.inside));
    if (live && meant) r.until = std::max(r.since, b.at);
  });
}

bool NatLog::see(const model::NatBlock& b) {
  if (!is_logged(b.outside) || b.last_port < b.first_port) return false;
  if (!losses_.contains(b.exporter)) {
    if (losses_.size() >= kExportersMax) return false;
    losses_[b.exporter];
  }
  if (!b.given) {
    if (const auto it = by_outside_.find(b.outside); it != by_outside_.end()) end(it->second, b, false);
    return true;
  }
  Ranges& ranges = by_outside_[b.outside];
  // Told again: what is known stands, and is fresh where something was lost meanwhile.
  end(ranges, b, true);
  Range range{.first = b.first_port,
              .last = b.last_port,
              .protocol = b.protocol,
              .inside = b.inside,
              .since = b.at,
              .until = {},
              .exporter = b.exporter,
              .to = b.to,
              .number = next_++};
  // A later one is known already: this one came late, and ended then.
  each(ranges, b.first_port, b.last_port, [&](const Range& r) {
    const bool later = same_protocol(r.protocol, b.protocol) && !apart(r.to, b.to) && r.since > b.at;
    if (later && (!range.until || r.since < range.until)) range.until = r.since;
  });
  widest_ = std::max<uint32_t>(widest_, b.last_port - b.first_port + 1U);
  order_.push_back({b.outside, b.first_port, range.number});
  ranges.emplace(b.first_port, range);
  ++blocks_;
  while (blocks_ > blocks_max_) {
    drop_oldest();
    ++evicted_;
  }
  return true;
}

void NatLog::drop_oldest() {
  const Place oldest = order_.front();
  order_.pop_front();
  const auto at = by_outside_.find(oldest.outside);
  const auto [from, to] = at->second.equal_range(oldest.first);
  for (auto it = from; it != to; ++it) {
    if (it->second.number != oldest.number) continue;
    at->second.erase(it);
    break;
  }
  if (at->second.empty()) by_outside_.erase(at);
  --blocks_;
}

void NatLog::forget_before(Time now) {
  // In the order they were given: one that lasts keeps those behind it, and the bound holds whatever happens.
  while (!order_.empty()) {
    const Place& oldest = order_.front();
    const auto [from, to] = by_outside_.at(oldest.outside).equal_range(oldest.first);
    const auto it = std::find_if(from, to, [&](const auto& r) { return r.second.number == oldest.number; });
    if (const Time over = it->second.over(); !over || over + kKept >= now) return;
    drop_oldest();
  }
}

void NatLog::lost(const model::NatLoss& loss) {
  const auto it = losses_.find(loss.exporter);
  if (it == losses_.end()) return;  // nothing of it is known
  std::deque<model::NatLoss>& losses = it->second;
  if (!losses.empty() && losses.back().until >= loss.after - seconds(1)) {
    losses.back().until = std::max(losses.back().until, loss.until);
    return;
  }
  losses.push_back(loss);
  if (losses.size() <= kLossesMax) return;
  losses[1].after = losses[0].after;  // the oldest two become one long one
  losses.pop_front();
}

// Nothing was lost of its exporter since, that could have ended it, as far as that can be known.
bool NatLog::trusted(const Range& range, Time at) const {
  if (!range.until && range.over() && at > range.over()) return false;
  const std::deque<model::NatLoss>& losses = losses_.at(range.exporter);
  const auto first =
      std::ranges::partition_point(losses, [&](const model::NatLoss& l) { return l.until <= range.since; });
  return first == losses.end() || first->after >= at;
}

IpAddress NatLog::behind(uint8_t protocol, const IpAddress& outside, uint16_t port, Time at, Duration reach,
                         const To& to) const {
  const auto of_address = by_outside_.find(outside);
  if (of_address == by_outside_.end()) return {};
  const bool has_ports = (protocol == kTcp || protocol == kUdp) && port != 0;
  IpAddress inside;
  bool many = false;
  each(of_address->second, has_ports ? port : 0, has_ports ? port : UINT16_MAX, [&](const Range& r) {
    if (!to.may_be(r.to)) return;
    const bool whole = r.first == 0 && r.last == UINT16_MAX;
    if (!has_ports && !whole) {
      many = true;  // whose of them, only the port would say
      return;
    }
    if (!same_protocol(r.protocol, protocol) || r.since > at + reach || (r.until && r.until <= at - reach)) return;
    many = many || (inside && inside != r.inside) || !trusted(r, at + reach);
    inside = r.inside;
  });
  return many ? IpAddress{} : inside;
}

std::vector<model::NatBlock> NatLog::all_blocks() const {
  std::vector<model::NatBlock> out;
  for (const Place& place : order_) {
    const auto [from, to] = by_outside_.at(place.outside).equal_range(place.first);
    const Range& r = std::find_if(from, to, [&](const auto& x) { return x.second.number == place.number; })->second;
    model::NatBlock b{.at = r.since,
                      .given = true,
                      .protocol = r.protocol,
                      .inside = r.inside,
                      .outside = place.outside,
                      .first_port = r.first,
                      .last_port = r.last,
                      .exporter = r.exporter,
                      .to = r.to};
    out.push_back(b);
    b.given = false;
    b.at = r.until;
    if (r.until) out.push_back(b);
  }
  return out;
}

std::vector<model::NatLoss> NatLog::all_losses() const {
  std::vector<model::NatLoss> out;
  for (const auto& [exporter, losses] : losses_) out.insert(out.end(), losses.begin(), losses.end());
  return out;
}

}  // namespace postern::fold
