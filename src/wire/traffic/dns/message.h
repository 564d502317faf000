// SPDX-License-Identifier: Apache-2.0
// The head and the question of a DNS message (RFC 1035 sections 4.1.1 and 4.1.2); records are never looked at, so the
// message may end anywhere after its question (a capture cut it, or it is a first fragment). Pure; foreign bytes in.
// Limits: one question (RFC 9619; others are an error), names of at most 255 octets (section 2.3.4), compression
// pointers backwards only, at most kDnsPointersMax of them (section 4.1.4).
#pragma once

#include <cstdint>
#include <string>

#include "base/codec.h"
#include "base/result.h"

namespace postern::wire {

inline constexpr size_t kDnsHeadOctets = 12;
inline constexpr size_t kDnsNameOctetsMax = 255;
inline constexpr size_t kDnsPointersMax = 8;
inline constexpr uint16_t kDnsTypeA = 1;
inline constexpr uint16_t kDnsTypeMx = 15;
inline constexpr uint16_t kDnsTypeAaaa = 28;
inline constexpr uint16_t kDnsClassInternet = 1;

struct DnsMessage {
  uint16_t id = 0;
  bool response = false;
  uint8_t opcode = 0;
  bool cut = false;  // TC: the client asks again over TCP
  uint8_t rcode = 0;
  uint16_t type = 0;
  uint16_t class_ = 0;
  // Lower case, without the last dot; the root is "". Octets that are not printable, dots inside a label and
  // backslashes as \DDD (section 5.1), so it is always plain ASCII and two names are never one text.
  std::string name;
};

[[nodiscard]] Result<DnsMessage> decode_dns(ByteView message);
// The type of the question alone: what is not wanted costs no name. Zero: broken.
[[nodiscard]] uint16_t dns_question_type(ByteView message);

// A/AAAA names that look like a mail server: (mx|smtp|mail|relay|gate|ns)[0-9]*\. at the front.
[[nodiscard]] bool looks_like_mail_server(std::string_view name);

// For tests and probes. The name in the text form above; labels of 1 to 63 octets.
[[nodiscard]] Bytes encode_dns_question(const DnsMessage& message);

}  // namespace postern::wire
