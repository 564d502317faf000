// SPDX-License-Identifier: Apache-2.0
#include "rehearse/flow_csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>
#include <string>

namespace postern::rehearse {
namespace {

using Column = FlowCsv::Column;

struct Name {
  std::string_view name;  // lower case
  Column column;
};
constexpr Name kNames[] = {{"date", Column::date},
                           {"ts", Column::begin},
                           {"flow_start", Column::begin},
                           {"starttime", Column::begin},
                           {"te", Column::end},
                           {"td", Column::seconds},
                           {"dur", Column::seconds},
                           {"durat", Column::millis},
                           {"sa", Column::source},
                           {"src_ip_addr", Column::source},
                           {"srcaddr", Column::source},
                           {"sp", Column::source_port},
                           {"src_port", Column::source_port},
                           {"sport", Column::source_port},
                           {"da", Column::destination},
                           {"dst_ip_addr", Column::destination},
                           {"dstaddr", Column::destination},
                           {"dp", Column::destination_port},
                           {"dst_port", Column::destination_port},
                           {"dport", Column::destination_port},
                           {"pr", Column::protocol},
                           {"prot", Column::protocol},
                           {"proto", Column::protocol},
                           {"flg", Column::flags},
                           {"flags", Column::flags},
                           {"state", Column::flags},
                           {"ipkt", Column::packets},
                           {"pkt", Column::packets},
                           {"packets", Column::packets},
                           {"totpkts", Column::packets},
                           {"ibyt", Column::bytes},
                           {"byt", Column::bytes},
                           {"bytes", Column::bytes},
                           {"totbytes", Column::bytes},
                           {"srcbytes", Column::source_bytes},
                           {"opkt", Column::reverse_packets},
                           {"obyt", Column::reverse_bytes}};

constexpr std::string_view kOrder[] = {
    "ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt",
    "starttime,dur,proto,srcaddr,sport,dir,dstaddr,dport,state,stos,dtos,totpkts,totbytes,srcbytes,label",
    "te,td,sa,da,sp,dp,pr,flg,fwd,stos,pkt,byt,label"};

constexpr uint64_t kDurationSecondsMax = 366 * 86'400;

// What `ra` says when it is not asked for flags, as flags of both directions.
struct Word {
  std::string_view word;
  std::string_view flags;
};
constexpr Word kStates[] = {{"REQ", "S_"},        {"ACC", "S_SA"},      {"CON", "SPA_SPA"}, {"EST", "SPA_SPA"},
                            {"FIN", "FSPA_FSPA"}, {"CLO", "FSPA_FSPA"}, {"RST", "S_RA"}};

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t' || s.front() == '"')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t' || s.back() == '"')) s.remove_suffix(1);
  return s;
}

void split(std::string_view line, std::vector<std::string_view>& fields) {
  fields.clear();
  while (fields.size() < FlowCsv::kColumnsMax) {
    const size_t comma = line.find(',');
    fields.push_back(trimmed(line.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    line.remove_prefix(comma + 1);
  }
}

template <class T>
std::optional<T> number(std::string_view text, int base = 10) {
  T out{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

// "3.2039999999999997" seconds as microseconds; exponents as `ra` writes them for tiny ones.
std::optional<int64_t> micros(std::string_view text, double unit_us) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value) || value < 0)
    return std::nullopt;
  const double us = value * unit_us;
  if (us > static_cast<double>(kDurationSecondsMax) * 1e6) return std::nullopt;
  return std::llround(us);
}

// "2016-04-11", "2011/08/15" or "15/08/2011" as RFC 3339 writes it.
std::optional<std::string> iso_date(std::string_view text) {
  if (text.size() != 10) return std::nullopt;
  const bool day_first = text[2] == '/' || text[2] == '.' || text[2] == '-';
  std::string out(text);
  if (day_first)
    out = std::string(text.substr(6)) + "-" + std::string(text.substr(3, 2)) + "-" + std::string(text.substr(0, 2));
  out[4] = out[7] = '-';
  return out;
}

// A time alone, with `date` from a column of its own, or as seconds since 1970.
std::optional<Time> time_of(std::string_view text, std::string_view date) {
  if (date.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos) {
    double seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || end != text.data() + text.size() || !(seconds > 0) || seconds > 2e10)
      return std::nullopt;
    return Time{std::llround(seconds * 1e6)};
  }
  if (date.empty() && text.size() > 11) {
    date = text.substr(0, 10);
    text.remove_prefix(11);
  }
  const auto day = iso_date(date);
  if (!day || text.size() < 8 || text.size() > 15) return std::nullopt;
  const auto time = parse_time(*day + "T" + std::string(text) + "Z");
  if (!time) return std::nullopt;
  return *time;
}

std::optional<uint8_t> protocol_of(std::string_view text) {
  std::string lower(text.substr(0, 8));
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(c | 0x20); });
  if (lower == "tcp") return uint8_t{6};
  if (lower == "udp") return uint8_t{17};
  if (const auto n = number<uint8_t>(text)) return n;
  // Others are known by name to their tool; none of them has ports.
  return text.empty() ? std::nullopt : std::optional(uint8_t{255});
}

