// SPDX-License-Identifier: Apache-2.0
// What the kernel saw, as values.
#include <algorithm>
#include <array>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <netinet/in.h>

#include "base/check.h"
#include "gate/skeleton.h"
#include "gate/state.h"
#include "sys/log.h"

namespace postern::gate {
namespace {

constexpr uint64_t kOutcomeNs = 10'000'000'000;  // DETECTION: nothing within 10 s is a failure

constexpr std::array kCounterNames{
#define PN_NAME(name) std::string_view(#name),
    PN_COUNTERS(PN_NAME)
#undef PN_NAME
};

Contact contact_of(const pn_flow& flow, unsigned verdict, unsigned flags, uint32_t ifindex) {
  Contact c;
  c.contact.source = unmapped(flow.source);
  c.contact.destination = unmapped(flow.destination);
  c.contact.port = ntohs(flow.destination_port);
  c.contact.verdict = verdict_of(verdict);
  c.contact.dark = (flags & PN_CONTACT_DARK) != 0;
  c.source_port = ntohs(flow.source_port);
  c.ifindex = ifindex;
  c.source_validated = (flags & PN_CONTACT_VALIDATED) != 0;
  return c;
}

uint32_t count_entries(int map) {
  uint32_t n = 0;
  std::array<std::byte, 64> key{};
  const void* at = nullptr;
  while (bpf_map_get_next_key(map, at, key.data()) == 0) {
    ++n;
    at = key.data();
  }
  return n;
}

}  // namespace

uint64_t Stats::counter(std::string_view name) const {
  const auto it = std::ranges::find(counters, name, &std::pair<std::string_view, uint64_t>::first);
  return it == counters.end() ? 0 : it->second;
}

int Gate::events_fd() const { return state_->kernel->events; }

size_t Gate::drain(Time now, const OnContact& on_contact) {
  State& s = *state_;
  if (s.ring == nullptr) {
    const auto handler = [](void* context, void* data, size_t size) -> int {
      auto& state = *static_cast<State*>(context);
      if (size < sizeof(pn_event)) return 0;
      const auto& e = *static_cast<const pn_event*>(data);
      Contact c = contact_of(e.flow, e.verdict, e.flags, e.ifindex);
      c.at = state.drain_clocks.time_of(e.time);
      c.contact.line = state.line_of(e.slot);
      (*state.on_contact)(c);
      return 0;
    };
    s.ring = ring_buffer__new(s.kernel->events, handler, &s, nullptr);
    PN_CHECK(s.ring != nullptr);
  }
  s.on_contact = &on_contact;
  s.drain_clocks = clocks_at(now);
  const int n = ring_buffer__consume(s.ring);
  s.on_contact = nullptr;
  return n < 0 ? 0 : static_cast<size_t>(n);
}

bool Gate::State::returns_seen(uint32_t ifindex) const {
  uint64_t n = 0;
  return bpf_map_lookup_elem(kernel->returns, &ifindex, &n) == 0 && n != 0;
}

size_t Gate::sweep_pending(Time now, const OnContact& on_contact, Duration ahead) {
  const Kernel& k = *state_->kernel;
  const Clocks clocks = clocks_at(now);
  const uint64_t judged_at = clocks.boot_ns + static_cast<uint64_t>(ahead.us) * 1000;
  std::vector<pn_flow> done;
  pn_flow key{};
  pn_flow* at = nullptr;
  while (bpf_map_get_next_key(k.pending, at, &key) == 0) {
    at = &key;
    pn_pending p{};
    if (bpf_map_lookup_elem(k.pending, &key, &p) != 0) continue;
    if (p.state == PN_WAITING && judged_at < p.time + kOutcomeNs) continue;
    done.push_back(key);
  }
  size_t n = 0;
  for (const pn_flow& flow : done) {
    pn_pending p{};  // as it is at the very end
    if (bpf_map_lookup_and_delete_elem(k.pending, &flow, &p) != 0) continue;
    Contact c = contact_of(flow, p.verdict, p.flags, p.ifindex);
    c.at = clocks.time_of(p.time);
    c.contact.line = state_->line_of(p.slot);
    if (p.state == PN_ANSWERED)
      c.contact.outcome = model::Outcome::success;
    else if (p.state == PN_RESET || state_->returns_seen(p.ifindex))
      c.contact.outcome = model::Outcome::failure;
    on_contact(c);
    ++n;
  }
  return n;
}

bool Gate::State::collect(uint32_t slot, model::LineSum& sum) {
  pn_slot& s = kernel->slot[slot];
  pn_past& past = kernel->past[slot];
  pn_note& note = kernel->note[slot];
  std::atomic_ref<uint8_t>(s.marked).exchange(0);  // before the counters are read, with a fence between
  const std::array now{load(s.passed),
                       load(s.blocked),
                       load(past.explained),
                       load(past.over_limit),
                       load(past.inbound_dropped),
                       load(past.held_stopped),
                       load(past.held_passed)};
  std::array<uint32_t, now.size()> delta{};
  static_assert(sizeof note.reported == sizeof now);
  bool any = false;
  for (size_t i = 0; i < now.size(); ++i) {
    delta[i] = now[i] - note.reported[i];
    note.reported[i] = now[i];
    any |= delta[i] != 0;
  }
  sum.line = {note.line};
  sum.source = slot == 0 ? IpAddress{} : unmapped(note.address);
  sum.passed = delta[0];
  sum.blocked = delta[1];
  sum.explained = delta[2];
  sum.over_limit = delta[3];
  sum.inbound_dropped = delta[4];
  sum.held_stopped = delta[5];
  sum.held_passed = delta[6];
  return any;
}

void Gate::State::restore_dirty() {
  for (uint32_t slot = 0; slot <= kernel->live().slots_high; ++slot)
    if (load(kernel->slot[slot].marked) != 0)
      std::atomic_ref<uint64_t>(kernel->dirty[slot / 64]).fetch_or(uint64_t{1} << slot % 64);
}

size_t Gate::sums(const std::function<void(const model::LineSum&)>& on_sum) {
  State& s = *state_;
  size_t n = s.last_words.size();
  for (const model::LineSum& sum : s.last_words) on_sum(sum);
  s.last_words.clear();
  const size_t words = s.kernel->live().slots_high / 64 + 1;
  for (size_t w = 0; w < words; ++w) {
    std::atomic_ref<uint64_t> word(s.kernel->dirty[w]);
    if (word.load(std::memory_order_relaxed) == 0) continue;
    for (uint64_t bits = word.exchange(0); bits != 0; bits &= bits - 1) {
      model::LineSum sum;
      if (!s.collect(static_cast<uint32_t>(w * 64 + static_cast<size_t>(__builtin_ctzll(bits))), sum)) continue;
      on_sum(sum);
      ++n;
    }
  }
  return n;
}

Stats Gate::stats() const {
  const Kernel& k = *state_->kernel;
  Stats out;
  std::vector<pn_percpu> cpus(static_cast<size_t>(std::max(libbpf_num_possible_cpus(), 1)));
  const uint32_t zero = 0;
  bpf_map_lookup_elem(k.percpu, &zero, cpus.data());
  for (size_t i = 0; i < kCounterNames.size(); ++i) {
    uint64_t sum = 0;
    for (const pn_percpu& cpu : cpus) sum += cpu.counter[i];
    out.counters.emplace_back(kCounterNames[i], sum);
  }
  out.lines = state_->slots.in_use();
  out.lines_max = k.live().lines_max;
  out.pages = state_->pages.pages_in_use();
  out.pages_max = k.live().pages_max;
  out.prefixes6 = state_->pages.prefixes6();
  out.prefixes6_max = k.live().lines_max;
  out.listed = state_->slots.listed_entries();
  out.listed_max = bpf_map__max_entries(k.object->maps.pn_listed);
  out.pending = count_entries(k.pending);
  out.pending_max = bpf_map__max_entries(k.object->maps.pn_pending);
  out.holds = state_->holds.size();
  out.holds_max = bpf_map__max_entries(k.object->maps.pn_hold);
  out.holds_refused = state_->holds.refused();
  out.refused = state_->refused_total;
  return out;
}

}  // namespace postern::gate
