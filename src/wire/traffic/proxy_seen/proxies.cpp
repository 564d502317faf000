// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/proxy_seen/proxies.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "wire/traffic/octets.h"

namespace postern::wire {
namespace {

constexpr uint8_t kTcp = 6;
constexpr std::array<uint16_t, 4> kMailPorts{25, 465, 587, 2525};
constexpr uint8_t kConnect = 1;  // of SOCKS
constexpr uint8_t kGranted4 = 90;
constexpr uint8_t kGranted5 = 0;
enum AddressType : uint8_t { kV4 = 1, kName = 3, kV6 = 4 };

std::string_view text_of(ByteView octets) { return {reinterpret_cast<const char*>(octets.data()), octets.size()}; }

// Of "host:25" or "[2001:db8::1]:25"; 0 = none.
uint16_t port_of(std::string_view target) {
  const size_t colon = target.rfind(':');
  if (colon == target.npos) return 0;
  const std::string_view digits = target.substr(colon + 1);
  uint16_t port = 0;
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return fault == std::errc() && end == digits.data() + digits.size() ? port : 0;
}

uint16_t socks5_port(Octets in) {
  if (in.u8() != 5 || in.u8() != kConnect || in.u8() != 0) return 0;
  switch (in.u8()) {
    case kV4:
      in.skip(4);
      break;
    case kName:
      in.skip(in.u8());
      break;
    case kV6:
      in.skip(16);
      break;
    default:
      return 0;
  }
  return in.u16();  // 0 where octets are missing
}

uint16_t http_port(std::string_view said) {
  constexpr std::string_view kVerb = "CONNECT ";
  if (!said.starts_with(kVerb)) return 0;
  said.remove_prefix(kVerb.size());
  const size_t end = said.find(' ');
  if (end == said.npos || !said.substr(end).starts_with(" HTTP/1.")) return 0;
  return port_of(said.substr(0, end));
}

uint16_t socks4_port(Octets in) { return in.u8() == 4 && in.u8() == kConnect ? in.u16() : uint16_t{0}; }

}  // namespace

std::optional<Proxies::Request> Proxies::request_of(ByteView said) {
  Request request{Speaks::socks5, socks5_port(Octets(said))};
  if (request.port == 0) request = {Speaks::socks4, socks4_port(Octets(said))};
  if (request.port == 0) request = {Speaks::http, http_port(text_of(said))};
  if (std::ranges::find(kMailPorts, request.port) == kMailPorts.end()) return std::nullopt;
  return request;
}

std::optional<Proxies::Speaks> Proxies::yes_of(ByteView said) {
  const std::string_view text = text_of(said);
  if (text.starts_with("HTTP/1.") && text.size() > 12 && text.substr(8, 5) == " 200 ") {
    constexpr std::string_view kReason = "conn";
    const std::string_view reason = text.substr(13, kReason.size());
    const bool same = std::ranges::equal(reason, kReason, [](char is, char want) { return (is | 0x20) == want; });
    return same ? std::optional(Speaks::http) : std::nullopt;
  }
  Octets in(said);
  const uint8_t version = in.u8();
  const uint8_t says = in.u8();
  if (version == 0 && says == kGranted4 && said.size() >= 8) return Speaks::socks4;
  if (version != 5 || says != kGranted5 || in.u8() != 0) return std::nullopt;
  const uint8_t type = in.u8();
  return type == kV4 || type == kName || type == kV6 ? std::optional(Speaks::socks5) : std::nullopt;
}

void Proxies::add(Time at, const PacketHeaders& p) {
  asked_.advance(at);
  if (p.protocol != kTcp || p.payload.empty()) return;
  if (const auto request = request_of(p.payload)) {
    const Connection key = Connection::by_client(p);
    asked_.erase(key);  // a second try on the same connection
    asked_.put(key, {.at = at,
                     .speaks = request->speaks,
                     .port = request->port,
                     .answers_at = p.tcp_acknowledged,
                     .acknowledges = p.tcp_sequence + static_cast<uint32_t>(p.payload.size())});
    return;
  }
  const auto yes = yes_of(p.payload);
  if (!yes) return;
  const Connection key = Connection::by_server(p);
  const Asked* asked = asked_.find(key);
  if (asked == nullptr || asked->speaks != *yes || asked->answers_at != p.tcp_sequence) return;
  if (static_cast<int32_t>(p.tcp_acknowledged - asked->acknowledges) < 0) return;
  ++found_;
  const Proxied told{at, key, asked->port};
  asked_.erase(key);
  emit_(told);
}

}  // namespace postern::wire
