// SPDX-License-Identifier: Apache-2.0
#include "settings/section/input/relay.h"

#include "settings/table/key.h"

namespace postern::settings {
namespace {

constexpr Key kKeys[] = {
    key<&Relay::listen_unix>("listen_unix",
                             {.form = &kPath,
                              .empty_is_none = true,
                              .example = "\"/run/postern/policy.sock\"",
                              .help = "socket that Postfix asks on (check_policy_service unix:PATH); none: no such "
                                      "socket"}),
    key<&Relay::group>("group", {.form = &kShortName,
                                 .empty_is_none = true,
                                 .help = "whose members may use listen_unix besides root; Postfix asks as postfix"}),
    key<&Relay::listen>("listen", {.example = "[\"127.0.0.1:10040\"]",
                                   .help = "addresses to be asked on over TCP (check_policy_service inet:HOST:PORT)"}),
    key<&Relay::clients>("clients", {.example = "[\"192.0.2.25\"]",
                                     .reload = Reload::live,
                                     .help = "who may ask over TCP besides this machine: your mail servers"}),
    key<&Relay::trusted>("trusted",
                         {.example = "[\"192.0.2.20\", \"2001:db8:20::/64\"]",
                          .reload = Reload::live,
                          .help = "your own machines besides the relay itself: they send without AUTH and unmetered"}),
    key<&Relay::account_class>(
        "account_class", {.form = &kShortName,
                          .empty_is_none = true,
                          .example = "\"residential\"",
                          .reload = Reload::live,
                          .help = "class whose relay_* limits hold for accounts; network.default_class when it is "
                                  "not given"}),
    choice<&Relay::auth_on_25>("auth_on_25", pn_names_of_AuthOn25,
                               {.reload = Reload::live,
                                .help = "signing in on port 25: still accepted and counted, or refused with a sentence "
                                        "that names port 587"}),
    key<&Relay::restricted_percent>("restricted_percent",
                                    {.unit = "per cent",
                                     .max = 100,
                                     .reload = Reload::live,
                                     .help = "how much of its class's limits a line keeps while a case holds it back; "
                                             "never less than 1 of each"}),
    key<&Relay::connections_max>("connections_max",
                                 {.unit = "connections",
                                  .min = 10,
                                  .max = 65'536,
                                  .reload = Reload::live,
                                  .help = "each smtpd process of Postfix keeps one; beyond it the one idle longest is "
                                          "closed, and Postfix opens another"}),
    key<&Relay::meters_max>("meters_max",
                            {.unit = "meters",
                             .min = 1'024,
                             .max = 4'194'304,
                             .reload = Reload::live,
                             .help = "lines and accounts that sent within two days; each takes 320 bytes. Who finds no "
                                     "room is not metered, with an alarm. A change begins all counts anew"}),
    key<&Relay::messages_max>("messages_max",
                              {.unit = "messages",
                               .min = 1'024,
                               .max = 1'048'576,
                               .reload = Reload::live,
                               .help = "messages under way at one time. A change begins all counts anew"}),
};

constexpr KeyTable kTable{
    "Questions of your own Postfix (SMTP access policy delegation): who may send, and how much. Without listen_unix "
    "and "
    "listen nobody is served.",
    kKeys};

}  // namespace

const KeyTable& Relay::table() { return kTable; }

}  // namespace postern::settings
