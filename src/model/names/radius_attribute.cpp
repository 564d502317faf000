// SPDX-License-Identifier: Apache-2.0
#include "model/radius_attribute.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <optional>

#include "base/ip.h"

namespace postern::model {
namespace {

enum class Form : uint8_t { text, number, address };
struct Named {
  std::string_view name;
  uint8_t type;
  Form form;
};
constexpr Named kDictionary[] = {
    {"User-Name", 1, Form::text},
    {"Framed-IP-Address", 8, Form::address},
    {"Filter-Id", 11, Form::text},
    {"Reply-Message", 18, Form::text},
    {"Class", 25, Form::text},
    {"Session-Timeout", 27, Form::number},
    {"Idle-Timeout", 28, Form::number},
    {"NAS-Identifier", 32, Form::text},
    {"Acct-Session-Id", 44, Form::text},
    {"Framed-Pool", 88, Form::text},
    {"Framed-IPv6-Pool", 100, Form::text},
    {"Delegated-IPv6-Prefix-Pool", 171, Form::text},
};
// Event-Timestamp and Message-Authenticator are the sender's own.
constexpr uint8_t kNotOurs[] = {55, 80};
constexpr std::string_view kClassMark = "{class}";

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && s.front() == ' ') s.remove_prefix(1);
  while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
  return s;
}

std::optional<uint32_t> whole(std::string_view s, uint32_t most) {
  uint32_t n = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), n);
  if (error != std::errc{} || end != s.data() + s.size() || n > most) return std::nullopt;
  return n;
}

Bytes octets_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  return {bytes.begin(), bytes.end()};
}

Bytes octets_of(uint32_t n) {
  Bytes out;
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::byte>(n >> shift));
  return out;
}

Result<Bytes> hex(std::string_view digits) {
  Bytes out;
  if (digits.empty() || digits.size() % 2 != 0) return fail(Errc::bad_input, "0x needs two digits for each octet");
  for (size_t i = 0; i < digits.size(); i += 2) {
    uint8_t b = 0;
    const auto [end, error] = std::from_chars(digits.data() + i, digits.data() + i + 2, b, 16);
    if (error != std::errc{} || end != digits.data() + i + 2)
      return fail(Errc::bad_input, fmt::format("\"{}\" is no hexadecimal octet", digits.substr(i, 2)));
    out.push_back(static_cast<std::byte>(b));
  }
  return out;
}

// 11, or 26.VENDOR.TYPE.
std::optional<RadiusAttribute> by_number(std::string_view name) {
  RadiusAttribute a;
  if (!name.starts_with("26.")) {
    const auto type = whole(name, 255);
    if (!type || *type == 0) return std::nullopt;
    a.type = static_cast<uint8_t>(*type);
    return a;
  }
  const size_t dot = name.find('.', 3);
  if (dot == std::string_view::npos) return std::nullopt;
  const auto vendor = whole(name.substr(3, dot - 3), 0xffffff);
  const auto type = whole(name.substr(dot + 1), 255);
  if (!vendor || *vendor == 0 || !type) return std::nullopt;
  a.vendor = *vendor;
  a.type = static_cast<uint8_t>(*type);
  return a;
}

Result<Bytes> value_of(std::string_view value, std::optional<Form> form) {
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  const std::string_view text = quoted ? value.substr(1, value.size() - 2) : value;
  if (form == Form::address) {
    const auto address = parse_ip(text);
    if (!address || address->family != Family::v4)
      return fail(Errc::bad_input, fmt::format("\"{}\" is no IPv4 address", text));
    return octets_of(address->v4_host_order());
  }
  if (form == Form::number || (!form && !quoted && !value.starts_with("0x"))) {
    const auto n = whole(text, UINT32_MAX);
    if (!n) return fail(Errc::bad_input, fmt::format("\"{}\" is no number of 32 bits; texts stand in quotes", text));
    return octets_of(*n);
  }
  if (!quoted && value.starts_with("0x")) return hex(value.substr(2));
  if (text.empty()) return fail(Errc::bad_input, "the value is empty");
  if (text.find('"') != std::string_view::npos) return fail(Errc::bad_input, "a quote within the text");
  return octets_of(text);
}

}  // namespace

Result<RadiusAttribute> parse_radius_attribute(std::string_view text) {
  const size_t cut = text.find('=');
  if (cut == std::string_view::npos)
    return fail(Errc::bad_input, "there is no \"=\"", {}, "write Name = value, as Filter-Id = \"postern-garden\"");
  const std::string_view name = trimmed(text.substr(0, cut));
  const std::string_view value = trimmed(text.substr(cut + 1));
  RadiusAttribute a;
  std::optional<Form> form;
  if (const auto* it = std::ranges::find(kDictionary, name, &Named::name); it != std::end(kDictionary)) {
    a.type = it->type;
    form = it->form;
  } else if (const auto numbered = by_number(name)) {
    a = *numbered;
  } else {
    return fail(Errc::bad_input, fmt::format("\"{}\" is no attribute that is known here", name), {},
                "write its number, or 26.VENDOR.TYPE");
  }
  if (a.vendor == 0 && std::ranges::find(kNotOurs, a.type) != std::end(kNotOurs))
    return fail(Errc::bad_input, fmt::format("attribute {} is put in by itself", a.type));
  a.value = PN_TRY(value_of(value, form));
  if (a.value.size() > kRadiusAttributeOctetsMax)
    return fail(Errc::limit,
                fmt::format("{} octets, an attribute holds {}", a.value.size(), kRadiusAttributeOctetsMax));
  return a;
}

RadiusAttribute with_class(RadiusAttribute attribute, std::string_view class_name) {
  std::string text(reinterpret_cast<const char*>(attribute.value.data()), attribute.value.size());
  const size_t at = text.find(kClassMark);
  if (at == std::string::npos) return attribute;
  text.replace(at, kClassMark.size(), class_name);
  attribute.value = octets_of(std::string_view(text).substr(0, kRadiusAttributeOctetsMax));
  return attribute;
}

RadiusAttribute text_attribute(uint8_t type, std::string_view text) {
  return {.type = type, .vendor = 0, .value = octets_of(text.substr(0, kRadiusAttributeOctetsMax))};
}

}  // namespace postern::model
