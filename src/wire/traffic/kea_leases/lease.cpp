// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/kea_leases/lease.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "wire/json.h"
#include "wire/traffic/octets.h"

namespace postern::wire {
namespace {

constexpr uint64_t kForEver = 0xffff'ffff;
constexpr uint64_t kSecondsMax = uint64_t{1} << 33;  // of a date
constexpr size_t kContextMax = 16'384;
constexpr uint64_t kTemporary = 1;  // lease types of DHCPv6
constexpr uint64_t kDelegated = 2;

std::optional<uint64_t> number_of(std::string_view text) {
  uint64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// "01:aa:bb" or "01aabb"; empty is no octets.
std::optional<Bytes> octets_of(std::string_view text) {
  Bytes out;
  for (size_t i = 0; i < text.size(); i += 2) {
    if (text[i] == ':' && i > 0) ++i;
    if (i + 1 >= text.size()) return std::nullopt;
    const int high = nibble(text[i]);
    const int low = nibble(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<std::byte>(high * 16 + low));
  }
  return out;
}

Bytes octets_of_0x(const Json& value) {
  const std::string* text = value.string();
  if (text == nullptr) return {};
  std::string_view digits = *text;
  if (digits.starts_with("0x") || digits.starts_with("0X")) digits.remove_prefix(2);
  return octets_of(digits).value_or(Bytes{});
}

std::string unescaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const bool escape = text.starts_with("&#x") && text.size() >= 5 && nibble(text[3]) >= 0 && nibble(text[4]) >= 0;
    out += escape ? static_cast<char>(nibble(text[3]) * 16 + nibble(text[4])) : text[0];
    text.remove_prefix(escape ? 5 : 1);
  }
  return out;
}

Bytes owned(ByteView view) { return {view.begin(), view.end()}; }

// Sub-options of RFC 3046: a code and a length of one octet each.
void relay_agent(ByteView all, KeaLease& out) {
  Octets in(all);
  while (in.left() >= 2) {
    const uint8_t code = in.u8();
    const size_t octets = in.u8();
    const ByteView value = in.take(octets);
    if (!in.ok()) return;
    if (code == 1 && out.circuit.empty()) out.circuit = owned(value);
    if (code == 2 && out.remote.empty()) out.remote = owned(value);
  }
}

// Options of RFC 8415: a code and a length of two octets each.
void relay_options(ByteView all, KeaLease& out) {
  constexpr uint16_t kInterfaceId = 18;
  constexpr uint16_t kRemoteId = 37;
  constexpr size_t kEnterprise = 4;
  Octets in(all);
  while (in.left() >= 4) {
    const uint16_t code = in.u16();
    const size_t octets = in.u16();
    const ByteView value = in.take(octets);
    if (!in.ok()) return;
    if (code == kInterfaceId) out.circuit = owned(value);
    if (code == kRemoteId && octets > kEnterprise) out.remote = owned(value.subspan(kEnterprise));
  }
}

}  // namespace

void KeaLeaseLines::relay_names(std::string_view context, KeaLease& out) {
  if (context.empty()) return;
  const auto json = context.size() > kContextMax ? Result<Json>(fail(Errc::limit, "too long"))
                                                 : Json::parse(unescaped(context), "user-context");
  if (!json) {
    ++contexts_unread_;
    return;
  }
  const Json& isc = (*json)["ISC"];
  const Json& agent = isc["relay-agent-info"];
  relay_agent(octets_of_0x(agent.string() != nullptr ? agent : agent["sub-options"]), out);
  const Json& relays = isc["relays"].items() != nullptr ? isc["relays"] : isc["relay-info"];
  // Each relay put what it got into its own message: the last one is the client's neighbour, and its word replaces.
  if (relays.items() != nullptr)
    for (const Json& relay : *relays.items()) relay_options(octets_of_0x(relay["options"]), out);
}

std::expected<std::optional<KeaLease>, KeaFault> KeaLeaseLines::header(const std::vector<std::string_view>& fields) {
  Columns c;
  c.count = fields.size();
  const auto find = [&](std::string_view name) -> std::optional<size_t> {
    const auto it = std::ranges::find(fields, name);
    return it == fields.end() ? std::nullopt : std::optional(static_cast<size_t>(it - fields.begin()));
  };
  c.address = find("address");
  c.lifetime = find("valid_lifetime");
  c.expire = find("expire");
  c.client = find(v6_ ? "duid" : "client_id");
  c.hw = find("hwaddr");
  c.state = find("state");
  c.context = find("user_context");
  c.type = find("lease_type");
  c.length = find("prefix_len");
  if (!c.address || !c.lifetime || !c.expire || !c.client || (v6_ && (!c.type || !c.length)))
    return std::unexpected(KeaFault::header);
  columns_ = c;
  return std::nullopt;
}

std::expected<std::optional<KeaLease>, KeaFault> KeaLeaseLines::line(std::string_view text) {
  if (text.size() > kLineMax) return std::unexpected(KeaFault::too_long);
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (text.empty()) return std::nullopt;
  fields_.clear();
  for (std::string_view rest = text; fields_.size() <= kFieldsMax;) {
    const size_t comma = rest.find(',');
    fields_.push_back(rest.substr(0, comma));
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  if (fields_.size() > kFieldsMax) return std::unexpected(KeaFault::fields);
  if (fields_.front() == "address") return header(fields_);
  if (!columns_) return std::unexpected(KeaFault::header);
  const Columns& c = *columns_;
  if (fields_.size() != c.count) return std::unexpected(KeaFault::fields);
  const auto field = [&](const std::optional<size_t>& at) { return at ? fields_[*at] : std::string_view(); };

  KeaLease out;
  const auto address = parse_ip(field(c.address));
  if (!address || (address->family == Family::v6) != v6_) return std::unexpected(KeaFault::address);
  const auto lifetime = number_of(field(c.lifetime));
  const auto expire = number_of(field(c.expire));
  const auto state = c.state ? number_of(field(c.state)) : std::optional<uint64_t>(0);
  if (!lifetime || !expire || !state || *lifetime > kForEver || *expire > kSecondsMax + kForEver)
    return std::unexpected(KeaFault::number);
  out.prefix = Prefix::host(*address);
  if (v6_) {
    const auto type = number_of(field(c.type));
    const auto length = number_of(field(c.length));
    if (!type || !length || *length > 128) return std::unexpected(KeaFault::number);
    if (*type == kTemporary) return std::nullopt;
    if (*type == kDelegated) out.prefix = Prefix::of(*address, static_cast<uint8_t>(*length));
  }
  const auto client = octets_of(field(c.client));
  const auto hw = octets_of(field(c.hw));
  if (!client || !hw) return std::unexpected(KeaFault::name);
  out.client = *client;
  out.hw = *hw;
  out.at = Time{} + seconds(static_cast<int64_t>(*expire > *lifetime ? *expire - *lifetime : 0));
  out.lifetime = *lifetime == kForEver ? Duration{} : seconds(static_cast<int64_t>(*lifetime));
  out.state = *state == 1      ? KeaState::declined
              : *state != 0    ? KeaState::expired
              : *lifetime == 0 ? KeaState::gone
                               : KeaState::held;
  relay_names(field(c.context), out);
  return out;
}

}  // namespace postern::wire
