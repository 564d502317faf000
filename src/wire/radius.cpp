// SPDX-License-Identifier: Apache-2.0
#include "wire/radius.h"

#include <algorithm>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.h"

namespace postern::wire {
namespace {

enum Attribute : uint8_t {
  kUserName = 1,
  kNasIpAddress = 4,
  kFramedIpAddress = 8,
  kClass = 25,
  kNasIdentifier = 32,
  kAcctStatusType = 40,
  kAcctDelayTime = 41,
  kAcctSessionId = 44,
  kEventTimestamp = 55,
  kMessageAuthenticator = 80,
  kNasPortId = 87,
  kNasIpv6Address = 95,
  kFramedIpv6Prefix = 97,
  kDelegatedIpv6Prefix = 123,
  kFramedIpv6Address = 168
};

std::string_view name_of(uint8_t type) {
  switch (type) {
    case kUserName:
      return "User-Name";
    case kNasIpAddress:
      return "NAS-IP-Address";
    case kFramedIpAddress:
      return "Framed-IP-Address";
    case kClass:
      return "Class";
    case kNasIdentifier:
      return "NAS-Identifier";
    case kAcctStatusType:
      return "Acct-Status-Type";
    case kAcctDelayTime:
      return "Acct-Delay-Time";
    case kAcctSessionId:
      return "Acct-Session-Id";
    case kEventTimestamp:
      return "Event-Timestamp";
    case kMessageAuthenticator:
      return "Message-Authenticator";
    case kNasPortId:
      return "NAS-Port-Id";
    case kNasIpv6Address:
      return "NAS-IPv6-Address";
    case kFramedIpv6Prefix:
      return "Framed-IPv6-Prefix";
    case kDelegatedIpv6Prefix:
      return "Delegated-IPv6-Prefix";
    case kFramedIpv6Address:
      return "Framed-IPv6-Address";
    default:
      return "attribute";
  }
}

constexpr size_t kAuthenticatorAt = 4;
constexpr size_t kAuthenticatorOctets = 16;

uint8_t octet(std::byte b) { return static_cast<uint8_t>(b); }

struct Value {
  uint8_t type = 0;
  size_t at = 0;  // octet of the packet its type stands at
  ByteView octets;
};

std::unexpected<Error> broken(const Value& v, std::string_view why) {
  return fail(Errc::bad_input, fmt::format("{} ({}) at octet {}: {}", name_of(v.type), v.type, v.at, why));
}

// Calls see(Value) -> Status for each attribute until one fails.
template <class See>
Status each_attribute(ByteView packet, See&& see) {
  size_t at = kRadiusHeaderOctets;
  while (at < packet.size()) {
    Value v{.type = octet(packet[at]), .at = at, .octets = {}};
    if (at + 1 == packet.size()) return broken(v, "the packet ends before its length");
    const size_t length = octet(packet[at + 1]);
    if (length < 2) return broken(v, fmt::format("length {}, needs at least 2", length));
    if (length > packet.size() - at)
      return broken(v, fmt::format("length {}, but only {} octets are left", length, packet.size() - at));
    v.octets = packet.subspan(at + 2, length - 2);
    PN_TRY_VOID(see(v));
    at += length;
  }
  return {};
}

RadiusAuthenticator md5(ByteView bytes) {
  RadiusAuthenticator out{};
  PN_CHECK(EVP_Digest(bytes.data(), bytes.size(), out.data(), nullptr, EVP_md5(), nullptr) == 1);
  return out;
}

RadiusAuthenticator hmac_md5(ByteView bytes, std::string_view secret) {
  RadiusAuthenticator out{};
  PN_CHECK(HMAC(EVP_md5(), secret.data(), static_cast<int>(secret.size()),
                reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), out.data(), nullptr) != nullptr);
  return out;
}

void append(Bytes& to, std::string_view text) {
  const auto* p = reinterpret_cast<const std::byte*>(text.data());
  to.insert(to.end(), p, p + text.size());
}

void place(std::span<std::byte> to, const RadiusAuthenticator& value) { std::memcpy(to.data(), value.data(), 16); }

// MD5(packet + secret), the packet's authenticator field being `field` (RFC 2866 section 3).
RadiusAuthenticator signature(ByteView packet, const RadiusAuthenticator& field, std::string_view secret) {
  Bytes bytes(packet.begin(), packet.end());
  place(std::span(bytes).subspan(kAuthenticatorAt, kAuthenticatorOctets), field);
  append(bytes, secret);
  return md5(bytes);
}

RadiusAuthenticator message_authenticator(ByteView packet, size_t value_at, std::string_view secret) {
  Bytes bytes(packet.begin(), packet.end());
  place(std::span(bytes).subspan(kAuthenticatorAt, kAuthenticatorOctets), {});
  place(std::span(bytes).subspan(value_at, kAuthenticatorOctets), {});
  return hmac_md5(bytes, secret);
}

bool same(ByteView octets, const RadiusAuthenticator& value) {
  return octets.size() == value.size() && CRYPTO_memcmp(octets.data(), value.data(), value.size()) == 0;
}

// UTF-8 (RFC 3629 section 4) without C0, DEL and C1 controls; nothing else may reach journals, terminals and pages.
bool is_plain_text(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<uint8_t>(text[i]);
    if (lead < 0x20 || lead == 0x7f) return false;
    const size_t more = lead < 0x80                   ? 0
                        : lead >= 0xc2 && lead < 0xe0 ? 1
                        : lead >= 0xe0 && lead < 0xf0 ? 2
                        : lead >= 0xf0 && lead < 0xf5 ? 3
                                                      : SIZE_MAX;
    if (more == SIZE_MAX || i + more >= text.size()) return false;
    for (size_t k = 1; k <= more; ++k)
      if ((static_cast<uint8_t>(text[i + k]) & 0xc0) != 0x80) return false;
    const auto second = more > 0 ? static_cast<uint8_t>(text[i + 1]) : uint8_t{0};
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second >= 0xa0) || (lead == 0xf0 && second < 0x90) ||
        (lead == 0xf4 && second >= 0x90) || (lead == 0xc2 && second < 0xa0))
      return false;
    i += more + 1;
  }
  return true;
}

