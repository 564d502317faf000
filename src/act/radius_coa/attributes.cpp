// SPDX-License-Identifier: Apache-2.0
#include "act/radius_coa/radius_coa.h"

namespace postern::act::radius_coa {
namespace {

using model::RadiusAttribute;
using model::text_attribute;
using namespace wire::radius;

// RFC 3162 section 2.3: a reserved octet, the length, and as many octets as it needs.
RadiusAttribute prefix_attribute(uint8_t type, const Prefix& p) {
  RadiusAttribute a{.type = type, .vendor = 0, .value = {std::byte{0}, static_cast<std::byte>(p.length)}};
  for (size_t i = 0; i < (p.length + 7U) / 8; ++i) a.value.push_back(static_cast<std::byte>(p.address.bytes[i]));
  return a;
}

void add(std::vector<RadiusAttribute>& to, Identify by, const model::PlugAsk& ask) {
  const auto text = [&](uint8_t type, const std::string& value) {
    if (!value.empty()) to.push_back(text_attribute(type, value));
  };
  const auto prefixes = [&](uint8_t type, auto&& fits) {
    for (const Prefix& p : ask.prefixes) {
      if (!fits(p)) continue;
      if (type == kFramedIpAddress) {
        const auto octets = std::as_bytes(std::span(p.address.bytes)).first(4);
        to.push_back({.type = type, .vendor = 0, .value = Bytes(octets.begin(), octets.end())});
      } else {
        to.push_back(prefix_attribute(type, p));
      }
    }
  };
  switch (by) {
    case Identify::user_name:
      return text(kUserName, ask.line_key);
    case Identify::acct_session_id:
      return text(kAcctSessionId, ask.session_key);
    case Identify::nas_identifier:
      return text(kNasIdentifier, ask.nas);
    case Identify::framed_ip_address:
      return prefixes(kFramedIpAddress, [](const Prefix& p) { return p.address.family == Family::v4; });
    case Identify::framed_ipv6_prefix:
      return prefixes(kFramedIpv6Prefix,
                      [](const Prefix& p) { return p.address.family == Family::v6 && p.length == 64; });
    case Identify::delegated_ipv6_prefix:
      return prefixes(kDelegatedIpv6Prefix,
                      [](const Prefix& p) { return p.address.family == Family::v6 && p.length < 64; });
  }
}

}  // namespace

Result<std::vector<RadiusAttribute>> attributes_of(const Nas& nas, wire::DynAuthVerb verb, const model::PlugAsk& ask) {
  std::vector<RadiusAttribute> out;
  for (const Identify by : nas.identify)
    if (by != Identify::nas_identifier) add(out, by, ask);
  // Without one of these a NAS would pick any session, or all (RFC 5176 section 3).
  if (out.empty()) return fail(Errc::bad_input, "the session has none of what this NAS finds sessions by");
  for (const Identify by : nas.identify)
    if (by == Identify::nas_identifier) add(out, by, ask);
  if (verb == wire::DynAuthVerb::disconnect) return out;  // RFC 5176 section 3.6: it takes nothing else
  for (const RadiusAttribute& a : ask.garden ? nas.garden : nas.normal)
    out.push_back(model::with_class(a, ask.class_name));
  return out;
}

}  // namespace postern::act::radius_coa
