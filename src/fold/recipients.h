// SPDX-License-Identifier: Apache-2.0
// Recipients: whom an account wrote to lately, as 1,024 bits of a Bloom filter for this month and as many for the one
// before. Plain memory, so that it may lie in a table of the relay's meters; the hash is the owner's.
//
// A recipient is remembered for one to two months: a monthly letter knows its readers. Who writes to more than some 300
// different ones in that time is told of fewer new ones than there are (from 10 % at 200 on): a hidden new recipient
// errs on the safe side. Which of them were new within a day or two is kept in 512 bits more.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace postern::fold {

struct Recipients {
  static constexpr uint32_t kPeriodSeconds = 31 * 86'400;
  static constexpr size_t kWords = 16;
  static constexpr size_t kFreshWords = 8;

  std::array<uint64_t, kWords> now{};
  std::array<uint64_t, kWords> before{};
  std::array<uint64_t, kFreshWords> fresh{};  // those that were new today
  std::array<uint64_t, kFreshWords> fresh_before{};
  uint32_t period = 0;
  uint32_t day = 0;

  // Whether this one is new; from here on it is not.
  bool is_new(uint64_t hash, uint32_t now_s) {
    roll(now_s);
    const auto a = static_cast<size_t>(hash % (kWords * 64));
    const auto b = static_cast<size_t>((hash >> 32) % (kWords * 64));
    const uint64_t bit_a = uint64_t{1} << (a % 64);
    const uint64_t bit_b = uint64_t{1} << (b % 64);
    const bool known = ((now[a / 64] | before[a / 64]) & bit_a) != 0 && ((now[b / 64] | before[b / 64]) & bit_b) != 0;
    now[a / 64] |= bit_a;
    now[b / 64] |= bit_b;
    if (!known) fresh[a / 64 % kFreshWords] |= bit_a;
    return !known;
  }

  // Whether it was new today or yesterday, once: the first that receivers say of it is about how it came to be written
  // to.
  bool take_fresh(uint64_t hash, uint32_t now_s) {
    roll(now_s);
    const auto a = static_cast<size_t>(hash % (kWords * 64));
    const uint64_t bit = uint64_t{1} << (a % 64);
    uint64_t& today = fresh[a / 64 % kFreshWords];
    uint64_t& yesterday = fresh_before[a / 64 % kFreshWords];
    const bool was = ((today | yesterday) & bit) != 0;
    today &= ~bit;
    yesterday &= ~bit;
    return was;
  }

  void roll(uint32_t now_s) {
    if (const uint32_t today = now_s / 86'400; today != day) {
      fresh_before = today == day + 1 ? fresh : std::array<uint64_t, kFreshWords>{};
      fresh = {};
      day = today;
    }
    const uint32_t wanted = now_s / kPeriodSeconds;
    if (wanted == period) return;
    before = wanted == period + 1 ? now : std::array<uint64_t, kWords>{};
    now = {};
    period = wanted;
  }
};

}  // namespace postern::fold
