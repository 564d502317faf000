// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/nat_log/line.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "wire/json.h"

namespace postern::wire {
namespace {

constexpr uint8_t kTcp = 6;
constexpr uint8_t kUdp = 17;
constexpr std::string_view kProgram = "ulogd";
constexpr int64_t kQuarter = 900;  // seconds

// One direction of a connection.
struct Half {
  Endpoint from;
  Endpoint to;
  uint32_t protocol = 0;
  bool has_protocol = false;
};

struct Connection {
  NatLineIs is = NatLineIs::connection;
  bool begins = true;
  Half first;  // from inside
  Half reply;
  std::optional<Time> at;  // as it says itself
};

// A clock: the whole time, or where in its quarter of an hour.
struct Said {
  std::optional<Time> time;
  std::optional<int64_t> in_quarter;
};

std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(text.size(), word.size() + 1));
  return word;
}

template <class N>
bool read_number(std::string_view text, N& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

// "Nov 28 07:36:49 " of RFC 3164 section 4.1.2.
std::optional<int64_t> take_bsd_time(std::string_view& text) {
  static constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() < 16 || std::ranges::find(kMonths, text.substr(0, 3)) == kMonths.end()) return std::nullopt;
  if (text[3] != ' ' || text[6] != ' ' || text[9] != ':' || text[12] != ':' || text[15] != ' ') return std::nullopt;
  uint32_t minute = 0;
  uint32_t second = 0;
  if (!read_number(text.substr(10, 2), minute) || !read_number(text.substr(13, 2), second)) return std::nullopt;
  text.remove_prefix(16);
  return (int64_t{minute} * 60 + second) % kQuarter;
}

bool is_program(std::string_view tag) {
  if (!tag.starts_with(kProgram)) return false;
  tag.remove_prefix(kProgram.size());
  return tag.empty() || (tag.starts_with('[') && tag.ends_with(']'));
}

// RFC 5424 section 6.3: "-", or elements in brackets, within which a value may have ']' behind a backslash.
bool skip_structured_data(std::string_view& text) {
  if (text.starts_with('-')) {
    text.remove_prefix(1);
    return text.empty() || text.starts_with(' ');
  }
  while (text.starts_with('[')) {
    size_t at = 1;
    while (at < text.size() && text[at] != ']') at += text[at] == '\\' ? 2 : 1;
    if (at >= text.size()) return false;
    text.remove_prefix(at + 1);
  }
  return text.starts_with(' ');
}

// Takes the header off `text`; nullopt: none of the program's.
std::optional<Said> take_header(std::string_view& text) {
  if (const size_t end = text.find('>'); text.starts_with('<') && end <= 4) text.remove_prefix(end + 1);
  Said said;
  if (text.starts_with("1 ")) {  // RFC 5424 section 6.2: time, host, program, process, message id, data
    text.remove_prefix(2);
    if (auto t = parse_time(take_word(text))) said.time = *t;
    take_word(text);
    if (!is_program(take_word(text))) return std::nullopt;
    take_word(text);
    take_word(text);
    if (!skip_structured_data(text)) return std::nullopt;
    text.remove_prefix(std::min<size_t>(text.size(), 1));
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    return said;
  }
  said.in_quarter = take_bsd_time(text);
  if (!said.in_quarter) {
    std::string_view rest = text;
    const auto t = parse_time(take_word(rest));
    if (!t) return std::nullopt;
    said.time = *t;
    text = rest;
  }
  // The C library's syslog() writes no host.
  std::string_view tag = take_word(text);
  if (!tag.ends_with(':')) tag = take_word(text);
  if (!tag.ends_with(':') || !is_program(tag.substr(0, tag.size() - 1))) return std::nullopt;
  return said;
}

bool read_protocol(std::string_view name, Half& half) {
  half.has_protocol = true;
  half.protocol = name == "TCP" ? kTcp : name == "UDP" ? kUdp : 0;
  return true;
}

bool read_field(std::string_view field, Half& half) {
  const size_t equals = field.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view name = field.substr(0, equals);
  const std::string_view value = field.substr(equals + 1);
  if (name == "SRC" || name == "DST") {
    auto address = parse_ip(value);
    if (address) (name == "SRC" ? half.from : half.to).address = *address;
    return static_cast<bool>(address);
  }
  if (name == "SPT" || name == "DPT") return read_number(value, (name == "SPT" ? half.from : half.to).port);
  return name != "PROTO" || read_protocol(value, half);
}

// "SRC=… DST=… PROTO=… SPT=… DPT=… PKTS=… BYTES=… ", up to the comma or the end.
bool take_half(std::string_view& text, Half& half) {
  while (!text.empty()) {
    const std::string_view word = take_word(text);
    if (word == ",") return true;
    if (!word.empty() && !read_field(word, half)) return false;
  }
  return true;
}

Connection read_flow(std::string_view text) {
  Connection out;
  // What LOGEMU writes around it.
  if (take_bsd_time(text)) take_word(text);
  const std::string_view event = take_word(text);
  if (take_word(text) != "ORIG:" || (event != "[NEW]" && event != "[DESTROY]")) {
    out.is = NatLineIs::other;
    return out;
  }
  out.begins = event == "[NEW]";
  if (!take_half(text, out.first) || take_word(text) != "REPLY:" || !take_half(text, out.reply))
    out.is = NatLineIs::broken;
  return out;
}

