// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/dnstap/dnstap.h"

#include <algorithm>

#include "wire/traffic/dns/message.h"

namespace postern::wire {
namespace {

// dnstap.proto
constexpr uint32_t kMessage = 14;
constexpr uint32_t kType = 15;
constexpr uint64_t kTypeMessage = 1;
constexpr uint32_t kMessageType = 1;
constexpr uint64_t kClientResponse = 6;
constexpr uint32_t kQueryAddress = 4;
constexpr uint32_t kQueryTime = 8;
constexpr uint32_t kResponseTime = 12;
constexpr uint32_t kResponseMessage = 14;
// Wire types of protocol buffers.
constexpr uint32_t kVarint = 0;
constexpr uint32_t kFixed64 = 1;
constexpr uint32_t kBytes = 2;
constexpr uint32_t kFixed32 = 5;

std::unexpected<Error> broken(const char* what) { return fail(Errc::bad_input, what, "dnstap"); }

struct Field {
  uint32_t number = 0;
  uint32_t type = 0;
  uint64_t value = 0;  // of a number
  ByteView bytes;      // of a kBytes
};

class Fields {
 public:
  explicit Fields(ByteView bytes) : left_(bytes) {}
  [[nodiscard]] bool more() const { return !left_.empty(); }
  Result<Field> next() {
    Field out;
    const uint64_t key = PN_TRY(varint());
    out.number = static_cast<uint32_t>(key >> 3 & 0x1fff'ffff);
    out.type = static_cast<uint32_t>(key & 7);
    if (out.type == kVarint) {
      out.value = PN_TRY(varint());
    } else if (out.type == kFixed32 || out.type == kFixed64) {
      out.bytes = PN_TRY(octets(out.type == kFixed32 ? 4 : 8));
    } else if (out.type == kBytes) {
      const uint64_t size = PN_TRY(varint());
      out.bytes = PN_TRY(octets(size));
    } else {
      return broken("a field of a kind that is not known");
    }
    return out;
  }

 private:
  Result<uint64_t> varint() {
    uint64_t out = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (left_.empty()) return broken("a number is cut");
      const auto octet = static_cast<uint8_t>(left_.front());
      left_ = left_.subspan(1);
      out |= uint64_t{octet & 0x7fU} << shift;
      if ((octet & 0x80) == 0) return out;
    }
    return broken("a number is too long");
  }
  Result<ByteView> octets(uint64_t size) {
    if (size > left_.size()) return broken("a field is longer than what it is in");
    const ByteView out = left_.first(size);
    left_ = left_.subspan(size);
    return out;
  }
  ByteView left_;
};

Result<IpAddress> address_of(ByteView bytes) {
  IpAddress out;
  if (bytes.size() != 4 && bytes.size() != 16) return broken("an address of neither family");
  out.family = bytes.size() == 4 ? Family::v4 : Family::v6;
  std::ranges::transform(bytes, out.bytes.begin(), [](std::byte b) { return static_cast<uint8_t>(b); });
  return out;
}

struct Message {
  uint64_t type = 0;
  ByteView client;
  uint64_t at_s = 0;
  uint64_t answered_s = 0;
  ByteView answer;
};

Result<Message> message_of(ByteView bytes) {
  Message out;
  for (Fields fields(bytes); fields.more();) {
    const Field f = PN_TRY(fields.next());
    if (f.number == kMessageType && f.type == kVarint) out.type = f.value;
    if (f.number == kQueryAddress && f.type == kBytes) out.client = f.bytes;
    if (f.number == kQueryTime && f.type == kVarint) out.at_s = f.value;
    if (f.number == kResponseTime && f.type == kVarint) out.answered_s = f.value;
    if (f.number == kResponseMessage && f.type == kBytes) out.answer = f.bytes;
  }
  return out;
}

void put_varint(Bytes& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::byte>((value & 0x7f) | 0x80));
  out.push_back(static_cast<std::byte>(value));
}
void put(Bytes& out, uint32_t number, uint64_t value) {
  put_varint(out, uint64_t{number} << 3 | kVarint);
  put_varint(out, value);
}
void put(Bytes& out, uint32_t number, ByteView bytes) {
  put_varint(out, uint64_t{number} << 3 | kBytes);
  put_varint(out, bytes.size());
  out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace

Result<Dnstap> decode_dnstap(ByteView payload) {
  constexpr uint64_t kLatest_s = 1'000'000'000'000;  // that a Time can hold
  uint64_t type = 0;
  ByteView inner;
  for (Fields fields(payload); fields.more();) {
    const Field f = PN_TRY(fields.next());
    if (f.number == kType && f.type == kVarint) type = f.value;
    if (f.number == kMessage && f.type == kBytes) inner = f.bytes;
  }
  Dnstap out;
  if (type != kTypeMessage) return out;
  const Message m = PN_TRY(message_of(inner));
  if (m.type != kClientResponse) return out;
  out.response = true;
  const uint16_t asked = dns_question_type(m.answer);
  if (asked == 0) return broken("its DNS message is not one");
  if (asked != kDnsTypeMx && asked != kDnsTypeA && asked != kDnsTypeAaaa) return out;
  const DnsMessage dns = PN_TRY(decode_dns(m.answer));
  if (dns.class_ != kDnsClassInternet || dns.opcode != 0) return out;
  const uint64_t at_s = m.at_s != 0 ? m.at_s : m.answered_s;
  if (at_s > kLatest_s) return broken("a time past all calendars");
  model::DnsQuestion q;
  q.at = Time{} + seconds(static_cast<int64_t>(at_s));
  q.client = PN_TRY(address_of(m.client));
  q.type = dns.type;
  q.name = dns.name;
  q.answered = true;
  q.rcode = dns.rcode;
  out.question = std::move(q);
  return out;
}

Bytes encode_dnstap(const model::DnsQuestion& question) {
  DnsMessage dns{.response = question.answered,
                 .rcode = question.rcode,
                 .type = question.type,
                 .class_ = kDnsClassInternet,
                 .name = question.name};
  Bytes client;
  for (size_t i = 0; i < (question.client.family == Family::v4 ? 4U : 16U); ++i)
    client.push_back(static_cast<std::byte>(question.client.bytes[i]));
  Bytes message;
  put(message, kMessageType, kClientResponse);
  put(message, kQueryAddress, client);
  put(message, kQueryTime, static_cast<uint64_t>(question.at.us / 1'000'000));
  put(message, kResponseMessage, encode_dns_question(dns));
  Bytes out;
  put(out, kMessage, message);
  put(out, kType, kTypeMessage);
  return out;
}

}  // namespace postern::wire
