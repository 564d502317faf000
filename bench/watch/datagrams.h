// SPDX-License-Identifier: Apache-2.0
// NetFlow v9 (RFC 3954) as a router sends it: one template, 30 records of IPv4 a datagram, one in a hundred of mail,
// five in a hundred of what lines ask for without an answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace postern::bench {

inline constexpr uint32_t kRecordsEach = 30;
inline constexpr size_t kRecordOctets = 41;
inline constexpr size_t kDataAt = 20 + 4;  // of a datagram without template: header, set header

class Datagrams {
 public:
  explicit Datagrams(uint32_t subscribers);
  // The datagram that holds only the template.
  [[nodiscard]] std::vector<uint8_t> announcement(uint32_t now_s);
  // The next one; valid until the call after.
  [[nodiscard]] const std::vector<uint8_t>& next(uint32_t now_s);

 private:
  void put_header(std::vector<uint8_t>& out, uint32_t now_s) const;

  uint32_t subscribers_;
  uint32_t sequence_ = 0;
  uint64_t state_ = 88172645463325252ULL;
  std::vector<uint8_t> octets_;
};

}  // namespace postern::bench
