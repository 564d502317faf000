// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/flow/template.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace postern::wire {
namespace {

constexpr size_t kRecordOctetsMax = 65535;

// RFC 7012 and the IANA registry "IPFIX Information Elements". Micro- and nanoseconds have one form, NTP's (RFC 7011
// section 6.1.9).
struct Known {
  uint16_t number = 0;
  Element element = Element::none;
};
constexpr std::array<Known, 56> kElements{{
    {.number = 1, .element = Element::octets},
    {.number = 85, .element = Element::octets},
    {.number = 2, .element = Element::packets},
    {.number = 86, .element = Element::packets},
    {.number = 231, .element = Element::initiator_octets},
    {.number = 298, .element = Element::initiator_packets},
    {.number = 4, .element = Element::protocol},
    {.number = 6, .element = Element::tcp_flags},
    {.number = 7, .element = Element::source_port},
    {.number = 180, .element = Element::source_port},
    {.number = 182, .element = Element::source_port},
    {.number = 11, .element = Element::destination_port},
    {.number = 181, .element = Element::destination_port},
    {.number = 183, .element = Element::destination_port},
    {.number = 32, .element = Element::icmp_type_code},
    {.number = 139, .element = Element::icmp_type_code},
    {.number = 176, .element = Element::icmp_type},
    {.number = 178, .element = Element::icmp_type},
    {.number = 177, .element = Element::icmp_code},
    {.number = 179, .element = Element::icmp_code},
    {.number = 8, .element = Element::source_v4},
    {.number = 27, .element = Element::source_v6},
    {.number = 12, .element = Element::destination_v4},
    {.number = 28, .element = Element::destination_v6},
    {.number = 22, .element = Element::first_uptime_ms},
    {.number = 21, .element = Element::last_uptime_ms},
    {.number = 150, .element = Element::first_s},
    {.number = 151, .element = Element::last_s},
    {.number = 152, .element = Element::first_ms},
    {.number = 153, .element = Element::last_ms},
    {.number = 154, .element = Element::first_ntp},
    {.number = 156, .element = Element::first_ntp},
    {.number = 155, .element = Element::last_ntp},
    {.number = 157, .element = Element::last_ntp},
    {.number = 158, .element = Element::first_ago_us},
    {.number = 159, .element = Element::last_ago_us},
    {.number = 161, .element = Element::duration_ms},
    {.number = 162, .element = Element::duration_us},
    {.number = 160, .element = Element::boot_ms},
    {.number = 48, .element = Element::sampler},
    {.number = 302, .element = Element::sampler},
    {.number = 34, .element = Element::sampling_interval},
    {.number = 50, .element = Element::sampling_interval},
    {.number = 305, .element = Element::sampling_interval},
    {.number = 306, .element = Element::sampling_space},
    {.number = 309, .element = Element::sampling_size},
    {.number = 310, .element = Element::sampling_population},
    {.number = 230, .element = Element::nat_event},
    {.number = 225, .element = Element::post_source_v4},
    {.number = 281, .element = Element::post_source_v6},
    {.number = 227, .element = Element::post_source_port},
    {.number = 361, .element = Element::range_first},
    {.number = 362, .element = Element::range_last},
    {.number = 363, .element = Element::range_step},
    {.number = 364, .element = Element::range_ports},
    {.number = 323, .element = Element::observed_ms},
}};

bool is_address(Element e) {
  return e == Element::source_v4 || e == Element::source_v6 || e == Element::destination_v4 ||
         e == Element::destination_v6 || e == Element::post_source_v4 || e == Element::post_source_v6;
}

bool fits(Element e, size_t octets) {
  const bool v4 = e == Element::source_v4 || e == Element::destination_v4 || e == Element::post_source_v4;
  if (is_address(e)) return octets == (v4 ? 4 : 16);
  return octets >= 1 && octets <= 8;  // numbers may be shorter than their type (RFC 7011 section 6.2)
}

template <class Number>
uint64_t whole_at(const std::byte* p) {
  Number n;
  std::memcpy(&n, p, sizeof n);
  return std::endian::native == std::endian::little ? std::byteswap(n) : n;
}

uint64_t number_at(const std::byte* p, size_t octets) {
  switch (octets) {  // what nearly all fields are
    case 1:
      return static_cast<uint8_t>(*p);
    case 2:
      return whole_at<uint16_t>(p);
    case 4:
      return whole_at<uint32_t>(p);
    case 8:
      return whole_at<uint64_t>(p);
    default: {
      uint64_t v = 0;
      for (size_t i = 0; i < octets; ++i) v = v << 8 | static_cast<uint8_t>(p[i]);
      return v;
    }
  }
}

void take(Element e, ByteView value, RecordValues& out) {
  out.present |= uint64_t{1} << static_cast<unsigned>(e);
  switch (e) {
    case Element::source_v4:
      out.source_v4 = value;
      break;
    case Element::source_v6:
      out.source_v6 = value;
      break;
    case Element::destination_v4:
      out.destination_v4 = value;
      break;
    case Element::destination_v6:
      out.destination_v6 = value;
      break;
    case Element::post_source_v4:
      out.post_source_v4 = value;
      break;
    case Element::post_source_v6:
      out.post_source_v6 = value;
      break;
    default:
      out.number[static_cast<size_t>(e)] = number_at(value.data(), value.size());
  }
}

std::optional<Ports> ports_of(const std::vector<Step>& steps) {
  const auto at = [&](Element e, uint8_t octets) -> std::optional<uint16_t> {
    const auto found = std::ranges::find(steps, e, &Step::element);
    return found == steps.end() || found->octets != octets ? std::nullopt : std::optional(found->at);
  };
  const auto protocol = at(Element::protocol, 1);
  const auto source = at(Element::source_port, 2);
  const auto destination = at(Element::destination_port, 2);
  // What a NAT logs is wanted whatever its ports.
  const bool nat = std::ranges::find(steps, Element::nat_event, &Step::element) != steps.end();
  if (nat || !protocol || !source || !destination) return std::nullopt;
  std::optional<uint16_t> flags = at(Element::tcp_flags, 1);
  if (const auto wide = at(Element::tcp_flags, 2)) flags = static_cast<uint16_t>(*wide + 1);
  return Ports{*protocol, *source, *destination, flags};
}

std::optional<Addresses> addresses_of(const std::vector<Step>& steps) {
  const auto find = [&](Element e) { return std::ranges::find(steps, e, &Step::element); };
  const auto pair = [&](Element source, Element destination, bool v6) -> std::optional<Addresses> {
    if (find(source) == steps.end() || find(destination) == steps.end()) return std::nullopt;
    return Addresses{find(source)->at, find(destination)->at, v6};
  };
  const auto v4 = pair(Element::source_v4, Element::destination_v4, false);
  const auto v6 = pair(Element::source_v6, Element::destination_v6, true);
  if (v4 && v6) return std::nullopt;
  return v4 ? v4 : v6;
}

size_t read_variable(const Template& t, ByteView in, RecordValues& out, bool& broken) {
  size_t at = 0;
  for (const TemplateField& f : t.fields) {
    size_t octets = f.octets;
    if (octets == kVariableLength) {
      if (at >= in.size()) return broken = true, 0;
      octets = static_cast<uint8_t>(in[at++]);
      if (octets == 255) {
        if (in.size() - at < 2) return broken = true, 0;
        octets = number_at(in.data() + at, 2);
        at += 2;
      }
    }
    if (octets > in.size() - at) return broken = true, 0;
    if (f.element != Element::none && fits(f.element, octets)) take(f.element, in.subspan(at, octets), out);
    at += octets;
  }
  return at;
}

}  // namespace

