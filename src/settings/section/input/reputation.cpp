// SPDX-License-Identifier: Apache-2.0
#include "settings/section/input/reputation.h"

#include "settings/table/key.h"

namespace postern::settings {

const KeyTable& Reputation::table() {
  static constexpr Key kKeys[] = {
      key<&Reputation::resolvers>("resolvers",
                                  {.example = "[\"203.0.113.53\"]",
                                   .reload = Reload::live,
                                   .help = "your own resolvers to ask lists through, by address; many lists refuse "
                                           "to answer public ones"}),
      key<&Reputation::watch>(
          "watch", {.example = "[\"198.51.100.0/24\", \"2001:db8:100::/48\"]",
                    .reload = Reload::live,
                    .help = "ranges of lines to ask lists about besides provider.relay: each address of IPv4, each /64 "
                            "of IPv6; together at most 1048576 of them"}),
      key<&Reputation::queries_per_s>("queries_per_s",
                                      {.min = 1,
                                       .max = 100,
                                       .reload = Reload::live,
                                       .help = "questions a second, all lists together; mind what the lists allow"}),
      key<&Reputation::every>("every", {.min = seconds(1).us,
                                        .max = days(7).us,
                                        .reload = Reload::live,
                                        .help = "how often each address is looked at, if queries_per_s allows it"}),
      key<&Reputation::refused_percent>(
          "refused_percent", {.unit = "per cent",
                              .min = 1,
                              .max = 100,
                              .reload = Reload::live,
                              .help = "so much of what a receiver's servers answered to your relay within an hour put "
                                      "it off or refused it by policy, and twice what is usual: an alarm"}),
      key<&Reputation::queue_age>("queue_age", {.min = minutes(1).us,
                                                .max = days(7).us,
                                                .reload = Reload::live,
                                                .help = "a mail that is in your relay's queue for longer is an alarm; "
                                                        "known from relay.mail_log"}),
  };
  static constexpr KeyTable kTable{
      "What others think of your addresses: blocklists (RFC 5782), and the answers your relay gets.", kKeys};
  return kTable;
}

const KeyTable& Blocklist::table() {
  static constexpr Key kKeys[] = {
      key<&Blocklist::zone>("zone", {.required = true,
                                     .form = &kHostName,
                                     .example = "\"zen.dnsbl.example\"",
                                     .reload = Reload::live,
                                     .help = "the list's zone, with your key before it where the list gives you one"}),
      key<&Blocklist::no_trouble>(
          "no_trouble", {.reload = Reload::live,
                         .help = "answers that say what an address is, not that something is wrong with it: lines "
                                 "that should use a relay are on such lists by rule"}),
  };
  static constexpr KeyTable kTable{
      "A blocklist to be asked; one section for each. Its test entries (127.0.0.2, ::FFFF:7F00:2 listed, 127.0.0.1 "
      "not) "
      "are asked for first, and a list that fails them is not believed.",
      kKeys};
  return kTable;
}

}  // namespace postern::settings