std::string text_of(ByteView octets) {
  std::string text(reinterpret_cast<const char*>(octets.data()), octets.size());
  while (!text.empty() && text.back() == '\0') text.pop_back();
  return text;
}

class Reader {
 public:
  Reader(ByteView packet, std::string_view secret) : packet_(packet), secret_(secret) {}

  Status see(const Value& v) {
    switch (v.type) {
      case kUserName:
        return once(v, [&] { return text(v, out_.user_name); });
      case kAcctSessionId:
        return once(v, [&] { return text(v, out_.session_id); });
      case kNasIdentifier:
        return once(v, [&] { return text(v, out_.nas_identifier); });
      case kNasPortId:
        return once(v, [&] { return text(v, out_.nas_port_id); });
      case kClass:
        return see_class(v);
      case kNasIpAddress:
        return once(v, [&] { return address(v, 4, out_.nas_address); });
      case kNasIpv6Address:
        return once(v, [&] { return address(v, 16, nas_ipv6_); });
      case kFramedIpAddress:
        return see_address(v, 4);
      case kFramedIpv6Address:
        return see_address(v, 16);
      case kFramedIpv6Prefix:
      case kDelegatedIpv6Prefix:
        return see_prefix(v);
      case kAcctStatusType:
        return once(v, [&] { return see_status(v); });
      case kAcctDelayTime:
        return once(v, [&] { return optional_number(v, out_.delay_s); });
      case kEventTimestamp:
        return once(v, [&] { return optional_number(v, out_.timestamp); });
      case kMessageAuthenticator:
        return once(v, [&] { return see_message_authenticator(v); });
      default:
        return {};
    }
  }