Element element_of(uint16_t number) {
  const auto* found =
      std::find_if(kElements.begin(), kElements.end(), [&](const Known& k) { return k.number == number; });
  return found == kElements.end() ? Element::none : found->element;
}

bool Template::same(const std::vector<TemplateField>& other, bool other_options) const {
  return options == other_options &&
         std::equal(fields.begin(), fields.end(), other.begin(), other.end(),
                    [](const auto& a, const auto& b) { return a.number == b.number && a.octets == b.octets; });
}

std::optional<Template> compile(std::vector<TemplateField> fields, bool options) {
  Template t{.fields = std::move(fields), .options = options};
  uint64_t seen = 0;
  for (TemplateField& f : t.fields) {
    const bool variable = f.octets == kVariableLength;
    t.variable = t.variable || variable;
    const Element e = f.number == 0 ? Element::none : element_of(f.number);
    // The first of two that say the same: the second is a total, or another layer's.
    if (e != Element::none && (variable || fits(e, f.octets)) && (seen >> static_cast<unsigned>(e) & 1U) == 0) {
      seen |= uint64_t{1} << static_cast<unsigned>(e);
      f.element = e;
      if (!variable)
        t.steps.push_back(
            {.at = static_cast<uint16_t>(t.record_octets), .octets = static_cast<uint8_t>(f.octets), .element = e});
    }
    t.record_octets += variable ? 1 : f.octets;
    if (t.record_octets > kRecordOctetsMax) return std::nullopt;
  }
  if (t.record_octets == 0) return std::nullopt;
  if (t.variable) t.steps.clear();
  t.ports = ports_of(t.steps);
  t.addresses = addresses_of(t.steps);
  return t;
}

size_t read_record(const Template& t, ByteView in, RecordValues& out, bool& broken) {
  out.present = 0;
  broken = false;
  if (in.size() < t.record_octets) return 0;
  if (t.variable) return read_variable(t, in, out, broken);
  for (const Step& step : t.steps) {
    const std::byte* p = in.data() + step.at;
    if (is_address(step.element)) {
      take(step.element, {p, step.octets}, out);
    } else {
      out.number[static_cast<size_t>(step.element)] = number_at(p, step.octets);
      out.present |= uint64_t{1} << static_cast<unsigned>(step.element);
    }
  }
  return t.record_octets;
}

}  // namespace postern::wire
