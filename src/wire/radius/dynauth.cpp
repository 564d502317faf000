// SPDX-License-Identifier: Apache-2.0
#include "wire/radius/dynauth.h"

#include <algorithm>

#include "base/check.h"

namespace postern::wire {
namespace {

using namespace radius;

constexpr size_t kOwnOctets = 6 + 18;  // Event-Timestamp and Message-Authenticator
constexpr uint32_t kVendorHeaderOctets = 6;

uint8_t code_of(DynAuthVerb verb) {
  return static_cast<uint8_t>(verb == DynAuthVerb::coa ? RadiusCode::coa_request : RadiusCode::disconnect_request);
}

// Requests and answers of one verb have consecutive codes: request, ACK, NAK.
uint8_t code_of(DynAuthVerb verb, bool ack) { return static_cast<uint8_t>(code_of(verb) + (ack ? 1 : 2)); }

// RFC 2865 section 5.26: vendor, then type, length and value of the vendor's own.
void put(Bytes& to, const model::RadiusAttribute& a) {
  if (a.vendor == 0) return radius::put(to, a.type, ByteView(a.value));
  Bytes value;
  for (int shift = 24; shift >= 0; shift -= 8) value.push_back(static_cast<std::byte>(a.vendor >> shift));
  value.push_back(static_cast<std::byte>(a.type));
  value.push_back(static_cast<std::byte>(a.value.size() + 2));
  value.insert(value.end(), a.value.begin(), a.value.end());
  radius::put(to, kVendorSpecific, ByteView(value));
}

model::RadiusAttribute attribute_of(const Value& v) {
  model::RadiusAttribute a{.type = v.type, .vendor = 0, .value = Bytes(v.octets.begin(), v.octets.end())};
  if (v.type != kVendorSpecific || v.octets.size() < kVendorHeaderOctets) return a;
  uint32_t vendor = 0;
  for (const std::byte b : v.octets.first(4)) vendor = vendor << 8 | octet(b);
  if (vendor == 0 || octet(v.octets[5]) != v.octets.size() - 4) return a;  // of a form of the vendor's own
  a.vendor = vendor;
  a.type = octet(v.octets[4]);
  a.value.assign(v.octets.begin() + kVendorHeaderOctets, v.octets.end());
  return a;
}

Status check_authenticator(const Value& v, ByteView packet, const RadiusAuthenticator& field, std::string_view secret) {
  if (v.octets.size() != kRadiusAuthenticatorOctets)
    return broken(v, fmt::format("length {}, needs 18", v.octets.size() + 2));
  if (!same(v.octets, message_authenticator(packet, v.at + 2, field, secret)))
    return fail(Errc::denied, fmt::format("Message-Authenticator at octet {} does not match", v.at));
  return {};
}

}  // namespace

Result<Bytes> encode_dynauth_request(const DynAuthRequest& request, std::string_view secret) {
  Bytes packet(kRadiusHeaderOctets);
  packet[0] = static_cast<std::byte>(code_of(request.verb));
  packet[1] = static_cast<std::byte>(request.id);
  for (const model::RadiusAttribute& a : request.attributes) {
    if (a.value.size() + (a.vendor == 0 ? 0 : kVendorHeaderOctets) > kRadiusValueOctetsMax)
      return fail(Errc::limit, fmt::format("attribute {} has {} octets, more than one holds", a.type, a.value.size()));
    put(packet, a);
    if (packet.size() + kOwnOctets > kRadiusOctetsMax)
      return fail(Errc::limit, fmt::format("more attributes than a packet of {} octets holds", kRadiusOctetsMax));
  }
  radius::put(packet, kEventTimestamp, request.timestamp);
  radius::put(packet, kMessageAuthenticator, ByteView(Bytes(kRadiusAuthenticatorOctets)));
  place_length(packet);
  sign(packet, {}, secret);
  return packet;
}

Result<DynAuthAnswer> decode_dynauth_answer(ByteView datagram, const RadiusAuthenticator& of_request,
                                            std::string_view secret) {
  const RadiusHeader header = PN_TRY(decode_radius_header(datagram));
  DynAuthAnswer answer{.id = header.id};
  bool known = false;
  for (const DynAuthVerb verb : {DynAuthVerb::coa, DynAuthVerb::disconnect})
    for (const bool ack : {true, false}) {
      if (header.code != code_of(verb, ack)) continue;
      known = true;
      answer.verb = verb;
      answer.ack = ack;
    }
  if (!known) return fail(Errc::bad_input, fmt::format("code {} answers no CoA- or Disconnect-Request", header.code));
  const ByteView packet = datagram.first(header.octets);
  if (secret.empty() ||
      !same(packet.subspan(kRadiusAuthenticatorAt, kRadiusAuthenticatorOctets), signature(packet, of_request, secret)))
    return fail(Errc::denied, "the Response Authenticator does not match", {}, "both sides need the same secret");
  PN_TRY_VOID(each_attribute(packet, [&](const Value& v) -> Status {
    if (v.type == kErrorCause && !answer.error_cause) answer.error_cause = PN_TRY(number(v));
    if (v.type == kEventTimestamp && !answer.timestamp) answer.timestamp = PN_TRY(number(v));
    if (v.type != kMessageAuthenticator) return {};
    answer.authenticated_twice = true;
    return check_authenticator(v, packet, of_request, secret);
  }));
  return answer;
}

Result<DynAuthRequest> decode_dynauth_request(ByteView datagram, std::string_view secret) {
  const RadiusHeader header = PN_TRY(decode_radius_header(datagram));
  DynAuthRequest request{.id = header.id};
  if (header.code == code_of(DynAuthVerb::disconnect)) request.verb = DynAuthVerb::disconnect;
  if (header.code != code_of(request.verb))
    return fail(Errc::bad_input, fmt::format("code {} is no CoA- or Disconnect-Request", header.code));
  const ByteView packet = datagram.first(header.octets);
  if (secret.empty() ||
      !same(packet.subspan(kRadiusAuthenticatorAt, kRadiusAuthenticatorOctets), signature(packet, {}, secret)))
    return fail(Errc::denied, "the Request Authenticator does not match");
  PN_TRY_VOID(each_attribute(packet, [&](const Value& v) -> Status {
    if (v.type == kMessageAuthenticator) return check_authenticator(v, packet, {}, secret);
    if (v.type == kEventTimestamp) {
      request.timestamp = PN_TRY(number(v));
    } else {
      request.attributes.push_back(attribute_of(v));
    }
    return {};
  }));
  return request;
}

Bytes encode_dynauth_answer(const DynAuthAnswer& answer, const RadiusAuthenticator& of_request,
                            std::string_view secret) {
  Bytes packet(kRadiusHeaderOctets);
  packet[0] = static_cast<std::byte>(code_of(answer.verb, answer.ack));
  packet[1] = static_cast<std::byte>(answer.id);
  if (answer.error_cause) radius::put(packet, kErrorCause, *answer.error_cause);
  if (answer.timestamp) radius::put(packet, kEventTimestamp, *answer.timestamp);
  if (answer.authenticated_twice)
    radius::put(packet, kMessageAuthenticator, ByteView(Bytes(kRadiusAuthenticatorOctets)));
  place_length(packet);
  sign(packet, of_request, secret);
  return packet;
}

ErrorCause error_cause(uint32_t number) {
  using enum CauseNext;
  static constexpr ErrorCause kCauses[] = {
      {0, "no Error-Cause", "the NAS does not say why", other},
      {201, "Residual-Session-Context-Removed", "only a remainder of the session was there, and is removed", done},
      {202, "Invalid-EAP-Packet", "the NAS took the request for an EAP packet", other},
      {401, "Unsupported-Attribute", "the NAS does not know an attribute of the request", other},
      {402, "Missing-Attribute", "the NAS wants more to find the session by", other},
      {403, "NAS-Identification-Mismatch", "the request names another NAS than this one", other},
      {404, "Invalid-Request", "the NAS finds the request malformed, or its Event-Timestamp too old", other},
      {405, "Unsupported-Service", "the NAS does not do this for such a session", other},
      {406, "Unsupported-Extension", "the NAS does not take such requests", other},
      {407, "Invalid-Attribute-Value", "the NAS does not know a value of the request, as a filter or a pool", other},
      {501, "Administratively-Prohibited", "the NAS is told not to do this", other},
      {502, "Request-Not-Routable", "a proxy does not know the way to the NAS", again},
      {503, "Session-Context-Not-Found", "the NAS has no such session", gone},
      {504, "Session-Context-Not-Removable", "the NAS cannot remove the session", other},
      {505, "Other-Proxy-Processing-Error", "a proxy on the way failed", again},
      {506, "Resources-Unavailable", "the NAS is short of something", again},
      {507, "Request-Initiated", "the NAS asks its RADIUS server first", other},
      {508, "Multiple-Session-Selection-Unsupported", "more than one session fits the request", other},
  };
  const auto* it = std::ranges::find(kCauses, number, &ErrorCause::number);
  if (it != std::end(kCauses)) return *it;
  return {number, "an Error-Cause that no RFC names", "the NAS refuses", other};
}

}  // namespace postern::wire