  Result<RadiusAccounting> finish() {
    if (!out_.nas_address) out_.nas_address = nas_ipv6_;
    if (seen_[kAcctStatusType] == 0) return missing(kAcctStatusType);
    const bool of_session =
        out_.status == AcctStatus::start || out_.status == AcctStatus::interim || out_.status == AcctStatus::stop;
    if (of_session && out_.session_id.empty()) return missing(kAcctSessionId);
    return std::move(out_);
  }

 private:
  // RFC 2866 section 5.13: at most one of each but addresses of IPv6 and Class.
  template <class Read>
  Status once(const Value& v, Read&& read) {
    if (seen_[v.type] != 0) return broken(v, fmt::format("a second one; the first is at octet {}", seen_[v.type]));
    seen_[v.type] = static_cast<uint16_t>(v.at);
    return read();
  }

  static Status text(const Value& v, std::string& to) {
    to = text_of(v.octets);
    if (!is_plain_text(to)) return broken(v, "not UTF-8 text without control characters");
    return {};
  }

  static Result<uint32_t> number(const Value& v) {
    if (v.octets.size() != 4) return broken(v, fmt::format("length {}, needs 6", v.octets.size() + 2));
    uint32_t n = 0;
    for (const std::byte b : v.octets) n = n << 8 | octet(b);
    return n;
  }

  static Status optional_number(const Value& v, std::optional<uint32_t>& to) {
    to = PN_TRY(number(v));
    return {};
  }

  static Status address(const Value& v, size_t octets, IpAddress& to) {
    if (v.octets.size() != octets)
      return broken(v, fmt::format("length {}, needs {}", v.octets.size() + 2, octets + 2));
    to.family = octets == 4 ? Family::v4 : Family::v6;
    std::memcpy(to.bytes.data(), v.octets.data(), octets);
    return {};
  }

  Status add(const Value& v, const Prefix& p) {
    if (out_.prefixes.size() == kRadiusPrefixesMax)
      return broken(v, fmt::format("more than {} addresses and prefixes in one packet", kRadiusPrefixesMax));
    out_.prefixes.push_back(p);
    return {};
  }

  Status see_address(const Value& v, size_t octets) {
    IpAddress a;
    PN_TRY_VOID(address(v, octets, a));
    // RFC 2865 section 5.8: the user or the NAS is to choose; no address yet. Zeros say the same in the field.
    if (octets == 4 && (a.v4_host_order() >= 0xfffffffe || a.v4_host_order() == 0)) return {};
    return add(v, Prefix::host(a));
  }

  // RFC 3162 section 2.3: reserved octet, bits, then only as many octets as are needed or all 16. Bits past the length
  // must be zero there; clearing them changes no meaning, refusing them would lose the session.
  Status see_prefix(const Value& v) {
    if (v.octets.size() < 2 || v.octets.size() > 18)
      return broken(v, fmt::format("length {}, needs 4 to 20", v.octets.size() + 2));
    const uint8_t bits = octet(v.octets[1]);
    const ByteView network = v.octets.subspan(2);
    if (bits > 128) return broken(v, fmt::format("prefix length {}, 128 at most", bits));
    if (network.size() * 8 < bits)
      return broken(v, fmt::format("prefix length {} needs {} octets, has {}", bits, (bits + 7) / 8, network.size()));
    IpAddress a{.family = Family::v6, .bytes = {}};
    for (size_t i = 0; i < network.size(); ++i) a.bytes[i] = octet(network[i]);
    return add(v, Prefix::of(a, bits));
  }

  Status see_class(const Value& v) {
    const std::string value = text_of(v.octets);
    if (out_.classes.size() < kRadiusClassesMax && !value.empty() && is_plain_text(value))
      out_.classes.push_back(value);
    return {};
  }

