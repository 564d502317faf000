// SPDX-License-Identifier: Apache-2.0
#include "gate/gate.h"

#include <algorithm>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <net/if.h>
#include <unordered_set>

#include "gate/state.h"
#include "sys/clock.h"
#include "sys/log.h"

namespace postern::gate {

Clocks clocks_at(Time now) { return {now, static_cast<uint64_t>(sys::monotonic().us) * 1000}; }

model::Verdict verdict_of(unsigned v) {
  return v >= PN_OPEN && v <= PN_DROP ? static_cast<model::Verdict>(v - PN_OPEN) : model::Verdict::drop;
}

Gate::State::State(std::unique_ptr<Kernel> k)
    : kernel(std::move(k)),
      pages(*kernel),
      slots(*kernel,
            [this](uint32_t slot) {
              model::LineSum sum;
              if (collect(slot, sum)) last_words.push_back(sum);
            }),
      holds(*kernel) {
  if (kernel->adopted) restore_dirty();
}

Gate::State::~State() {
  if (ring != nullptr) ring_buffer__free(ring);
}

Gate::Gate(std::unique_ptr<State> state) : state_(std::move(state)) {}
Gate::Gate(Gate&&) noexcept = default;
Gate& Gate::operator=(Gate&&) noexcept = default;
Gate::~Gate() = default;

Result<Gate> Gate::open(const Options& options) {
  if (options.lines_max == 0 || options.lines_max >= PN_BLOCK_SLOT - 1)
    return fail(Errc::bad_input, "lines_max is out of range", "[gate] lines_max", "1 to 2,000,000,000");
  if (options.pages_max == 0 || options.pages_max > PN_BLOCKS)
    return fail(Errc::bad_input, "pages_max is out of range", "[gate] pages_max", "1 to 1,048,576");
  return Gate(std::make_unique<State>(PN_TRY(Kernel::open(options))));
}

bool Gate::adopted() const { return state_->kernel->adopted; }

Duration Gate::State::memory_of(const std::string& class_name) const {
  const auto it = network.destination_memory.find(class_name);
  return it == network.destination_memory.end() ? network.unknown.destination_memory : it->second;
}

EntryResult Gate::State::refused(const model::LineEntry& entry, const Error& error) {
  ++refused_total;
  if (error.code == Errc::limit)
    sys::log(sys::Level::error, "gate", "GATE_TABLE_FULL", error.text(),
             {{"prefix", to_string(entry.prefix)}, {"line", std::to_string(entry.line.value)}});
  return {entry.prefix, entry.order, model::ReceiptState::refused, error.text()};
}

Result<Gate::State::Wish> Gate::State::wish_of(const model::LineEntry& e, const Clocks& clocks,
                                               Interfaces& known) const {
  if (!e.prefix.address || Prefix::of(e.prefix.address, e.prefix.length) != e.prefix)
    return fail(Errc::bad_input, "not a prefix");
  if (e.prefix.address.family == Family::v4 && e.prefix.length < 8)
    return fail(Errc::bad_input, fmt::format("{} is too much for one line", to_string(e.prefix)));
  if (e.listed.size() > model::kListedMax)
    return fail(Errc::limit, fmt::format("{} listed destinations, {} at most", e.listed.size(), model::kListedMax));
  if (e.closed.size() > model::kClosedMax)
    return fail(Errc::limit, fmt::format("{} closed services, {} at most", e.closed.size(), model::kClosedMax));
  Wish w{&e, {}};
  if (!e.access.empty()) {
    const auto [it, fresh] = known.try_emplace(e.access, 0);
    if (fresh) it->second = if_nametoindex(e.access.c_str());
    w.policy.access_ifindex = it->second;
    if (w.policy.access_ifindex == 0)
      return fail(Errc::not_found, fmt::format("there is no interface {}", e.access), {},
                  "the line is closed until its access interface is there");
  }
  set_verdict(w.policy, e.verdict, e.reason);
  set_memory(w.policy, memory_of(e.class_name));
  if (e.verdict == model::Verdict::limited || e.verdict == model::Verdict::listed) set_limits(w.policy, e.limits);
  w.policy.vlan_outer = e.access.empty() ? 0 : e.vlan_outer;
  w.policy.vlan_inner = e.access.empty() ? 0 : e.vlan_inner;
  w.policy.expires = clocks.tick_of(e.expires);
  w.policy.revision = e.revision;
  if (e.verdict == model::Verdict::listed) {
    w.policy.listed = e.listed;
    std::ranges::sort(w.policy.listed);
    const auto again = std::ranges::unique(w.policy.listed);
    w.policy.listed.erase(again.begin(), again.end());
  }
  return w;
}

Status Gate::State::place(const Wish& wish, uint32_t wanted, const Clocks& clocks) {
  const Prefix& prefix = wish.entry->prefix;
  const uint32_t old = pages.find(prefix);
  const auto home = pages.home(prefix);
  if (!home) return std::unexpected(home.error());  // so there was no entry either
  const uint32_t slot = slots.choose(wish.entry->line, wish.policy, prefix, old, wanted, *home, clocks.boot_ns);
  if (slot == 0) {
    remove(prefix, clocks);  // what was the other line's must not become this one's
    return fail(Errc::limit, fmt::format("all {} lines are in use", kernel->live().lines_max), {},
                "raise [gate] lines_max");
  }
  if (slots.policy(slot) != wish.policy)
    if (auto written = slots.write(slot, wish.policy); !written) {
      remove(prefix, clocks);
      return written;
    }
  if (slot == old) return {};
  slots.refer(slot);
  if (auto set = pages.set(prefix, slot); !set) {
    slots.release(slot, clocks.boot_ns);
    remove(prefix, clocks);
    return set;
  }
  slots.release(old, clocks.boot_ns);
  return {};
}

void Gate::State::remove(const Prefix& prefix, const Clocks& clocks) {
  holds.remove(prefix);
  const uint32_t slot = pages.find(prefix);
  if (slot == 0) return pages.settle(prefix);
  pages.remove(prefix);
  slots.release(slot, clocks.boot_ns);
}

std::vector<EntryResult> Gate::State::set_all(const std::vector<model::LineEntry>& entries, const Clocks& clocks,
                                              bool only_refused) {
  // How many prefixes leave a slot for the same new policy: when it is all of them, the slot changes in place.
  std::unordered_map<uint32_t, std::vector<std::pair<SlotPolicy, uint32_t>>> leaving;
  std::vector<Result<Wish>> wishes;
  wishes.reserve(entries.size());
  Interfaces interfaces;
  for (const model::LineEntry& e : entries) {
    wishes.push_back(wish_of(e, clocks, interfaces));
    const uint32_t old = pages.find(e.prefix);
    if (!wishes.back() || old == 0 || slots.references(old) < 2) continue;
    auto& groups = leaving[old];
    const auto it = std::ranges::find(groups, wishes.back()->policy, &std::pair<SlotPolicy, uint32_t>::first);
    if (it == groups.end())
      groups.emplace_back(wishes.back()->policy, 1);
    else
      ++it->second;
  }
  std::vector<EntryResult> results;
  for (size_t i = 0; i < entries.size(); ++i) {
    const model::LineEntry& e = entries[i];
    Status done;
    if (!wishes[i]) {
      remove(e.prefix, clocks);
      done = std::unexpected(wishes[i].error());
    } else {
      uint32_t wanted = 1;
      if (const auto it = leaving.find(pages.find(e.prefix)); it != leaving.end())
        for (const auto& [policy, count] : it->second)
          if (policy == wishes[i]->policy) wanted = count;
      done = place(*wishes[i], wanted, clocks);
      if (done) done = holds.set(e, pages.find(e.prefix));
    }
    if (!done)
      results.push_back(refused(e, done.error()));
    else if (!only_refused)
      results.push_back({e.prefix, e.order, model::ReceiptState::in_force, {}});
  }
  return results;
}

std::vector<EntryResult> Gate::apply(const model::LineDelta& delta, Time now) {
  const Clocks clocks = clocks_at(now);
  std::unordered_set<Prefix> replaced;
  for (const model::LineEntry& e : delta.set) replaced.insert(e.prefix);
  std::vector<EntryResult> results;
  for (const Prefix& p : delta.removed) {
    if (!replaced.contains(p)) state_->remove(p, clocks);
    results.push_back({p, {}, model::ReceiptState::withdrawn, {}});
  }
  auto set = state_->set_all(delta.set, clocks, false);
  results.insert(results.end(), std::make_move_iterator(set.begin()), std::make_move_iterator(set.end()));
  return results;
}

std::vector<EntryResult> Gate::replace_all(const std::vector<model::LineEntry>& entries, Time now) {
  const Clocks clocks = clocks_at(now);
  state_->pages.reserve(entries.size());
  auto results = state_->set_all(entries, clocks, true);
  std::unordered_set<Prefix> wanted;
  wanted.reserve(entries.size());
  for (const model::LineEntry& e : entries) wanted.insert(e.prefix);
  std::vector<Prefix> stale;
  state_->pages.each([&](const Prefix& p, uint32_t) {
    if (!wanted.contains(p)) stale.push_back(p);
  });
  for (const Prefix& p : stale) state_->remove(p, clocks);
  state_->holds.keep(wanted);
  if (state_->kernel->adopted) state_->pages.sweep();
  return results;
}

InForce Gate::in_force(const IpAddress& address, Time now) const {
  const Kernel& k = *state_->kernel;
  const Clocks clocks = clocks_at(now);
  InForce f;
  f.slot = state_->pages.look_up(address);
  const pn_slot& own = k.slot[f.slot];
  const pn_past& past = k.past[f.slot];
  f.expired = own.expires != 0 && clocks.boot_ns >> PN_TICK_SHIFT >= own.expires;
  const pn_slot& policy = f.expired ? k.slot[0] : own;
  f.line = state_->line_of(f.slot);
  f.verdict = verdict_of(PN_POLICY_VERDICT(policy.policy));
  f.reason = static_cast<model::Reason>(PN_POLICY_REASON(policy.policy));
  f.revision = k.note[f.expired ? 0 : f.slot].revision;
  f.limits = limits_of(policy, k.past[f.expired ? 0 : f.slot]);
  f.access_ifindex = own.access_ifindex;
  f.vlan_outer = own.vlan_outer;
  f.vlan_inner = own.vlan_inner;
  f.expires = clocks.time_of_tick(own.expires);
  f.destinations = static_cast<uint32_t>(std::ranges::count_if(past.memory, [](uint16_t m) { return m != 0; }));
  f.totals.line = f.line;
  f.totals.source = f.slot == 0 ? IpAddress{} : unmapped(k.note[f.slot].address);
  f.totals.passed = own.passed;
  f.totals.blocked = own.blocked;
  f.totals.explained = past.explained;
  f.totals.over_limit = past.over_limit;
  f.totals.inbound_dropped = past.inbound_dropped;
  f.totals.held_stopped = past.held_stopped;
  f.totals.held_passed = past.held_passed;
  if (!f.expired) f.hold = static_cast<model::Hold>(state_->holds.at(address, f.slot).kind);
  return f;
}

}  // namespace postern::gate
