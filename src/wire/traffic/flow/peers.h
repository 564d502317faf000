// SPDX-License-Identifier: Apache-2.0
// Networks whose records are wanted whatever their ports are: a filter with one bit for each /24 (IPv6: /48), by hash,
// so that a record which is passed over is passed over as fast as before. It says yes to a few networks that are not in
// it, never no to one that is: who wants to be sure looks it up. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/codec.h"
#include "base/ip.h"

namespace postern::wire {

class Peers {
 public:
  static constexpr size_t kBits = size_t{1} << 20;
  static constexpr uint8_t kLengthV4 = 24;
  static constexpr uint8_t kLengthV6 = 48;

  // Of a prefix at least as long as these.
  void add(const Prefix& prefix);
  [[nodiscard]] bool empty() const { return bits_.empty(); }
  [[nodiscard]] bool may_have(const IpAddress& address) const {
    return address.family == Family::v4 ? may_have_v4(octets_of(address)) : may_have_v6(octets_of(address));
  }
  // The same of an address as its octets lie in a record.
  [[nodiscard]] bool may_have_v4(ByteView octets) const { return has(number_of(octets, kLengthV4 / 8)); }
  [[nodiscard]] bool may_have_v6(ByteView octets) const { return has(number_of(octets, kLengthV6 / 8)); }

 private:
  [[nodiscard]] static ByteView octets_of(const IpAddress& address) { return std::as_bytes(std::span(address.bytes)); }
  // The two families' numbers never meet: those of IPv4 have 24 bits.
  [[nodiscard]] static uint64_t number_of(ByteView octets, size_t count) {
    uint64_t out = count == kLengthV6 / 8 ? 1 : 0;
    for (size_t i = 0; i < count; ++i) out = out << 8 | static_cast<uint8_t>(octets[i]);
    return out;
  }
  [[nodiscard]] static size_t bit_of(uint64_t number) {
    return static_cast<size_t>(number * 0x9e3779b97f4a7c15U >> 44);  // its 20 highest bits
  }
  [[nodiscard]] bool has(uint64_t number) const {
    const size_t bit = bit_of(number);
    return !bits_.empty() && (bits_[bit / 64] >> bit % 64 & 1U) != 0;
  }

  std::vector<uint64_t> bits_;
};

}  // namespace postern::wire