  Status see_status(const Value& v) {
    switch (PN_TRY(number(v))) {
      case 1:
        out_.status = AcctStatus::start;
        break;
      case 2:
        out_.status = AcctStatus::stop;
        break;
      case 3:
        out_.status = AcctStatus::interim;
        break;
      case 7:
        out_.status = AcctStatus::accounting_on;
        break;
      case 8:
        out_.status = AcctStatus::accounting_off;
        break;
      default:
        out_.status = AcctStatus::other;
        break;
    }
    return {};
  }

  Status see_message_authenticator(const Value& v) {
    if (v.octets.size() != kAuthenticatorOctets)
      return broken(v, fmt::format("length {}, needs 18", v.octets.size() + 2));
    if (!same(v.octets, message_authenticator(packet_, v.at + 2, secret_)))
      return fail(Errc::denied, fmt::format("Message-Authenticator at octet {} does not match", v.at));
    return {};
  }

  static std::unexpected<Error> missing(Attribute type) {
    return fail(Errc::bad_input, fmt::format("{} ({}) is missing", name_of(type), static_cast<unsigned>(type)));
  }

  ByteView packet_;
  std::string_view secret_;
  RadiusAccounting out_;
  IpAddress nas_ipv6_;
  std::array<uint16_t, 256> seen_{};  // octet of the first one; 0 = none
};

void put(Bytes& to, Attribute type, ByteView octets) {
  to.push_back(static_cast<std::byte>(type));
  to.push_back(static_cast<std::byte>(octets.size() + 2));
  to.insert(to.end(), octets.begin(), octets.end());
}
void put(Bytes& to, Attribute type, std::string_view text) {
  text = text.substr(0, 253);
  if (!text.empty()) put(to, type, std::as_bytes(std::span(text.data(), text.size())));
}
void put(Bytes& to, Attribute type, uint32_t n) {
  const std::array b{static_cast<uint8_t>(n >> 24), static_cast<uint8_t>(n >> 16), static_cast<uint8_t>(n >> 8),
                     static_cast<uint8_t>(n)};
  put(to, type, std::as_bytes(std::span(b)));
}
void put(Bytes& to, const Prefix& p) {
  const auto octets = std::as_bytes(std::span(p.address.bytes));
  if (p.address.family == Family::v4) return put(to, kFramedIpAddress, octets.first(4));
  if (p.length == 128) return put(to, kFramedIpv6Address, octets);
  Bytes value{std::byte{0}, static_cast<std::byte>(p.length)};
  value.insert(value.end(), octets.begin(), octets.begin() + (p.length + 7) / 8);
  put(to, p.length == 64 ? kFramedIpv6Prefix : kDelegatedIpv6Prefix, value);
}

uint32_t number_of(AcctStatus status) {
  switch (status) {
    case AcctStatus::start:
      return 1;
    case AcctStatus::stop:
      return 2;
    case AcctStatus::interim:
      return 3;
    case AcctStatus::accounting_on:
      return 7;
    case AcctStatus::accounting_off:
      return 8;
    case AcctStatus::other:
      return 15;  // Failed
  }
  return 15;
}

void place_length(Bytes& packet) {
  packet[2] = static_cast<std::byte>(packet.size() >> 8);
  packet[3] = static_cast<std::byte>(packet.size() & 0xff);
}

}  // namespace

Result<RadiusHeader> decode_radius_header(ByteView datagram) {
  if (datagram.size() < kRadiusHeaderOctets)
    return fail(Errc::bad_input, fmt::format("{} octets are no RADIUS packet, which has at least 20", datagram.size()));
  RadiusHeader h{.code = octet(datagram[0]), .id = octet(datagram[1])};
  h.octets = static_cast<uint16_t>(octet(datagram[2]) << 8 | octet(datagram[3]));
  if (h.octets < kRadiusHeaderOctets || h.octets > kRadiusOctetsMax)
    return fail(Errc::bad_input, fmt::format("the length field says {} octets, allowed are 20 to 4096", h.octets));
  if (h.octets > datagram.size())
    return fail(Errc::bad_input,
                fmt::format("the length field says {} octets, the datagram has {}", h.octets, datagram.size()));
  std::memcpy(h.authenticator.data(), datagram.data() + kAuthenticatorAt, kAuthenticatorOctets);
  return h;
}