bool read_address(const Json& value, IpAddress& out) {
  const std::string* text = value.string();
  const auto address = text == nullptr ? Result<IpAddress>(fail(Errc::bad_input, "")) : parse_ip(*text);
  if (address) out = *address;
  return static_cast<bool>(address);
}

uint16_t port_of(const Json& value) {
  const int64_t* n = value.number();
  return n != nullptr && *n > 0 && *n <= UINT16_MAX ? static_cast<uint16_t>(*n) : uint16_t{0};
}

std::optional<Time> time_of(const Json& j, std::string_view seconds_name, std::string_view microseconds_name) {
  constexpr int64_t kSecondsMost = int64_t{1} << 33;
  const int64_t* s = j[seconds_name].number();
  const int64_t* us = j[microseconds_name].number();
  if (s == nullptr || *s <= 0 || *s > kSecondsMost) return std::nullopt;
  return Time{} + seconds(*s) + microseconds(us != nullptr && *us >= 0 && *us < 1'000'000 ? *us : 0);
}

Connection read_json(std::string_view text) {
  Connection out;
  const auto j = Json::parse(text, "log of a NAT", kNatLineMax);
  if (!j) {
    out.is = NatLineIs::broken;
    return out;
  }
  // NFCT_T_NEW, NFCT_T_DESTROY (libnetfilter_conntrack).
  const int64_t* event = (*j)["ct.event"].number();
  if (event == nullptr || (*event != 1 && *event != 4)) {
    out.is = NatLineIs::other;
    return out;
  }
  out.begins = *event == 1;
  out.at = out.begins ? time_of(*j, "flow.start.sec", "flow.start.usec") : time_of(*j, "flow.end.sec", "flow.end.usec");
  for (const auto& [half, name] : {std::pair{&out.first, "orig.ip.protocol"}, {&out.reply, "reply.ip.protocol"}})
    if (const int64_t* protocol = (*j)[name].number(); protocol != nullptr && *protocol >= 0 && *protocol <= 255) {
      half->protocol = static_cast<uint32_t>(*protocol);
      half->has_protocol = true;
    }
  out.first.from.port = port_of((*j)["orig.l4.sport"]);
  out.first.to.port = port_of((*j)["orig.l4.dport"]);
  out.reply.from.port = port_of((*j)["reply.l4.sport"]);
  out.reply.to.port = port_of((*j)["reply.l4.dport"]);
  const bool whole = read_address((*j)["src_ip"], out.first.from.address) &&
                     read_address((*j)["dest_ip"], out.first.to.address) &&
                     read_address((*j)["reply.ip.saddr.str"], out.reply.from.address) &&
                     read_address((*j)["reply.ip.daddr.str"], out.reply.to.address);
  if (!whole) out.is = NatLineIs::broken;
  return out;
}

NatLineIs verdict(const Connection& c) {
  const auto whole = [](const Half& h) { return h.from.address && h.to.address && h.has_protocol; };
  if (!whole(c.first) || !whole(c.reply) || c.first.protocol != c.reply.protocol) return NatLineIs::broken;
  if (c.first.protocol != kTcp && c.first.protocol != kUdp) return NatLineIs::portless;
  for (const Half* h : {&c.first, &c.reply})
    if (h->from.port == 0 || h->to.port == 0) return NatLineIs::broken;
  const IpAddress& inside = c.first.from.address;
  if (inside.family != c.reply.to.address.family) return NatLineIs::broken;
  return c.reply.to.address == inside ? NatLineIs::untranslated : NatLineIs::connection;
}

// When it was, or nothing: `is` says why.
std::optional<Time> time_of(const Said& said, Time now, NatLineIs& is) {
  Time at;
  if (said.time) {
    at = *said.time;
  } else if (said.in_quarter) {
    int64_t behind = (now.unix_seconds() - *said.in_quarter) % kQuarter;
    if (behind > kQuarter / 2) behind -= kQuarter;
    at = Time{} + seconds(now.unix_seconds() - behind);
  } else {
    is = NatLineIs::no_time;
    return std::nullopt;
  }
  if (at >= now - kLineLate && at <= now + kLineLate) return at;
  is = NatLineIs::late;
  return std::nullopt;
}

}  // namespace

NatLine read_nat_line(std::string_view text, Time now) {
  NatLine out;
  if (text.size() > kNatLineMax) {
    out.is = NatLineIs::too_long;
    return out;
  }
  while (text.ends_with('\n') || text.ends_with('\r') || text.ends_with('\0')) text.remove_suffix(1);
  std::optional<Said> said = Said{};
  if (!text.starts_with('{')) said = take_header(text);
  if (!said) return out;
  const bool is_json = text.starts_with('{');
  const Connection c = is_json ? read_json(text) : read_flow(text);
  out.is = c.is == NatLineIs::connection ? verdict(c) : c.is;
  if (out.is != NatLineIs::connection) return out;
  if (is_json && c.at) said->time = c.at;
  const auto at = time_of(*said, now, out.is);
  if (!at) return out;
  out.block = {.at = *at,
               .given = c.begins,
               .protocol = static_cast<uint8_t>(c.first.protocol),
               .inside = c.first.from.address,
               .outside = c.reply.to.address,
               .first_port = c.reply.to.port,
               .last_port = c.reply.to.port,
               .exporter = {},
               .to = c.reply.from};
  return out;
}

}  // namespace postern::wire
