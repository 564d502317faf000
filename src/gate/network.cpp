// SPDX-License-Identifier: Apache-2.0
// Class unknown, the well-known prefixes, and what else holds for all lines.
#include <algorithm>
#include <bpf/bpf.h>
#include <cerrno>
#include <fmt/format.h>
#include <map>

#include "gate/state.h"

namespace postern::gate {
namespace {

uint32_t filter6(const Prefix& p) {
  const auto& b = p.address.bytes;
  const uint32_t head = uint32_t{b[0]} << 24 | uint32_t{b[1]} << 16 | uint32_t{b[2]} << 8 | uint32_t{b[3]};
  return head * 0x9e3779b1U >> 20;  // as pn_filter6 in bpf/identity.h
}

void set_filter(pn_config& c, const Prefix& p) {
  if (p.address.family == Family::v4) {
    const uint32_t first = p.address.v4_host_order() >> 20;
    const uint32_t count = p.length >= 12 ? 1 : 1U << (12 - p.length);
    for (uint32_t i = first; i < first + count; ++i) c.filter4[i / 64] |= uint64_t{1} << i % 64;
  } else if (p.length >= 32) {
    c.filter6[filter6(p) / 64] |= uint64_t{1} << filter6(p) % 64;
  } else {
    std::ranges::fill(c.filter6, ~uint64_t{0});
  }
}

pn_net_key net_key(const Prefix& p, uint8_t generation) {
  pn_net_key k{};
  k.bits = 32U + p.length;
  k.generation = generation;
  k.family = p.address.family == Family::v4 ? 4 : 6;
  std::ranges::copy(p.address.bytes, k.address);
  return k;
}

void forget_generation(int map, uint8_t generation, bool keep) {
  std::vector<pn_net_key> gone;
  pn_net_key key{};
  pn_net_key* at = nullptr;
  while (bpf_map_get_next_key(map, at, &key) == 0) {
    if ((key.generation == generation) != keep) gone.push_back(key);
    at = &key;
  }
  for (const pn_net_key& k : gone) bpf_map_delete_elem(map, &k);
}

// Every prefix with what it and all that cover it are: the trie answers with the longest only.
std::map<Prefix, uint32_t> flags_of(const Network& n) {
  std::map<Prefix, uint32_t> flags;
  const auto add = [&](const std::vector<Prefix>& prefixes, uint32_t flag) {
    for (const Prefix& p : prefixes) flags[p] |= flag;
  };
  add(n.relay, PN_NET_RELAY);
  add(n.dark, PN_NET_DARK);
  add(n.allow, PN_NET_ALLOW);
  add(n.subscriber_prefixes, PN_NET_OWN);
  for (auto& [inner, inner_flags] : flags)
    for (const auto& [outer, outer_flags] : flags)
      if (outer.contains(inner)) inner_flags |= outer_flags;
  return flags;
}

}  // namespace

Network Network::of(const model::Policy& policy, uint32_t revision) {
  Network n;
  n.subscriber_prefixes = policy.subscriber_prefixes;
  n.relay = policy.relay;
  n.dark = policy.dark;
  n.revision = revision;
  for (const auto& [name, class_policy] : policy.classes) {
    n.destination_memory[name] = class_policy.destination_memory;
    if (name == "unknown") n.unknown = class_policy;
  }
  return n;
}

Status Gate::set_network(const Network& network, Time) {
  Kernel& k = *state_->kernel;
  const uint32_t active = load(k.live().active) & 1;
  const auto generation = static_cast<uint8_t>(k.config[active].generation + 1);
  const auto& n = network;
  forget_generation(k.net, static_cast<uint8_t>(k.config[active].generation), true);  // of an attempt that failed
  pn_config c{};
  for (const auto& [prefix, flags] : flags_of(n)) {
    const pn_net_key key = net_key(prefix, generation);
    if (bpf_map_update_elem(k.net, &key, &flags, BPF_ANY) != 0)
      return fail(Errc::limit, "too many relay, dark, subscriber and allowed prefixes",
                  "[provider] relay, [network], [garden] allow", "8,000 prefixes at most");
    if ((flags & (PN_NET_RELAY | PN_NET_DARK)) != 0) set_filter(c, prefix);
  }
  if (n.source_validation) c.flags |= PN_F_VALIDATE;
  if (n.drop_fragments) c.flags |= PN_F_DROP_FRAGMENTS;
  if (!n.subscriber_prefixes.empty()) c.flags |= PN_F_OWN;
  c.generation = generation;
  c.contact_interval = interval_units(n.contacts_per_min, minutes(1));
  c.contact_burst = n.contacts_burst;
  c.banner_interval = interval_units(n.banners_per_min, minutes(1)) >> (PN_TICK_SHIFT - PN_UNIT_SHIFT);
  if (n.banners_per_min != 0) c.banner_interval = std::max(c.banner_interval, 1U);
  c.banner_burst = n.banners_per_min;
  c.reset_interval = interval_units(n.resets_per_s, seconds(1));
  c.reset_burst = std::max(n.resets_per_s / 10, 1U);

  // Class unknown is slot 0. `listed` names no destinations there, so it is what it would be anyway.
  SlotPolicy unknown;
  const auto verdict = n.unknown.verdict == model::Verdict::listed ? model::Verdict::explain : n.unknown.verdict;
  set_verdict(unknown, verdict, model::Reason::unknown_line);
  set_memory(unknown, n.unknown.destination_memory);
  if (verdict == model::Verdict::limited) set_limits(unknown, n.unknown.limits);
  unknown.revision = n.revision;

  k.config[1 - active] = c;
  store(k.live().active, 1 - active);
  PN_TRY_VOID(state_->slots.write(0, unknown));
  state_->network = n;
  wait_for_programs();
  forget_generation(k.net, generation, true);
  return {};
}

namespace {
Status set_listeners(int map, uint32_t first, const char* whose, int listener4, int listener6) {
  for (const auto& [key, fd] : {std::pair{first, listener4}, {first + 1, listener6}}) {
    if (fd < 0) {
      bpf_map_delete_elem(map, &key);
      continue;
    }
    const auto value = static_cast<uint64_t>(fd);
    if (bpf_map_update_elem(map, &key, &value, BPF_ANY) != 0)
      return fail_errno(fmt::format("give the IPv{} {}'s socket to the gate", key == first ? 4 : 6, whose));
  }
  return {};
}
}  // namespace

Status Gate::set_explainer(int listener4, int listener6) {
  return set_listeners(state_->kernel->listener, PN_LISTENER_EXPLAINER, "explainer", listener4, listener6);
}

Status Gate::set_garden(int listener4, int listener6) {
  return set_listeners(state_->kernel->listener, PN_LISTENER_GARDEN, "garden", listener4, listener6);
}

}  // namespace postern::gate
