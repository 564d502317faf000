// SPDX-License-Identifier: Apache-2.0
// Inside the room only: which line has which slot. A slot no prefix points to stays parked with its line, so a line
// that comes back finds its tokens, memory and counters; only when no fresh slot is left is the longest parked one
// given to somebody else, wiped, and not before kParkedAtLeast, when no event or pending contact can name it any more.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <unordered_map>
#include <vector>

#include "gate/kernel.h"
#include "gate/policy.h"

namespace postern::gate {

class Slots {
 public:
  static constexpr Duration kParkedAtLeast = seconds(15);
  // `before_wipe` sees a slot a last time while it is still its old line's.
  Slots(Kernel& kernel, std::function<void(uint32_t)> before_wipe);

  // A slot for `line` with `policy` that no other line ever used unwiped; 0 = the table is full.
  // `wanted` = entries of the same change that leave `old` for this same policy. `home` = the slot preferred, or 0.
  [[nodiscard]] uint32_t choose(model::SubscriberId line, const SlotPolicy& policy, const Prefix& prefix, uint32_t old,
                                uint32_t wanted, uint32_t home, uint64_t boot_ns);
  void refer(uint32_t slot) {
    if (references_[slot]++ == 0) ++in_use_;
  }
  void release(uint32_t slot, uint64_t boot_ns);
  // Writes the policy in place. Errors are of the `listed` table; the slot is closed then.
  [[nodiscard]] Status write(uint32_t slot, const SlotPolicy& policy);
  [[nodiscard]] SlotPolicy policy(uint32_t slot) const;
  [[nodiscard]] uint32_t references(uint32_t slot) const { return references_[slot]; }
  [[nodiscard]] uint32_t in_use() const { return in_use_; }
  [[nodiscard]] uint32_t listed_entries() const { return listed_entries_; }

 private:
  struct Parked {
    uint32_t slot;
    uint32_t since_s;
  };
  [[nodiscard]] uint32_t take(uint32_t home, uint64_t boot_ns);
  void wipe(uint32_t slot);
  void own(uint32_t slot, model::SubscriberId line, const Prefix& prefix);
  void forget_line(uint32_t slot);
  void load_listed();

  Kernel& kernel_;
  std::function<void(uint32_t)> before_wipe_;
  std::vector<uint32_t> references_;
  std::unordered_multimap<uint32_t, uint32_t> of_line_;
  std::unordered_map<uint32_t, std::vector<Prefix>> listed_;
  std::vector<uint32_t> parked_since_s_;
  std::deque<Parked> parked_;  // oldest first; stale when the slot is referred to or was parked again
  uint32_t untried_ = 0;       // slots above were given out, or are the home of somebody who took them
  uint32_t in_use_ = 0;
  uint32_t listed_entries_ = 0;
};

}  // namespace postern::gate
