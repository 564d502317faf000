// SPDX-License-Identifier: Apache-2.0
// [radius_coa] and [[radius_coa.nas]]: changes of sessions that are under way (RFC 5176).
#pragma once

#include <string>
#include <vector>

#include "base/endpoint.h"
#include "base/fields.h"
#include "base/time.h"

namespace postern::settings {

struct KeyTable;

PN_ENUM(CoaMethod, coa, disconnect)
// What the NAS finds a session by; the order and names are those of act/radius_coa.
PN_ENUM(CoaIdentify, user_name, acct_session_id, nas_identifier, framed_ip_address, framed_ipv6_prefix,
        delegated_ipv6_prefix)

struct RadiusCoaNas {
  std::string name;
  Endpoint address;
  IpAddress source;
  std::string secret_file;
  std::vector<CoaIdentify> identify = {CoaIdentify::user_name, CoaIdentify::acct_session_id};
  std::vector<CoaMethod> methods = {CoaMethod::coa, CoaMethod::disconnect};
  std::vector<std::string> garden = {"Filter-Id = \"postern-garden\""};
  std::vector<std::string> normal = {"Filter-Id = \"{class}\""};

  static const KeyTable& table();
};

struct RadiusCoa {
  Duration retransmit_after = seconds(2);
  uint32_t attempts = 4;
  uint32_t in_flight_max = 64;
  std::vector<RadiusCoaNas> nases;

  static const KeyTable& table();
};

// "Filter-Id = \"garden\"", of model/radius_attribute.h.
[[nodiscard]] bool is_radius_attribute(std::string_view text);

}  // namespace postern::settings