Result<RadiusAccounting> decode_accounting(ByteView datagram, std::string_view secret) {
  const RadiusHeader header = PN_TRY(decode_radius_header(datagram));
  if (header.code != static_cast<uint8_t>(RadiusCode::accounting_request))
    return fail(Errc::bad_input, fmt::format("code {} is no Accounting-Request", header.code));
  const ByteView packet = datagram.first(header.octets);
  if (secret.empty() || !same(packet.subspan(kAuthenticatorAt, kAuthenticatorOctets), signature(packet, {}, secret)))
    return fail(Errc::denied, "the Request Authenticator does not match", {}, "both sides need the same secret");
  Reader reader(packet, secret);
  PN_TRY_VOID(each_attribute(packet, [&](const Value& v) { return reader.see(v); }));
  RadiusAccounting request = PN_TRY(reader.finish());
  request.id = header.id;
  return request;
}

std::array<std::byte, kRadiusHeaderOctets> encode_accounting_response(uint8_t id,
                                                                      const RadiusAuthenticator& request_authenticator,
                                                                      std::string_view secret) {
  std::array<std::byte, kRadiusHeaderOctets> packet{};
  packet[0] = static_cast<std::byte>(RadiusCode::accounting_response);
  packet[1] = static_cast<std::byte>(id);
  packet[3] = std::byte{kRadiusHeaderOctets};
  // RFC 2866 section 3, Response Authenticator.
  place(std::span(packet).subspan(kAuthenticatorAt), signature(packet, request_authenticator, secret));
  return packet;
}

Bytes encode_accounting_request(const RadiusAccounting& request, std::string_view secret,
                                bool with_message_authenticator) {
  Bytes packet(kRadiusHeaderOctets);
  packet[0] = static_cast<std::byte>(RadiusCode::accounting_request);
  packet[1] = static_cast<std::byte>(request.id);
  put(packet, kAcctStatusType, number_of(request.status));
  put(packet, kUserName, request.user_name);
  put(packet, kAcctSessionId, request.session_id);
  put(packet, kNasIdentifier, request.nas_identifier);
  put(packet, kNasPortId, request.nas_port_id);
  const auto nas = std::as_bytes(std::span(request.nas_address.bytes));
  if (request.nas_address.family == Family::v4) put(packet, kNasIpAddress, nas.first(4));
  if (request.nas_address.family == Family::v6) put(packet, kNasIpv6Address, nas);
  for (size_t i = 0; i < std::min(request.classes.size(), kRadiusClassesMax); ++i)
    put(packet, kClass, request.classes[i]);
  for (size_t i = 0; i < std::min(request.prefixes.size(), kRadiusPrefixesMax); ++i) put(packet, request.prefixes[i]);
  if (request.timestamp) put(packet, kEventTimestamp, *request.timestamp);
  if (request.delay_s) put(packet, kAcctDelayTime, *request.delay_s);
  if (with_message_authenticator) put(packet, kMessageAuthenticator, Bytes(kAuthenticatorOctets));
  place_length(packet);
  sign_accounting_request(packet, secret);
  return packet;
}

void sign_accounting_request(std::span<std::byte> packet, std::string_view secret) {
  PN_CHECK(packet.size() >= kRadiusHeaderOctets);
  // A broken attribute ends the search: such a packet is signed without one, as its sender would.
  (void)each_attribute(packet, [&](const Value& v) -> Status {
    if (v.type == kMessageAuthenticator && v.octets.size() == kAuthenticatorOctets)
      place(packet.subspan(v.at + 2), message_authenticator(packet, v.at + 2, secret));
    return {};
  });
  place(packet.subspan(kAuthenticatorAt), signature(packet, {}, secret));
}

}  // namespace postern::wire
