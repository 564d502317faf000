// SPDX-License-Identifier: Apache-2.0
// Inside the room only: what a Gate holds. Its members are spread over gate.cpp (tables), network.cpp, events.cpp and
// hooks.cpp, one per subject.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "gate/gate.h"
#include "gate/kernel.h"
#include "gate/pages.h"
#include "gate/policy.h"
#include "gate/slots.h"

struct ring_buffer;

namespace postern::gate {

struct Gate::State {
  explicit State(std::unique_ptr<Kernel> k);
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  using Interfaces = std::unordered_map<std::string, uint32_t>;  // by name, for one change
  struct Wish {
    const model::LineEntry* entry;
    SlotPolicy policy;
  };
  [[nodiscard]] Result<Wish> wish_of(const model::LineEntry& entry, const Clocks& clocks, Interfaces& known) const;
  [[nodiscard]] std::vector<EntryResult> set_all(const std::vector<model::LineEntry>& entries, const Clocks& clocks,
                                                 bool only_refused);
  [[nodiscard]] Status place(const Wish& wish, uint32_t wanted, const Clocks& clocks);
  void remove(const Prefix& prefix, const Clocks& clocks);
  [[nodiscard]] Duration memory_of(const std::string& class_name) const;
  [[nodiscard]] EntryResult refused(const model::LineEntry& entry, const Error& error);

  // The delta of one slot, or false when there is none.
  bool collect(uint32_t slot, model::LineSum& sum);
  // After a restart: the one before may have died between taking a slot's bit and its mark.
  void restore_dirty();
  [[nodiscard]] model::SubscriberId line_of(uint32_t slot) const { return {kernel->note[slot].line}; }
  [[nodiscard]] bool returns_seen(uint32_t ifindex) const;

  std::unique_ptr<Kernel> kernel;
  Pages pages;
  Slots slots;
  Holds holds;
  Network network;
  std::vector<Attached> attached;
  std::vector<model::LineSum> last_words;  // of slots wiped between two sums()
  ring_buffer* ring = nullptr;
  const OnContact* on_contact = nullptr;  // during drain()
  Clocks drain_clocks;
  uint64_t refused_total = 0;
};

// `now` beside the kernel's boot clock.
[[nodiscard]] Clocks clocks_at(Time now);
[[nodiscard]] model::Verdict verdict_of(unsigned pn_verdict);

}  // namespace postern::gate
