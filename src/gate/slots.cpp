// SPDX-License-Identifier: Apache-2.0
#include "gate/slots.h"

#include <algorithm>
#include <bpf/bpf.h>
#include <cstring>

#include "base/check.h"

namespace postern::gate {
namespace {

pn_listed_key listed_key(uint32_t slot, const Prefix& p) {
  pn_listed_key k{};
  k.bits = 32U + (p.address.family == Family::v4 ? 96U : 0U) + p.length;
  k.slot = slot;
  std::ranges::copy(mapped(p.address), k.address);
  return k;
}

// Expiry times of one moment may land a tick apart when they were converted at different times.
bool same(SlotPolicy a, const SlotPolicy& b) {
  if ((a.expires != 0) == (b.expires != 0) && a.expires - b.expires + 2 <= 4) a.expires = b.expires;
  return a == b;
}

}  // namespace

Slots::Slots(Kernel& kernel, std::function<void(uint32_t)> before_wipe)
    : kernel_(kernel),
      before_wipe_(std::move(before_wipe)),
      references_(kernel.slot.size(), 0),
      parked_since_s_(kernel.slot.size(), 0),
      untried_(static_cast<uint32_t>(kernel.slot.size() - 1)) {
  for (uint32_t s = 1; s <= kernel_.live().slots_high; ++s) {
    if (kernel_.note[s].used == 0) continue;
    if (kernel_.note[s].line != 0) of_line_.emplace(kernel_.note[s].line, s);
    parked_.push_back({s, 0});
  }
  if (kernel_.adopted) load_listed();
}

void Slots::load_listed() {
  pn_listed_key key{};
  pn_listed_key* at = nullptr;
  while (bpf_map_get_next_key(kernel_.listed, at, &key) == 0) {
    const IpAddress a = unmapped(key.address);
    const auto length = static_cast<uint8_t>(key.bits - 32 - (a.family == Family::v4 ? 96 : 0));
    listed_[key.slot].push_back(Prefix::of(a, length));
    ++listed_entries_;
    at = &key;
  }
  for (auto& [slot, prefixes] : listed_) std::ranges::sort(prefixes);
}

SlotPolicy Slots::policy(uint32_t slot) const {
  SlotPolicy p = policy_of_slot(kernel_.slot[slot], kernel_.past[slot], kernel_.note[slot].revision);
  if (const auto it = listed_.find(slot); it != listed_.end()) p.listed = it->second;
  return p;
}

uint32_t Slots::choose(model::SubscriberId line, const SlotPolicy& wanted_policy, const Prefix& prefix, uint32_t old,
                       uint32_t wanted, uint32_t home, uint64_t boot_ns) {
  const bool old_is_ours = old != 0 && kernel_.note[old].line == line.value;
  uint32_t idle = 0;
  uint32_t any = old_is_ours ? old : 0;
  if (line) {
    const auto [begin, end] = of_line_.equal_range(line.value);
    for (auto it = begin; it != end; ++it) {
      const uint32_t s = it->second;
      if (same(policy(s), wanted_policy)) return s;
      if (references_[s] == 0) idle = s;
      if (any == 0) any = s;
    }
  }
  // Every prefix that shares the old slot moves to the same policy: then the slot itself moves.
  if (old_is_ours && references_[old] <= std::max(wanted, 1U)) return old;
  if (idle != 0) return idle;
  const uint32_t fresh = take(home, boot_ns);
  if (fresh == 0) return 0;
  own(fresh, line, prefix);
  if (line && any != 0) {  // a second policy for the same line: no fresh tokens by that
    pn_slot& to = kernel_.slot[fresh];
    const pn_slot& from = kernel_.slot[any];
    pn_past& to_past = kernel_.past[fresh];
    const pn_past& from_past = kernel_.past[any];
    to.connection_tat = from.connection_tat;
    to.banner_tat = from.banner_tat;
    to.recent = from.recent;
    to.recent_age = from.recent_age;
    to.memory_tick = from.memory_tick;
    to_past.network_tat = from_past.network_tat;
    std::memcpy(to_past.memory, from_past.memory, sizeof to_past.memory);
    std::memcpy(to_past.age, from_past.age, sizeof to_past.age);
  }
  return fresh;
}

uint32_t Slots::take(uint32_t home, uint64_t boot_ns) {
  const auto give = [this](uint32_t slot) {
    if (slot > kernel_.live().slots_high) store(kernel_.live().slots_high, slot);
    return slot;
  };
  if (home != 0 && home < kernel_.slot.size() && kernel_.note[home].used == 0) return give(home);
  // From the far end, where the homes are taken last.
  for (; untried_ > 0; --untried_)
    if (kernel_.note[untried_].used == 0) return give(untried_--);
  while (!parked_.empty()) {
    const Parked p = parked_.front();
    if (references_[p.slot] == 0 && parked_since_s_[p.slot] == p.since_s) {
      if (boot_ns / 1'000'000'000 < p.since_s + static_cast<uint64_t>(kParkedAtLeast.seconds())) return 0;
      parked_.pop_front();
      wipe(p.slot);
      return p.slot;
    }
    parked_.pop_front();
  }
  return 0;
}

void Slots::wipe(uint32_t slot) {
  before_wipe_(slot);
  wait_for_programs();
  forget_line(slot);
  SlotPolicy none;
  PN_CHECK(write(slot, none).has_value());  // only a listed destination can be refused
  kernel_.slot[slot] = pn_slot{};
  kernel_.past[slot] = pn_past{};
  kernel_.note[slot] = pn_note{};
}

void Slots::own(uint32_t slot, model::SubscriberId line, const Prefix& prefix) {
  pn_note& n = kernel_.note[slot];
  n.line = line.value;
  std::ranges::copy(mapped(prefix.address), n.address);
  n.used = 1;
  if (line) of_line_.emplace(line.value, slot);
}

void Slots::forget_line(uint32_t slot) {
  const auto [begin, end] = of_line_.equal_range(kernel_.note[slot].line);
  for (auto it = begin; it != end; ++it)
    if (it->second == slot) {
      of_line_.erase(it);
      return;
    }
}

void Slots::release(uint32_t slot, uint64_t boot_ns) {
  if (slot == 0 || --references_[slot] != 0) return;
  --in_use_;
  parked_since_s_[slot] = static_cast<uint32_t>(boot_ns / 1'000'000'000);
  parked_.push_back({slot, parked_since_s_[slot]});
}

Status Slots::write(uint32_t slot, const SlotPolicy& p) {
  // Destinations in use by the new policy come before it, those only the old one had go after it.
  std::vector<Prefix>& listed = listed_[slot];
  for (const Prefix& l : p.listed) {
    if (std::ranges::binary_search(listed, l)) continue;
    const pn_listed_key key = listed_key(slot, l);
    const uint32_t one = 1;
    if (bpf_map_update_elem(kernel_.listed, &key, &one, BPF_ANY) != 0) {
      for (const Prefix& undo : p.listed) {
        if (undo == l) break;
        const pn_listed_key undo_key = listed_key(slot, undo);
        if (!std::ranges::binary_search(listed, undo) && bpf_map_delete_elem(kernel_.listed, &undo_key) == 0)
          --listed_entries_;
      }
      if (listed.empty()) listed_.erase(slot);
      return fail(Errc::limit, "the table of listed destinations is full", {}, "raise [gate] listed_max");
    }
    ++listed_entries_;
  }
  pn_slot& s = kernel_.slot[slot];
  pn_past& past = kernel_.past[slot];
  store(s.memory_shift, p.memory_shift);
  store(s.memory_units, p.memory_units);
  store(s.access_ifindex, p.access_ifindex);
  store(s.vlan_outer, p.vlan_outer);
  store(s.vlan_inner, p.vlan_inner);
  store(s.connection_interval, p.connection_interval);
  store(past.network_interval, p.network_interval);
  store(s.connection_burst, p.connection_burst);
  store(past.network_burst, p.network_burst);
  store(s.expires, p.expires);
  store(s.policy, p.policy);
  kernel_.note[slot].revision = p.revision;
  for (const Prefix& l : listed) {
    if (std::ranges::binary_search(p.listed, l)) continue;
    const pn_listed_key key = listed_key(slot, l);
    if (bpf_map_delete_elem(kernel_.listed, &key) == 0) --listed_entries_;
  }
  if (p.listed.empty())
    listed_.erase(slot);
  else
    listed = p.listed;
  return {};
}

}  // namespace postern::gate
