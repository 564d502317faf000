// SPDX-License-Identifier: Apache-2.0
// Templates of NetFlow v9 (RFC 3954) and IPFIX (RFC 7011), and records read by them. A template is compiled once to the
// steps that matter here; elements nobody needs, and all enterprise ones, cost a record nothing. Pure; foreign bytes.
#pragma once

#include <optional>
#include <vector>

#include "base/codec.h"
#include "base/time.h"

namespace postern::wire {

inline constexpr size_t kTemplateFieldsMax = 256;
inline constexpr uint16_t kVariableLength = 65535;

// What of a record is read: elements that say the same share one.
enum class Element : uint8_t {
  none,
  octets,
  packets,
  initiator_octets,
  initiator_packets,
  protocol,
  tcp_flags,
  source_port,
  destination_port,
  icmp_type_code,
  icmp_type,
  icmp_code,
  source_v4,
  source_v6,
  destination_v4,
  destination_v6,
  first_uptime_ms,
  last_uptime_ms,
  first_s,
  last_s,
  first_ms,
  last_ms,
  first_ntp,
  last_ntp,
  first_ago_us,
  last_ago_us,
  duration_ms,
  duration_us,
  boot_ms,
  sampler,
  sampling_interval,
  sampling_space,
  sampling_size,
  sampling_population,
  nat_event,
  post_source_v4,
  post_source_v6,
  post_source_port,
  range_first,
  range_last,
  range_step,
  range_ports,
  observed_ms,
  count_
};
// By IANA number; none when it is not read.
[[nodiscard]] Element element_of(uint16_t number);

struct TemplateField {
  uint16_t number = 0;              // 0: enterprise specific
  uint16_t octets = 0;              // kVariableLength: RFC 7011 section 7
  Element element = Element::none;  // compile() says it
};

struct Step {
  uint16_t at = 0;
  uint8_t octets = 0;
  Element element = Element::none;
};

// Where the protocol, the ports and the flags are in every record of a template, so that a record nobody wants is not
// read.
struct Ports {
  uint16_t protocol_at = 0;
  uint16_t source_at = 0;
  uint16_t destination_at = 0;
  std::optional<uint16_t> tcp_flags_at;  // the octet of the usual flags
};

// And where its addresses are, when they can only be of one family.
struct Addresses {
  uint16_t source_at = 0;
  uint16_t destination_at = 0;
  bool v6 = false;
};

struct Template {
  std::vector<TemplateField> fields;  // kept to be walked when lengths vary
  std::vector<Step> steps;            // of a template of fixed lengths
  size_t record_octets = 0;           // at least this; exactly, when fixed
  std::optional<Ports> ports;         // of one of fixed lengths that has them in their usual 1 and 2 octets
  std::optional<Addresses> addresses;
  bool variable = false;
  bool options = false;
  Time refreshed;
  [[nodiscard]] bool same(const std::vector<TemplateField>& other, bool other_options) const;
};

// Fails (nullopt) on no fields, records of no octets, or beyond 64 KiB.
[[nodiscard]] std::optional<Template> compile(std::vector<TemplateField> fields, bool options);

// The numbers of one record; addresses as the octets they are.
struct RecordValues {
  std::array<uint64_t, static_cast<size_t>(Element::count_)> number;
  uint64_t present;  // bit per Element
  ByteView source_v4, source_v6, destination_v4, destination_v6, post_source_v4, post_source_v6;

  [[nodiscard]] bool has(Element e) const { return (present >> static_cast<unsigned>(e) & 1U) != 0; }
  [[nodiscard]] uint64_t get(Element e, uint64_t otherwise = 0) const {
    return has(e) ? number[static_cast<size_t>(e)] : otherwise;
  }
};

// Octets used; 0: what is left is padding, or broken (`broken` says which).
[[nodiscard]] size_t read_record(const Template& t, ByteView in, RecordValues& out, bool& broken);

}  // namespace postern::wire
