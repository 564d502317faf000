// SPDX-License-Identifier: Apache-2.0
// RadiusAttribute: one attribute an operator wants a NAS to be told, as settings write it:
//   Filter-Id = "postern-garden"          a name of the dictionary below and a text, number or address
//   26.9.1 = "ip:inacl=garden"            Vendor-Specific: vendor 9, type 1 (RFC 2865 section 5.26)
//   11 = 0x67617264656e                   any attribute by its number; 0x... are octets, a bare number is 32 bits
// The dictionary: Session-Timeout, Idle-Timeout (numbers); Framed-IP-Address; Filter-Id, Framed-Pool, Reply-Message,
// Class, User-Name, NAS-Identifier, Acct-Session-Id, Framed-IPv6-Pool, Delegated-IPv6-Prefix-Pool (texts).
// In a text, {class} stands for the class of the line.
#pragma once

#include <string>
#include <string_view>

#include "base/codec.h"
#include "base/fields.h"
#include "base/result.h"

namespace postern::model {

inline constexpr size_t kRadiusAttributeOctetsMax = 247;  // what a vendor's attribute holds

struct RadiusAttribute {
  uint8_t type = 0;
  uint32_t vendor = 0;  // 0 = none; then `type` is the vendor's
  Bytes value;
  bool operator==(const RadiusAttribute&) const = default;
  PN_FIELDS(type, vendor, value)
};

// Pure; takes texts of people. An error says what is wrong with it.
[[nodiscard]] Result<RadiusAttribute> parse_radius_attribute(std::string_view text);
// With {class} filled in; cut at kRadiusAttributeOctetsMax.
[[nodiscard]] RadiusAttribute with_class(RadiusAttribute attribute, std::string_view class_name);
[[nodiscard]] RadiusAttribute text_attribute(uint8_t type, std::string_view text);

}  // namespace postern::model
