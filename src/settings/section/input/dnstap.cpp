// SPDX-License-Identifier: Apache-2.0
#include "settings/section/input/dnstap.h"

#include "settings/table/key.h"

namespace postern::settings {

const KeyTable& Dnstap::table() {
  static constexpr Key kKeys[] = {
      key<&Dnstap::listen_unix>("listen_unix", {.form = &kPath,
                                                .empty_is_none = true,
                                                .example = "\"/run/postern/dnstap.sock\"",
                                                .help = "socket that a resolver on this machine sends dnstap to "
                                                        "(Unbound: dnstap-socket-path)"}),
      key<&Dnstap::group>("group", {.form = &kShortName,
                                    .empty_is_none = true,
                                    .example = "\"unbound\"",
                                    .help = "whose members may send to listen_unix besides root"}),
      key<&Dnstap::listen>("listen", {.example = "[\"203.0.113.20:6000\"]",
                                      .help = "addresses to take dnstap on over TCP (Unbound: dnstap-ip)"}),
      key<&Dnstap::senders>("senders", {.example = "[\"203.0.113.53\"]",
                                        .reload = Reload::live,
                                        .help = "resolvers that may send over TCP besides this machine"}),
      key<&Dnstap::lookups_per_s>("lookups_per_s",
                                  {.min = 1,
                                   .max = 1'000'000,
                                   .reload = Reload::live,
                                   .help = "mail servers' names taken a second; the rest is counted and left out"}),
  };
  static constexpr KeyTable kTable{
      "What lines ask your resolvers, as those tell it (dnstap): only mail servers' names are kept. Off without "
      "listen_unix and listen.",
      kKeys};
  return kTable;
}

}  // namespace postern::settings
