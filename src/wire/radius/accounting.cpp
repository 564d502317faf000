// SPDX-License-Identifier: Apache-2.0
#include "wire/radius/accounting.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/check.h"

namespace postern::wire {
namespace {

using namespace radius;

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
    if (v.octets.size() != kRadiusAuthenticatorOctets)
      return broken(v, fmt::format("length {}, needs 18", v.octets.size() + 2));
    if (!same(v.octets, message_authenticator(packet_, v.at + 2, {}, secret_)))
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

}  // namespace

Result<RadiusAccounting> decode_accounting(ByteView datagram, std::string_view secret) {
  const RadiusHeader header = PN_TRY(decode_radius_header(datagram));
  if (header.code != static_cast<uint8_t>(RadiusCode::accounting_request))
    return fail(Errc::bad_input, fmt::format("code {} is no Accounting-Request", header.code));
  const ByteView packet = datagram.first(header.octets);
  if (secret.empty() ||
      !same(packet.subspan(kRadiusAuthenticatorAt, kRadiusAuthenticatorOctets), signature(packet, {}, secret)))
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
  place(std::span(packet).subspan(kRadiusAuthenticatorAt), signature(packet, request_authenticator, secret));
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
  if (with_message_authenticator) put(packet, kMessageAuthenticator, Bytes(kRadiusAuthenticatorOctets));
  place_length(packet);
  sign_accounting_request(packet, secret);
  return packet;
}

void sign_accounting_request(std::span<std::byte> packet, std::string_view secret) { sign(packet, {}, secret); }

}  // namespace postern::wire
