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
    key<&Relay::group>(
        "group", {.form = &kShortName,
                  .empty_is_none = true,
                  .help = "whose members may use listen_unix and milter_unix besides root; Postfix asks as postfix"}),
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
    key<&Relay::meters_max>(
        "meters_max", {.unit = "meters",
                       .min = 1'024,
                       .max = 4'194'304,
                       .reload = Reload::live,
                       .help = "lines that sent within two days and accounts that did within two months; each takes "
                               "320 bytes, an account 400 more. Who finds no room is not metered, with an alarm. "
                               "A change begins all counts anew"}),
    key<&Relay::messages_max>("messages_max",
                              {.unit = "messages",
                               .min = 1'024,
                               .max = 1'048'576,
                               .reload = Reload::live,
                               .help = "messages under way at one time. A change begins all counts anew"}),
    key<&Relay::warn_percent>("warn_percent",
                              {.unit = "per cent",
                               .max = 99,
                               .reload = Reload::live,
                               .help = "so much of a limit is used: told once an hour and day; 0 for never"}),
    key<&Relay::honey_accounts>(
        "honey_accounts", {.example = "[\"accounting@isp.example\"]",
                           .reload = Reload::live,
                           .help = "accounts that are nobody's, whose passwords lie where only thieves look: they "
                                   "are refused, and what else signs in from there is suspect"}),
    choice<&Relay::hold_mode>(
        "hold_mode", model::pn_names_of_Mode,
        {.reload = Reload::live,
         .help = "on: for an account that looks stolen the relay takes nothing more (450); shadow: "
                 "that is journaled and shown only"}),
    choice<&Relay::lock_mode>("lock_mode", model::pn_names_of_Mode,
                              {.reload = Reload::live,
                               .help = "on: the webhook is told to lock an account that is stolen beyond doubt; needs "
                                       "webhook.url"}),
    key<&Relay::accounts_per_hour>("accounts_per_hour",
                                   {.unit = "accounts",
                                    .max = 100'000,
                                    .reload = Reload::live,
                                    .help = "held or locked by Postern itself within one hour; beyond, they wait"}),
    key<&Relay::origins>("origins",
                         {.form = &kPath,
                          .empty_is_none = true,
                          .example = "\"/etc/postern/origins.csv\"",
                          .reload = Reload::live,
                          .help = "where addresses are, as lines of prefix,as,country,latitude,longitude; none: "
                                  "logins are told apart by your own lines only"}),
    key<&Relay::mail_log>("mail_log", {.example = "[\"127.0.0.1:10514\"]",
                                       .help = "addresses that take Postfix's log over TCP, a line each, from this "
                                               "machine and relay.clients: what receivers said of each recipient"}),
    key<&Relay::milter_unix>(
        "milter_unix", {.form = &kPath,
                        .empty_is_none = true,
                        .example = "\"/run/postern/milter.sock\"",
                        .help = "socket that Postfix asks on as a milter (smtpd_milters = unix:PATH), with the same "
                                "answers; each listener of Postfix uses one of the two"}),
    key<&Relay::milter>("milter", {.example = "[\"127.0.0.1:10041\"]",
                                   .help = "addresses to be asked on as a milter over TCP (smtpd_milters = "
                                           "inet:HOST:PORT), from this machine and relay.clients"}),
};

constexpr KeyTable kTable{
    "Questions of your own Postfix (SMTP access policy delegation, or milter): who may send, and how much. Without a "
    "socket nobody is served.",
    kKeys};

}  // namespace

const KeyTable& Relay::table() { return kTable; }

}  // namespace postern::settings
