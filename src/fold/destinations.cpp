// SPDX-License-Identifier: Apache-2.0
#include "fold/destinations.h"

#include <algorithm>
#include <bit>

namespace postern::fold {
namespace {

constexpr int kHashes = 7;  // best for ten bits a pair

// The finalizer of MurmurHash3, 64 bits.
constexpr uint64_t mixed(uint64_t x) {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdULL;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53ULL;
  return x ^ (x >> 33);
}

// FNV-1a, 64 bits.
constexpr uint64_t kBasis = 14'695'981'039'346'656'037ULL;
constexpr uint64_t fnv(uint64_t h, uint8_t byte) { return (h ^ byte) * 1'099'511'628'211ULL; }

bool has(const std::vector<uint64_t>& filter, uint64_t bit) { return (filter[bit >> 6] >> (bit & 63) & 1) != 0; }

}  // namespace

Destinations::Destinations(Duration memory, size_t bits)
    : half_{std::max<int64_t>(memory.us / 2, 1)},
      mask_(std::bit_ceil(std::max<size_t>(bits, 64)) - 1),
      now_((mask_ + 1) / 64),
      before_((mask_ + 1) / 64) {}

void Destinations::turn(Time now) {
  if (!since_) since_ = now;
  if (now - since_ < half_) return;
  if (now - since_ < half_ * 2) {
    now_.swap(before_);
    since_ = since_ + half_;
  } else {
    std::ranges::fill(before_, 0);
    since_ = now;
  }
  std::ranges::fill(now_, 0);
  added_ = 0;
}

bool Destinations::first(uint64_t line, uint64_t what, Time now) {
  turn(now);
  const uint64_t a = mixed(mixed(line) ^ what);
  const uint64_t b = mixed(a ^ what) | 1;
  bool known_now = true;
  bool known_before = true;
  for (int i = 0; i < kHashes; ++i) {
    const uint64_t bit = (a + b * static_cast<uint64_t>(i)) & mask_;
    known_before = known_before && has(before_, bit);
    known_now = known_now && has(now_, bit);
    now_[bit >> 6] |= uint64_t{1} << (bit & 63);
  }
  added_ += known_now ? 0 : 1;
  return !known_now && !known_before;
}

uint64_t fingerprint(const Prefix& network) {
  uint64_t h = fnv(kBasis, network.length);
  for (const uint8_t byte : network.address.bytes) h = fnv(h, byte);
  return std::max<uint64_t>(h, 1);
}

uint64_t fingerprint(std::string_view name) {
  uint64_t h = kBasis;
  for (const char c : name) h = fnv(h, static_cast<uint8_t>(c));
  return std::max<uint64_t>(h, 1);
}

}  // namespace postern::fold
