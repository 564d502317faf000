// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/dns/message.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "wire/traffic/octets.h"

namespace postern::wire {
namespace {

constexpr uint8_t kPointer = 0xc0;

std::unexpected<Error> broken(size_t at, std::string_view why) {
  return fail(Errc::bad_input, fmt::format("DNS name at octet {}: {}", at, why));
}

void append_octet(std::string& name, uint8_t c) {
  if (c >= 'A' && c <= 'Z') c = static_cast<uint8_t>(c + ('a' - 'A'));
  if (c <= ' ' || c >= 0x7f || c == '.' || c == '\\') {
    fmt::format_to(std::back_inserter(name), "\\{:03}", c);
  } else {
    name.push_back(static_cast<char>(c));
  }
}

// Leaves `at` behind the name where it stands (not where its pointers lead).
Result<std::string> read_name(ByteView message, size_t& at) {
  std::string name;
  size_t octets = 1;
  size_t pointers = 0;
  size_t here = at;
  size_t lowest = at;  // a pointer must lead before everything read so far: no loops
  bool jumped = false;
  while (true) {
    if (here >= message.size()) return broken(here, "the message ends inside it");
    const auto length = static_cast<uint8_t>(message[here]);
    if (length == 0) break;
    if ((length & kPointer) == kPointer) {
      if (here + 1 >= message.size()) return broken(here, "the message ends inside it");
      const size_t to = (length & 0x3fU) << 8 | static_cast<uint8_t>(message[here + 1]);
      if (++pointers > kDnsPointersMax) return broken(here, "too many pointers");
      if (to >= lowest || to < kDnsHeadOctets) return broken(here, "a pointer that does not lead back");
      if (!jumped) at = here + 2;
      jumped = true;
      here = lowest = to;
      continue;
    }
    if ((length & kPointer) != 0) return broken(here, "a label type nobody uses");
    octets += length + size_t{1};
    if (octets > kDnsNameOctetsMax) return broken(here, "longer than 255 octets");
    if (length >= message.size() - here) return broken(here, "the message ends inside it");
    if (!name.empty()) name.push_back('.');
    for (size_t i = 1; i <= length; ++i) append_octet(name, static_cast<uint8_t>(message[here + i]));
    here += length + size_t{1};
  }
  if (!jumped) at = here + 1;
  return name;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

Result<DnsMessage> decode_dns(ByteView message) {
  Octets in(message);
  DnsMessage out;
  out.id = in.u16();
  const uint16_t flags = in.u16();
  const uint16_t questions = in.u16();
  if (!in.skip(6)) return fail(Errc::bad_input, fmt::format("DNS message of {} octets, needs 12", message.size()));
  if (questions != 1) return fail(Errc::bad_input, fmt::format("DNS message with {} questions, needs 1", questions));
  out.response = (flags & 0x8000U) != 0;
  out.opcode = flags >> 11 & 0xfU;
  out.cut = (flags & 0x0200U) != 0;
  out.rcode = flags & 0xfU;
  size_t at = kDnsHeadOctets;
  out.name = PN_TRY(read_name(message, at));
  Octets after(message.subspan(at));
  out.type = after.u16();
  out.class_ = after.u16();
  if (!after.ok())
    return fail(Errc::bad_input, fmt::format("DNS question at octet {}: the message ends inside it", at));
  return out;
}

uint16_t dns_question_type(ByteView message) {
  size_t at = kDnsHeadOctets;
  while (at < message.size()) {
    const auto length = static_cast<uint8_t>(message[at]);
    if (length == 0) {
      Octets type(message.subspan(at + 1));
      return type.u16();
    }
    if ((length & kPointer) != 0) return 0;  // no sender compresses the first name there is
    at += length + size_t{1};
  }
  return 0;
}

bool looks_like_mail_server(std::string_view name) {
  constexpr std::array<std::string_view, 6> kNames{"mx", "smtp", "mail", "relay", "gate", "ns"};
  for (const std::string_view start : kNames) {
    if (!name.starts_with(start)) continue;
    size_t i = start.size();
    while (i < name.size() && is_digit(name[i])) ++i;
    if (i < name.size() && name[i] == '.') return true;
  }
  return false;
}

Bytes encode_dns_question(const DnsMessage& m) {
  Bytes out;
  const auto put = [&](size_t v) { out.push_back(static_cast<std::byte>(v)); };
  const auto put16 = [&](size_t v) {
    put(v >> 8 & 0xff);
    put(v & 0xff);
  };
  put16(m.id);
  put16((m.response ? 0x8000U : 0U) | size_t{m.opcode} << 11 | (m.cut ? 0x0200U : 0U) | m.rcode);
  put16(1);
  for (int i = 0; i < 3; ++i) put16(0);
  std::string_view left = m.name;
  while (!left.empty()) {
    const std::string_view label = left.substr(0, left.find('.'));
    const size_t length_at = out.size();
    put(0);
    for (size_t i = 0; i < label.size(); ++i) {
      const bool escaped = label[i] == '\\' && i + 3 < label.size();
      put(escaped ? static_cast<size_t>((label[i + 1] - '0') * 100 + (label[i + 2] - '0') * 10 + (label[i + 3] - '0'))
                  : static_cast<uint8_t>(label[i]));
      if (escaped) i += 3;
    }
    out[length_at] = static_cast<std::byte>(out.size() - length_at - 1);
    left.remove_prefix(std::min(left.size(), label.size() + 1));
  }
  put(0);
  put16(m.type);
  put16(m.class_);
  return out;
}

}  // namespace postern::wire
