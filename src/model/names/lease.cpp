// SPDX-License-Identifier: Apache-2.0
#include "model/lease.h"

#include <algorithm>
#include <optional>

namespace postern::model {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

std::optional<uint8_t> nibble(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

std::optional<Bytes> octets_of(std::string_view hex) {
  if (hex.empty() || hex.size() % 2 != 0) return std::nullopt;
  Bytes out;
  for (size_t i = 0; i < hex.size(); i += 2) {
    const auto high = nibble(hex[i]);
    const auto low = nibble(hex[i + 1]);
    if (!high || !low) return std::nullopt;
    out.push_back(static_cast<std::byte>(*high << 4 | *low));
  }
  return out;
}

bool stands_for_itself(std::string_view text) {
  return !text.starts_with("0x") && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

Result<std::string> wrong(std::string_view what) {
  return fail(Errc::bad_input, std::string(what), {},
              "write circuit:, remote:, client: or hw: and the value as text or as 0x and hexadecimal");
}

}  // namespace

std::string lease_name(LeaseNameKind kind, ByteView octets) {
  if (octets.empty() || octets.size() > kLeaseNameOctetsMax) return {};
  std::string out = std::string(to_string(kind)) + ':';
  const std::string_view text(reinterpret_cast<const char*>(octets.data()), octets.size());
  if (kind != LeaseNameKind::hw && stands_for_itself(text)) return out += text;
  if (kind != LeaseNameKind::hw) out += "0x";
  for (size_t i = 0; i < octets.size(); ++i) {
    if (kind == LeaseNameKind::hw && i > 0) out += ':';
    const auto octet = static_cast<uint8_t>(octets[i]);
    out += kHex[octet >> 4];
    out += kHex[octet & 15];
  }
  return out;
}

Result<std::string> parse_lease_name(std::string_view text) {
  const size_t colon = text.find(':');
  const std::string_view word = text.substr(0, colon);
  const auto known = std::ranges::find(pn_names_of_LeaseNameKind, word);
  if (colon == std::string_view::npos || known == std::end(pn_names_of_LeaseNameKind))
    return wrong("is not a name of a lease");
  const auto kind = static_cast<LeaseNameKind>(known - std::begin(pn_names_of_LeaseNameKind));
  const std::string_view value = text.substr(colon + 1);
  std::optional<Bytes> octets;
  if (kind == LeaseNameKind::hw) {
    std::string digits(value.starts_with("0x") ? value.substr(2) : value);
    std::erase_if(digits, [](char c) { return c == ':' || c == '-'; });
    octets = octets_of(digits);
  } else if (value.starts_with("0x")) {
    octets = octets_of(value.substr(2));
  } else {
    const auto* first = reinterpret_cast<const std::byte*>(value.data());
    octets = Bytes(first, first + value.size());
  }
  if (!octets) return wrong("holds something that is not hexadecimal");
  std::string name = lease_name(kind, *octets);
  if (name.empty()) return wrong("has no value, or one of more than 255 octets");
  return name;
}

}  // namespace postern::model
