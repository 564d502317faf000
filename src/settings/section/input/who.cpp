// SPDX-License-Identifier: Apache-2.0
#include "settings/section/input/who.h"

#include "settings/table/key.h"

namespace postern::settings {

const KeyTable& Who::table() {
  static constexpr Key kKeys[] = {
      key<&Who::clock_skew>(
          "clock_skew",
          {.max = minutes(1).us,
           .reload = Reload::live,
           .help = "how far the clock of a NAS or of another source may be off; what happened within twice this of an "
                   "address changing hands is nobody's"}),
      key<&Who::nat_logged>("nat_logged",
                            {.example = "[\"203.0.113.64/26\"]",
                             .reload = Reload::live,
                             .help = "outside addresses of NATs that log whom they give ports, to flow_export.listen "
                                     "(IPFIX, RFC 8158) or to nat_log; what is not logged is nobody's"}),
      key<&Who::nat_blocks_max>("nat_blocks_max", {.unit = "blocks",
                                                   .min = 1'024,
                                                   .max = 4'194'304,
                                                   .reload = Reload::live,
                                                   .help = "blocks of ports and sessions of NATs that are remembered, "
                                                           "for a day after their end; the oldest gives way"}),
      key<&Who::nat_log>("nat_log", {.example = "[\"203.0.113.20:5514\"]",
                                     .help = "addresses to take logs of Linux NATs on, over UDP: what ulogd2 writes of "
                                             "connections, by syslog or as JSON; none = off"}),
      key<&Who::nat_log_senders>("nat_log_senders",
                                 {.example = "[\"100.64.0.1\"]",
                                  .reload = Reload::live,
                                  .help = "who may send to nat_log; datagrams from others are dropped"}),
  };
  static constexpr KeyTable kTable{
      "Whose an address was at a time, and whose an outside address and port behind a NAT.", kKeys};
  return kTable;
}

const KeyTable& PortBlocks::table() {
  static constexpr Key kKeys[] = {
      key<&PortBlocks::outside>("outside", {.required = true,
                                            .example = "\"192.0.2.0/28\"",
                                            .reload = Reload::live,
                                            .help = "addresses that the world sees"}),
      key<&PortBlocks::inside>("inside", {.required = true,
                                          .example = "\"100.64.0.0/22\"",
                                          .reload = Reload::live,
                                          .help = "addresses of the lines behind it; the first have the first blocks "
                                                  "of the first outside address, and so on"}),
      key<&PortBlocks::skip_ends>("skip_ends",
                                  {.reload = Reload::live,
                                   .help = "the first and the last address of inside belong to no line and have no "
                                           "block"}),
      key<&PortBlocks::first_port>(
          "first_port",
          {.min = 1, .max = 65'535, .reload = Reload::live, .help = "ports below it are given to nobody"}),
      key<&PortBlocks::ports>("ports", {.required = true,
                                        .min = 1,
                                        .max = 65'535,
                                        .example = "1008",
                                        .reload = Reload::live,
                                        .help = "ports in the block of one line; what is left over at the end of an "
                                                "outside address is taken to be shared"}),
  };
  static constexpr KeyTable kTable{
      "A NAT that gives every line a block of ports by formula (RFC 7422); one section for each pool.", kKeys};
  return kTable;
}

const KeyTable& MapRule::table() {
  static constexpr Key kKeys[] = {
      key<&MapRule::outside>(
          "outside",
          {.required = true, .example = "\"192.0.2.0/24\"", .reload = Reload::live, .help = "the rule's IPv4 prefix"}),
      key<&MapRule::inside>("inside", {.required = true,
                                       .example = "\"2001:db8::/40\"",
                                       .reload = Reload::live,
                                       .help = "the rule's IPv6 prefix; the prefixes of lines begin with it"}),
      key<&MapRule::ea_bits>("ea_bits", {.required = true,
                                         .unit = "bits",
                                         .max = 48,
                                         .example = "16",
                                         .reload = Reload::live,
                                         .help = "length of the embedded address bits: the rest of the IPv4 address "
                                                 "and the port set's number"}),
      key<&MapRule::psid_offset>("psid_offset", {.unit = "bits",
                                                 .max = 15,
                                                 .reload = Reload::live,
                                                 .help = "bits of a port before the port set's number; ports where "
                                                         "they are all 0 are given to nobody, unless it is 0"}),
  };
  static constexpr KeyTable kTable{"A mapping rule of MAP-E or MAP-T (RFC 7597, RFC 7599); one section for each.",
                                   kKeys};
  return kTable;
}

}  // namespace postern::settings
