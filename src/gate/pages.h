// SPDX-License-Identifier: Apache-2.0
// Inside the room only: which prefix has which slot, and the kernel's tables of it. IPv4 is a flat two-level table
// (block of 4,096 addresses, address), IPv6 a hash per prefix length. A longer prefix wins inside a shorter one.
// And which prefixes are held.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "gate/kernel.h"

namespace postern::gate {

class Pages {
 public:
  explicit Pages(Kernel& kernel);

  [[nodiscard]] uint32_t find(const Prefix& p) const;  // the slot set for exactly this prefix, or 0
  // Points the prefix to the slot: one store or one map update per covered address, none of them without an entry.
  [[nodiscard]] Status set(const Prefix& p, uint32_t slot);
  void remove(const Prefix& p);
  // The slot a single IPv4 address would best have (PN_HOME), 0 for other prefixes. Claims its page: call settle() when
  // the prefix does not come after all.
  [[nodiscard]] Result<uint32_t> home(const Prefix& p);
  void settle(const Prefix& p);
  // What the kernel would find.
  [[nodiscard]] uint32_t look_up(const IpAddress& a) const;
  // After adoption: what no prefix here explains goes.
  void sweep();

  template <class F>
  void each(F&& f) const {
    for (const auto& [prefix, slot] : slots_) f(prefix, slot);
  }
  [[nodiscard]] uint32_t pages_in_use() const { return pages_in_use_; }
  [[nodiscard]] uint32_t prefixes6() const { return prefixes6_; }
  [[nodiscard]] size_t size() const { return slots_.size(); }
  void reserve(size_t n) { slots_.reserve(n); }

 private:
  [[nodiscard]] Status set4(const Prefix& p, uint32_t slot);
  [[nodiscard]] Status set6(const Prefix& p, uint32_t slot);
  [[nodiscard]] Status claim_page(uint32_t block);
  void return_page(uint32_t block);
  [[nodiscard]] uint32_t owner4(uint32_t address, uint8_t longest) const;
  void paint(const Prefix& p);
  void paint_block(uint32_t block);
  [[nodiscard]] Status claim_length6(uint8_t length);
  void publish_lengths6();
  [[nodiscard]] uint32_t& block_word(uint32_t block) const { return kernel_.block[block / 16].v[block % 16]; }
  [[nodiscard]] uint32_t& leaf_word(uint32_t page, uint32_t address) const {
    return kernel_.leaf[page * (PN_PAGE_ADDRESSES / 16) + (address >> 4 & 255)].v[address & 15];
  }

  Kernel& kernel_;
  std::unordered_map<Prefix, uint32_t> slots_;
  std::array<uint32_t, 33> count4_{};
  std::array<uint32_t, 129> count6_{};
  std::array<bool, 129> adopted6_{};                 // lengths found in force; until sweep()
  std::unordered_map<uint32_t, uint32_t> in_block_;  // block -> prefixes longer than /20
  std::vector<uint32_t> free_pages_;
  std::vector<uint32_t> resting_pages_;  // a program may still read them
  uint32_t pages_in_use_ = 0;
  uint32_t prefixes6_ = 0;
};

// The kernel's table of held prefixes, and the filter that keeps every other packet away from it. A hold names the slot
// of its line: it has no effect on an address that has become another line's. When the table is full the hold is
// refused (Errc::limit) and the line goes on without: a restriction fails open, with an alarm.
class Holds {
 public:
  explicit Holds(Kernel& kernel);  // takes over what it finds

  // What the entry says; Hold::none takes an older hold away.
  [[nodiscard]] Status set(const model::LineEntry& entry, uint32_t slot);
  void remove(const Prefix& p);
  // After adoption: what is not wanted any more goes.
  void keep(const std::unordered_set<Prefix>& wanted);
  // What the kernel would find for an address that has this slot.
  [[nodiscard]] pn_hold at(const IpAddress& a, uint32_t slot) const;
  [[nodiscard]] uint32_t size() const { return static_cast<uint32_t>(holds_.size()); }
  [[nodiscard]] uint64_t refused() const { return refused_; }

 private:
  void mark(const Prefix& p, bool held);

  Kernel& kernel_;
  std::unordered_map<Prefix, pn_hold> holds_;
  std::vector<uint32_t> prefixes_of_bit_;
  uint64_t refused_ = 0;
};

}  // namespace postern::gate