// Letters in any order ("..AP.SF", "FSPA"), or a number ("0x1b", "27").
std::optional<uint8_t> flags_of(std::string_view text) {
  if (text.starts_with("0x")) return number<uint8_t>(text.substr(2), 16);
  if (!text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos) return number<uint8_t>(text);
  constexpr std::string_view kLetters = "FSRPAUEC";
  uint8_t out = 0;
  for (const char c : text) {
    if (c == '.') continue;
    const size_t bit = kLetters.find(c);
    if (bit == std::string_view::npos) return std::nullopt;
    out |= static_cast<uint8_t>(1U << bit);
  }
  return out;
}

std::optional<uint16_t> port_of(std::string_view text) {
  if (text.empty()) return uint16_t{0};
  if (text.starts_with("0x")) return number<uint16_t>(text.substr(2), 16);
  // nfdump writes ICMP as type.code; there is no port in it.
  if (text.contains('.') && text.find_first_not_of("0123456789.") == std::string_view::npos) return uint16_t{0};
  return number<uint16_t>(text);
}

model::Flow turned(model::Flow flow) {
  std::swap(flow.source, flow.destination);
  std::swap(flow.source_port, flow.destination_port);
  return flow;
}

}  // namespace

bool FlowCsv::take_header(const Fields& fields) {
  Places places;
  places.fill(-1);
  size_t known = 0;
  for (size_t i = 0; i < fields.size(); ++i) {
    std::string lower(fields[i]);
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
    const auto* name = std::ranges::find(kNames, lower, &Name::name);
    if (name == std::end(kNames) || places[static_cast<size_t>(name->column)] >= 0) continue;
    places[static_cast<size_t>(name->column)] = static_cast<int16_t>(i);
    ++known;
  }
  if (known < 5) return false;
  const auto has = [&](Column c) { return places[static_cast<size_t>(c)] >= 0; };
  placed_ = (has(Column::begin) || has(Column::end)) && has(Column::source) && has(Column::destination) &&
            has(Column::source_port) && has(Column::destination_port) && has(Column::protocol);
  places_ = places;
  least_ = 0;
  for (const Column c : {Column::begin, Column::end, Column::source, Column::destination, Column::destination_port,
                         Column::protocol, Column::flags})
    least_ = std::max<size_t>(least_, static_cast<size_t>(places[static_cast<size_t>(c)] + 1));
  return true;
}

std::string_view FlowCsv::at(const Fields& fields, Column column) const {
  const int place = places_[static_cast<size_t>(column)];
  return place < 0 || static_cast<size_t>(place) >= fields.size() ? std::string_view()
                                                                  : fields[static_cast<size_t>(place)];
}

