// SPDX-License-Identifier: Apache-2.0
#include "settings/section/input/dhcp.h"

#include "settings/table/key.h"

namespace postern::settings {

const KeyTable& Dhcp::table() {
  static constexpr Key kKeys[] = {
      choice<&Dhcp::identify>(
          "identify", model::pn_names_of_LeaseNameKind,
          {.reload = Reload::live,
           .help = "what a line is known by in a lease, in the order of trust; client and hw are what the customer's "
                   "device says of itself: only where nobody can take a neighbour's"}),
  };
  static constexpr KeyTable kTable{
      "Leases of DHCP servers: who has which address and which delegated prefix, where RADIUS does not say it. A lease "
      "never stands against a RADIUS session or a fixed prefix.",
      kKeys};
  return kTable;
}

const KeyTable& DhcpServer::table() {
  static constexpr Key kKeys[] = {
      key<&DhcpServer::name>("name", {.required = true,
                                      .form = &kShortName,
                                      .example = "\"kea1\"",
                                      .reload = Reload::live,
                                      .help = "what the server is called in sessions; keep it, or its leases are told "
                                              "anew"}),
      key<&DhcpServer::leases4>("leases4", {.form = &kPath,
                                            .empty_is_none = true,
                                            .example = "\"/var/lib/kea/kea-leases4.csv\"",
                                            .reload = Reload::live,
                                            .help = "Kea's lease file of DHCPv4 (lease-database of type memfile)"}),
      key<&DhcpServer::leases6>("leases6", {.form = &kPath,
                                            .empty_is_none = true,
                                            .example = "\"/var/lib/kea/kea-leases6.csv\"",
                                            .reload = Reload::live,
                                            .help = "Kea's lease file of DHCPv6"}),
  };
  static constexpr KeyTable kTable{"A Kea server on this machine; one section for each.", kKeys};
  return kTable;
}

}  // namespace postern::settings
