// SPDX-License-Identifier: Apache-2.0
#include "bench/watch/datagrams.h"

#include <array>

namespace postern::bench {
namespace {

constexpr uint32_t kUptimeMs = 3'600'000;
constexpr uint16_t kTemplate = 260;
constexpr uint64_t kSilentFrom = 95;

struct Field {
  uint16_t type;
  uint16_t octets;
};
// RFC 3954 section 8.
constexpr std::array<Field, 11> kFields{
    {{8, 4}, {12, 4}, {7, 2}, {11, 2}, {4, 1}, {6, 1}, {2, 8}, {1, 8}, {22, 4}, {21, 4}, {10, 3}}};

void put(std::vector<uint8_t>& out, uint64_t v, int octets) {
  for (int i = octets - 1; i >= 0; --i) out.push_back(static_cast<uint8_t>(v >> 8 * i));
}

}  // namespace

Datagrams::Datagrams(uint32_t subscribers) : subscribers_(subscribers) {}

void Datagrams::put_header(std::vector<uint8_t>& out, uint32_t now_s) const {
  put(out, 9, 2);
  put(out, kRecordsEach, 2);
  put(out, kUptimeMs, 4);
  put(out, now_s, 4);
  put(out, sequence_, 4);
  put(out, 1, 4);
}

std::vector<uint8_t> Datagrams::announcement(uint32_t now_s) {
  std::vector<uint8_t> out;
  put_header(out, now_s);
  out[3] = 1;
  ++sequence_;
  put(out, 0, 2);
  put(out, 8 + 4 * kFields.size(), 2);
  put(out, kTemplate, 2);
  put(out, kFields.size(), 2);
  for (const Field& f : kFields) {
    put(out, f.type, 2);
    put(out, f.octets, 2);
  }
  return out;
}

const std::vector<uint8_t>& Datagrams::next(uint32_t now_s) {
  octets_.clear();
  put_header(octets_, now_s);
  ++sequence_;
  const size_t set = 4 + kRecordsEach * kRecordOctets;
  const size_t padded = (set + 3) / 4 * 4;
  put(octets_, kTemplate, 2);
  put(octets_, padded, 2);
  for (uint32_t i = 0; i < kRecordsEach; ++i) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    const uint64_t r = state_;
    const bool mail = r % 100 == 0;
    const bool back = (r >> 8 & 1) != 0;
    const uint32_t line = 0x0a000001U + static_cast<uint32_t>((r >> 16) % subscribers_);
    const uint32_t far = 0x2d000000U + static_cast<uint32_t>(r >> 40 & 0xffffff);
    const uint16_t service = mail ? 25 : 443;
    const auto client = static_cast<uint16_t>(1'024 + (r >> 20) % 60'000);
    put(octets_, back ? far : line, 4);
    put(octets_, back ? line : far, 4);
    put(octets_, back ? service : client, 2);
    put(octets_, back ? client : service, 2);
    put(octets_, 6, 1);
    // Mail: the question or the answer. The rest are whole connections, but for some that nobody answered.
    const bool silent = !mail && !back && r % 100 >= kSilentFrom;
    put(octets_, mail && back ? 0x12 : mail || silent ? 0x02 : 0x1b, 1);
    put(octets_, 1 + r % 9, 8);
    put(octets_, 60 * (1 + r % 9), 8);
    put(octets_, kUptimeMs - 2'000, 4);
    put(octets_, kUptimeMs - 1'000, 4);
    put(octets_, 1, 3);
  }
  octets_.resize(20 + padded);
  return octets_;
}

}  // namespace postern::bench
