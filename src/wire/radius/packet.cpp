// SPDX-License-Identifier: Apache-2.0
#include "wire/radius/packet.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.h"

namespace postern::wire {
namespace radius {
namespace {

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

}  // namespace

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
    case kErrorCause:
      return "Error-Cause";
    case kVendorSpecific:
      return "Vendor-Specific";
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

std::unexpected<Error> broken(const Value& v, std::string_view why) {
  return fail(Errc::bad_input, fmt::format("{} ({}) at octet {}: {}", name_of(v.type), v.type, v.at, why));
}

Result<uint32_t> number(const Value& v) {
  if (v.octets.size() != 4) return broken(v, fmt::format("length {}, needs 6", v.octets.size() + 2));
  uint32_t n = 0;
  for (const std::byte b : v.octets) n = n << 8 | octet(b);
  return n;
}

void place(std::span<std::byte> to, const RadiusAuthenticator& value) { std::memcpy(to.data(), value.data(), 16); }

RadiusAuthenticator signature(ByteView packet, const RadiusAuthenticator& field, std::string_view secret) {
  Bytes bytes(packet.begin(), packet.end());
  place(std::span(bytes).subspan(kRadiusAuthenticatorAt, kRadiusAuthenticatorOctets), field);
  append(bytes, secret);
  return md5(bytes);
}

RadiusAuthenticator message_authenticator(ByteView packet, size_t value_at, const RadiusAuthenticator& field,
                                          std::string_view secret) {
  Bytes bytes(packet.begin(), packet.end());
  place(std::span(bytes).subspan(kRadiusAuthenticatorAt, kRadiusAuthenticatorOctets), field);
  place(std::span(bytes).subspan(value_at, kRadiusAuthenticatorOctets), {});
  return hmac_md5(bytes, secret);
}

bool same(ByteView octets, const RadiusAuthenticator& value) {
  return octets.size() == value.size() && CRYPTO_memcmp(octets.data(), value.data(), value.size()) == 0;
}

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

void put(Bytes& to, uint8_t type, ByteView octets) {
  to.push_back(static_cast<std::byte>(type));
  to.push_back(static_cast<std::byte>(octets.size() + 2));
  to.insert(to.end(), octets.begin(), octets.end());
}
void put(Bytes& to, uint8_t type, std::string_view text) {
  text = text.substr(0, kRadiusValueOctetsMax);
  if (!text.empty()) put(to, type, std::as_bytes(std::span(text.data(), text.size())));
}
void put(Bytes& to, uint8_t type, uint32_t n) {
  const std::array b{static_cast<uint8_t>(n >> 24), static_cast<uint8_t>(n >> 16), static_cast<uint8_t>(n >> 8),
                     static_cast<uint8_t>(n)};
  put(to, type, std::as_bytes(std::span(b)));
}
void place_length(Bytes& packet) {
  packet[2] = static_cast<std::byte>(packet.size() >> 8);
  packet[3] = static_cast<std::byte>(packet.size() & 0xff);
}

void sign(std::span<std::byte> packet, const RadiusAuthenticator& field, std::string_view secret) {
  PN_CHECK(packet.size() >= kRadiusHeaderOctets);
  // A broken attribute ends the search: such a packet is signed without one, as its sender would.
  (void)each_attribute(packet, [&](const Value& v) -> Status {
    if (v.type == kMessageAuthenticator && v.octets.size() == kRadiusAuthenticatorOctets)
      place(packet.subspan(v.at + 2), message_authenticator(packet, v.at + 2, field, secret));
    return {};
  });
  place(packet.subspan(kRadiusAuthenticatorAt), signature(packet, field, secret));
}

}  // namespace radius

using radius::octet;

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
  std::memcpy(h.authenticator.data(), datagram.data() + kRadiusAuthenticatorAt, kRadiusAuthenticatorOctets);
  return h;
}

}  // namespace postern::wire