std::optional<Broken> FlowCsv::read(std::string_view line, std::vector<model::Flow>& flows) {
  flows.clear();
  if (!begun_ && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
  if (over_ || trimmed(line).empty() || line.starts_with('#')) return std::nullopt;
  split(line, fields_);
  if (!begun_) {
    begun_ = true;
    if (take_header(fields_)) return placed_ ? std::nullopt : std::optional(Broken::header);
    Fields usual;
    if (profile_) {
      split(kOrder[static_cast<size_t>(*profile_)], usual);
      take_header(usual);
    }
  }
  if (!placed_) return Broken::header;
  over_ = fields_[0] == "Summary";  // nfdump's own sums, to the end
  if (over_) return std::nullopt;
  return record(fields_, flows);
}

std::optional<Broken> FlowCsv::times(const Fields& fields, model::Flow& flow) const {
  int64_t lasts = 0;
  if (const std::string_view text = at(fields, Column::seconds); !text.empty()) {
    const auto us = micros(text, 1e6);
    if (!us) return Broken::duration;
    lasts = *us;
  } else if (const std::string_view ms = at(fields, Column::millis); !ms.empty()) {
    const auto us = micros(ms, 1e3);
    if (!us) return Broken::duration;
    lasts = *us;
  }
  const std::string_view begin = at(fields, Column::begin);
  const auto said = time_of(begin.empty() ? at(fields, Column::end) : begin, at(fields, Column::date));
  if (!said) return Broken::time;
  flow.begin = begin.empty() ? *said - Duration{lasts} : *said;
  flow.end = flow.begin + Duration{lasts};
  return std::nullopt;
}

std::optional<Broken> FlowCsv::record(const Fields& fields, std::vector<model::Flow>& flows) const {
  if (fields.size() < least_) return Broken::columns;
  model::Flow flow;
  const auto protocol = protocol_of(at(fields, Column::protocol));
  if (!protocol) return Broken::protocol;
  flow.protocol = *protocol;
  if (const auto broken = times(fields, flow)) return broken;
  const auto source = parse_ip(at(fields, Column::source));
  const auto destination = parse_ip(at(fields, Column::destination));
  // ARP and the like have other addresses and are no concern of ours.
  if (!source || !destination) return *protocol == 255 ? std::nullopt : std::optional(Broken::address);
  flow.source = *source;
  flow.destination = *destination;
  if (*protocol == 6 || *protocol == 17) {
    const auto from = port_of(at(fields, Column::source_port));
    const auto to = port_of(at(fields, Column::destination_port));
    if (!from || !to) return Broken::port;
    flow.source_port = *from;
    flow.destination_port = *to;
  }
  const auto count = [&](Column column, uint64_t& out) {
    const std::string_view text = at(fields, column);
    const auto n = text.empty() ? std::optional<uint64_t>(0) : number<uint64_t>(text);
    out = n.value_or(0);
    return n.has_value();
  };
  uint64_t back_packets = 0;
  uint64_t back_bytes = 0;
  uint64_t source_bytes = 0;
  if (!count(Column::packets, flow.packets) || !count(Column::bytes, flow.bytes) ||
      !count(Column::source_bytes, source_bytes) || !count(Column::reverse_packets, back_packets) ||
      !count(Column::reverse_bytes, back_bytes))
    return Broken::packets;
  std::string_view flags = at(fields, Column::flags);
  if (*protocol != 6) {
    flows.push_back(flow);
    return std::nullopt;
  }
  flow.flags_known = !flags.empty();
  if (const auto* state = std::ranges::find(kStates, flags, &Word::word); state != std::end(kStates))
    flags = state->flags;
  const size_t cut = flags.find('_');
  const auto mine = flags_of(flags.substr(0, cut));
  const auto theirs = flags_of(cut == std::string_view::npos ? std::string_view() : flags.substr(cut + 1));
  if (!mine || !theirs) return Broken::flags;
  flow.tcp_flags = *mine;
  model::Flow back = turned(flow);
  back.tcp_flags = *theirs;
  if (!at(fields, Column::source_bytes).empty()) {
    // Totals of both directions: share the packets, the source has at least one.
    back.bytes = flow.bytes - std::min(flow.bytes, source_bytes);
    flow.bytes = source_bytes;
    back.packets = *theirs == 0 ? 0 : flow.packets / 2;
    flow.packets -= back.packets;
  } else if (back_packets != 0) {
    back.packets = back_packets;
    back.bytes = back_bytes;
    back.flags_known = cut != std::string_view::npos;
  }
  if (*mine != 0 || cut == std::string_view::npos || *theirs == 0) flows.push_back(flow);
  if (*theirs != 0 || back_packets != 0) flows.push_back(back);
  return std::nullopt;
}

}  // namespace postern::rehearse
