// SPDX-License-Identifier: Apache-2.0
// A cursor over foreign octets in network order. Never reads past the end: what is missing reads as zero and ok() is
// false from then on, so that a decoder checks once where it matters.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "base/codec.h"
#include "base/ip.h"

namespace postern::wire {

class Octets {
 public:
  explicit Octets(ByteView in) : in_(in) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] size_t at() const { return at_; }
  [[nodiscard]] size_t left() const { return in_.size() - at_; }
  [[nodiscard]] ByteView rest() const { return in_.subspan(at_); }

  // n octets, or nothing when there are fewer.
  ByteView take(size_t n) {
    if (!ok_ || n > left()) {
      ok_ = false;
      return {};
    }
    const ByteView out = in_.subspan(at_, n);
    at_ += n;
    return out;
  }
  bool skip(size_t n) {
    take(n);
    return ok_;
  }
  uint8_t u8() { return static_cast<uint8_t>(number(1)); }
  uint16_t u16() { return static_cast<uint16_t>(number(2)); }
  uint32_t u32() { return static_cast<uint32_t>(number(4)); }
  uint64_t u64() { return number(8); }
  IpAddress v4() { return address(Family::v4, 4); }
  IpAddress v6() { return address(Family::v6, 16); }

 private:
  uint64_t number(size_t n) {
    uint64_t v = 0;
    for (const std::byte b : take(n)) v = v << 8 | static_cast<uint8_t>(b);
    return v;
  }
  IpAddress address(Family family, size_t n) {
    const ByteView b = take(n);
    if (!ok_) return {};
    IpAddress a{.family = family, .bytes = {}};
    std::memcpy(a.bytes.data(), b.data(), n);
    return a;
  }

  ByteView in_;
  size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace postern::wire
