// SPDX-License-Identifier: Apache-2.0
#include "gate/pages.h"

#include <algorithm>
#include <bpf/bpf.h>
#include <cerrno>
#include <fmt/format.h>
#include <netinet/in.h>

#include "gate/policy.h"

namespace postern::gate {
namespace {
constexpr uint8_t kBlockLength = 20;
constexpr uint32_t kBlockShift = 32 - kBlockLength;
uint32_t first_of(const Prefix& p) { return p.address.v4_host_order(); }
uint64_t size_of(const Prefix& p) { return uint64_t{1} << (32 - p.length); }

static_assert(model::kClosedMax == PN_CLOSED_MAX);

unsigned offset_of(Family f) { return f == Family::v4 ? 96 : 0; }

pn_hold_key key_of(const Prefix& p) {
  pn_hold_key k{};
  k.bits = offset_of(p.address.family) + p.length;
  std::ranges::copy(mapped(p.address), k.address);
  return k;
}

Prefix prefix_of_key(const pn_hold_key& k) {
  const IpAddress a = unmapped(k.address);
  return Prefix::of(a, static_cast<uint8_t>(k.bits - offset_of(a.family)));
}

// Only what was written: an update would give the line new tokens.
bool same(const pn_hold& a, const pn_hold& b) {
  return a.slot == b.slot && a.kind == b.kind && std::ranges::equal(a.closed, b.closed);
}

pn_hold hold_of(const model::LineEntry& e, uint32_t slot) {
  pn_hold h{};
  h.slot = slot;
  h.kind = e.hold == model::Hold::garden ? PN_HOLD_GARDEN : PN_HOLD_SERVICES;
  for (size_t i = 0; i < e.closed.size(); ++i)
    h.closed[i] =
        PN_CLOSED(e.closed[i].transport == model::Transport::tcp ? IPPROTO_TCP : IPPROTO_UDP, e.closed[i].port);
  return h;
}

// The first bits of an address that the filter hashes: 24 of IPv4, 48 of IPv6.
uint64_t head_of(const IpAddress& a) {
  uint64_t head = 0;
  const size_t octets = a.family == Family::v4 ? 3 : 6;
  for (size_t i = 0; i < octets; ++i) head = head << 8 | a.bytes[i];
  return head;
}

}  // namespace

Pages::Pages(Kernel& kernel) : kernel_(kernel) {
  if (!kernel.adopted) return;
  std::vector<bool> used(kernel_.live().pages_high + 1, false);
  for (uint32_t b = 0; b < PN_BLOCKS; ++b) {
    const uint32_t page = load(block_word(b));
    if (page == 0 || (page & PN_BLOCK_SLOT) != 0 || page >= used.size()) continue;
    used[page] = true;
    ++pages_in_use_;
  }
  for (uint32_t page = 1; page < used.size(); ++page)
    if (!used[page]) free_pages_.push_back(page);
  for (const uint8_t length : kernel_.live().lengths6) adopted6_[length] = length != 0;
}

uint32_t Pages::find(const Prefix& p) const {
  const auto it = slots_.find(p);
  return it == slots_.end() ? 0 : it->second;
}

Status Pages::set(const Prefix& p, uint32_t slot) {
  return p.address.family == Family::v4 ? set4(p, slot) : set6(p, slot);
}

Status Pages::set4(const Prefix& p, uint32_t slot) {
  const uint32_t block = first_of(p) >> kBlockShift;
  const auto [it, fresh] = slots_.try_emplace(p, slot);
  it->second = slot;
  if (fresh) {
    if (p.length > kBlockLength) {
      if (auto claimed = claim_page(block); !claimed) {
        slots_.erase(it);
        return claimed;
      }
      ++in_block_[block];
    }
    ++count4_[p.length];
  }
  if (p.length == 32)
    store(leaf_word(load(block_word(block)), first_of(p)), slot);
  else
    paint(p);
  return {};
}

// The longest prefix of at most `longest` bits that holds the address.
uint32_t Pages::owner4(uint32_t address, uint8_t longest) const {
  const IpAddress a = IpAddress::v4(address);
  for (int length = longest; length >= 0; --length) {
    if (count4_[static_cast<size_t>(length)] == 0) continue;
    if (const uint32_t slot = find(Prefix::of(a, static_cast<uint8_t>(length))); slot != 0) return slot;
  }
  return 0;
}

Status Pages::claim_page(uint32_t block) {
  const uint32_t word = load(block_word(block));
  if (word != 0 && (word & PN_BLOCK_SLOT) == 0) return {};
  if (free_pages_.empty() && kernel_.live().pages_high < kernel_.live().pages_max) {
    const uint32_t page = kernel_.live().pages_high + 1;
    store(kernel_.live().pages_high, page);
    free_pages_.push_back(page);
  }
  if (free_pages_.empty() && !resting_pages_.empty()) {
    wait_for_programs();
    free_pages_.swap(resting_pages_);
  }
  if (free_pages_.empty())
    return fail(Errc::limit, fmt::format("all {} blocks of 4,096 IPv4 addresses are in use", kernel_.live().pages_max),
                {}, "raise [gate] pages_max");
  const uint32_t page = free_pages_.back();
  free_pages_.pop_back();
  ++pages_in_use_;
  const uint32_t slot = word & ~PN_BLOCK_SLOT;
  for (uint32_t i = 0; i < PN_PAGE_ADDRESSES; ++i) store(leaf_word(page, i), slot);
  store(block_word(block), page);
  return {};
}

void Pages::return_page(uint32_t block) {
  const uint32_t page = load(block_word(block));
  if (page == 0 || (page & PN_BLOCK_SLOT) != 0) return;
  const uint32_t slot = owner4(block << kBlockShift, kBlockLength);
  store(block_word(block), slot == 0 ? 0 : slot | PN_BLOCK_SLOT);
  resting_pages_.push_back(page);
  --pages_in_use_;
}

Result<uint32_t> Pages::home(const Prefix& p) {
  if (p.address.family != Family::v4 || p.length != 32) return 0;
  const uint32_t block = first_of(p) >> kBlockShift;
  PN_TRY_VOID(claim_page(block));
  return PN_HOME(load(block_word(block)), first_of(p));
}

void Pages::settle(const Prefix& p) {
  if (p.address.family != Family::v4 || p.length <= kBlockLength) return;
  const uint32_t block = first_of(p) >> kBlockShift;
  if (!in_block_.contains(block)) return_page(block);
}

void Pages::paint_block(uint32_t block) {
  const uint32_t word = load(block_word(block));
  const uint32_t base = block << kBlockShift;
  if (word == 0 || (word & PN_BLOCK_SLOT) != 0) {
    const uint32_t slot = owner4(base, kBlockLength);
    store(block_word(block), slot == 0 ? 0 : slot | PN_BLOCK_SLOT);
    return;
  }
  for (uint32_t i = 0; i < PN_PAGE_ADDRESSES; ++i) {
    const uint32_t slot = owner4(base | i, 32);
    if (load(leaf_word(word, i)) != slot) store(leaf_word(word, i), slot);
  }
}

void Pages::paint(const Prefix& p) {
  if (p.length <= kBlockLength) {
    const uint32_t first = first_of(p) >> kBlockShift;
    for (uint64_t b = 0; b < size_of(p) >> kBlockShift; ++b) paint_block(first + static_cast<uint32_t>(b));
    return;
  }
  const uint32_t page = load(block_word(first_of(p) >> kBlockShift));
  if (page == 0 || (page & PN_BLOCK_SLOT) != 0) return;
  for (uint32_t i = 0; i < size_of(p); ++i) store(leaf_word(page, first_of(p) + i), owner4(first_of(p) + i, 32));
}

Status Pages::claim_length6(uint8_t length) {
  if (count6_[length] != 0 || adopted6_[length]) return {};
  size_t in_use = 0;
  for (size_t l = 1; l < count6_.size(); ++l) in_use += count6_[l] != 0 || adopted6_[l] ? 1 : 0;
  if (in_use >= PN_LENGTHS6)
    return fail(Errc::limit, fmt::format("a fifth IPv6 prefix length (/{}) beside the four in use", length), {},
                "give lines prefixes of at most four lengths");
  return {};
}

void Pages::publish_lengths6() {
  std::array<uint8_t, PN_LENGTHS6> lengths{};
  size_t n = 0;
  for (size_t length = count6_.size() - 1; length > 0 && n < lengths.size(); --length)
    if (count6_[length] != 0 || adopted6_[length]) lengths[n++] = static_cast<uint8_t>(length);
  // One word, so that no program sees half of it.
  store(reinterpret_cast<uint32_t&>(kernel_.live().lengths6), std::bit_cast<uint32_t>(lengths));
}

Status Pages::set6(const Prefix& p, uint32_t slot) {
  if (p.length == 0) return fail(Errc::bad_input, "::/0 cannot be a line");
  PN_TRY_VOID(claim_length6(p.length));
  const pn_key6 key = key6_of(p);
  if (bpf_map_update_elem(kernel_.prefix6, &key, &slot, BPF_ANY) != 0)
    return fail(Errc::limit, "the table of IPv6 prefixes is full", {}, "raise [gate] lines_max");
  if (slots_.insert_or_assign(p, slot).second) {
    ++prefixes6_;
    if (count6_[p.length]++ == 0) publish_lengths6();
  }
  return {};
}

void Pages::remove(const Prefix& p) {
  if (slots_.erase(p) == 0) return;
  if (p.address.family == Family::v6) {
    const pn_key6 key = key6_of(p);
    bpf_map_delete_elem(kernel_.prefix6, &key);
    --prefixes6_;
    if (--count6_[p.length] == 0) publish_lengths6();
    return;
  }
  --count4_[p.length];
  paint(p);
  if (p.length <= kBlockLength) return;
  const uint32_t block = first_of(p) >> kBlockShift;
  if (const auto it = in_block_.find(block); it != in_block_.end() && --it->second == 0) {
    in_block_.erase(it);
    return_page(block);
  }
}

uint32_t Pages::look_up(const IpAddress& a) const {
  if (a.family == Family::v4) {
    const uint32_t word = load(block_word(a.v4_host_order() >> kBlockShift));
    if ((word & PN_BLOCK_SLOT) != 0) return word & ~PN_BLOCK_SLOT;
    return load(leaf_word(word, a.v4_host_order()));
  }
  for (const uint8_t length : kernel_.live().lengths6) {
    if (length == 0) break;
    const pn_key6 key = key6_of(Prefix::of(a, length));
    uint32_t slot = 0;
    if (bpf_map_lookup_elem(kernel_.prefix6, &key, &slot) == 0) return slot;
  }
  return 0;
}

void Pages::sweep() {
  for (uint32_t b = 0; b < PN_BLOCKS; ++b) {
    const uint32_t word = load(block_word(b));
    if (word == 0) continue;
    if ((word & PN_BLOCK_SLOT) == 0 && !in_block_.contains(b))
      return_page(b);
    else
      paint_block(b);
  }
  std::vector<pn_key6> stale;
  pn_key6 key{};
  pn_key6* at = nullptr;
  while (bpf_map_get_next_key(kernel_.prefix6, at, &key) == 0) {
    if (!slots_.contains(prefix_of(key))) stale.push_back(key);
    at = &key;
  }
  for (const pn_key6& k : stale) bpf_map_delete_elem(kernel_.prefix6, &k);
  adopted6_ = {};
  publish_lengths6();
}

Holds::Holds(Kernel& kernel) : kernel_(kernel), prefixes_of_bit_(PN_HOLD_BITS, 0) {
  if (!kernel.adopted) return;
  pn_hold_key key{};
  pn_hold_key* at = nullptr;
  while (bpf_map_get_next_key(kernel_.hold, at, &key) == 0) {
    at = &key;
    pn_hold value{};
    if (bpf_map_lookup_elem(kernel_.hold, &key, &value) == 0) holds_.emplace(prefix_of_key(key), value);
  }
  for (const auto& [prefix, value] : holds_) mark(prefix, true);
  pn_hold_filter& f = kernel_.hold_filter[0];
  for (uint32_t bit = 0; bit < PN_HOLD_BITS; ++bit)  // of a change that was cut short
    if (prefixes_of_bit_[bit] == 0) store(f.bits[bit / 64], load(f.bits[bit / 64]) & ~(__u64{1} << bit % 64));
  store(f.holds, __u64{holds_.size()});
}

void Holds::mark(const Prefix& p, bool held) {
  const int hashed = p.address.family == Family::v4 ? 24 : 48;
  const int open = std::max(hashed - p.length, 0);
  const bool all = open > 15;  // covers more heads than there are bits
  const uint64_t first = all ? 0 : head_of(p.address);
  const uint64_t count = all ? PN_HOLD_BITS : uint64_t{1} << open;
  for (uint64_t i = 0; i < count; ++i) {
    const uint32_t bit = all ? static_cast<uint32_t>(i) : PN_HOLD_HASH(first + i);
    __u64& word = kernel_.hold_filter[0].bits[bit / 64];
    const __u64 mask = __u64{1} << bit % 64;
    if (held && prefixes_of_bit_[bit]++ == 0) store(word, load(word) | mask);
    if (!held && --prefixes_of_bit_[bit] == 0) store(word, load(word) & ~mask);
  }
}

Status Holds::set(const model::LineEntry& entry, uint32_t slot) {
  if (entry.hold == model::Hold::none) {
    remove(entry.prefix);
    return {};
  }
  const pn_hold wanted = hold_of(entry, slot);
  const auto it = holds_.find(entry.prefix);
  if (it != holds_.end() && same(it->second, wanted)) return {};
  const pn_hold_key key = key_of(entry.prefix);
  if (bpf_map_update_elem(kernel_.hold, &key, &wanted, BPF_ANY) != 0) {
    remove(entry.prefix);
    ++refused_;
    return fail(Errc::limit, fmt::format("all {} held prefixes are in use: the line is not held back", size()), {},
                "release lines that behave (postern case list)");
  }
  if (it == holds_.end()) mark(entry.prefix, true);
  holds_.insert_or_assign(entry.prefix, wanted);
  store(kernel_.hold_filter[0].holds, __u64{holds_.size()});
  return {};
}

void Holds::remove(const Prefix& p) {
  if (holds_.erase(p) == 0) return;
  const pn_hold_key key = key_of(p);
  bpf_map_delete_elem(kernel_.hold, &key);
  mark(p, false);
  store(kernel_.hold_filter[0].holds, __u64{holds_.size()});
}

void Holds::keep(const std::unordered_set<Prefix>& wanted) {
  std::vector<Prefix> gone;
  for (const auto& [prefix, value] : holds_)
    if (!wanted.contains(prefix)) gone.push_back(prefix);
  for (const Prefix& p : gone) remove(p);
}

pn_hold Holds::at(const IpAddress& a, uint32_t slot) const {
  const pn_hold_key key = key_of(Prefix::of(a, a.family == Family::v4 ? 32 : 128));
  pn_hold h{};
  if (bpf_map_lookup_elem(kernel_.hold, &key, &h) != 0 || h.slot != slot) return {};
  return h;
}

}  // namespace postern::gate
