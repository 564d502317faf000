// SPDX-License-Identifier: Apache-2.0
#include "settings/section/provider.h"

#include "settings/table/key.h"

namespace postern::settings {
namespace {

constexpr Key kKeys[] = {
    key<&Provider::name>(
        "name", {.required = true,
                 .form = &kOneLine,
                 .example = "\"Example ISP\"",
                 .reload = Reload::live,
                 .help = "your name, in the greeting that refuses a mail connection and on the page behind it"}),
    key<&Provider::url>("url",
                        {.required = true,
                         .form = &kBaseUrl,
                         .example = "\"https://mail-help.isp.example\"",
                         .reload = Reload::live,
                         .help = "base of the pages that explain a refusal; the address shown is URL/r/REFERENCE"}),
    key<&Provider::contact>("contact", {.required = true,
                                        .form = &kMailAddress,
                                        .example = "\"abuse@isp.example\"",
                                        .reload = Reload::live,
                                        .help = "mail address of the people who answer customers about refused mail"}),
    key<&Provider::phone>("phone", {.form = &kOneLine,
                                    .empty_is_none = true,
                                    .example = "\"+49 30 1234567\"",
                                    .reload = Reload::live,
                                    .help = "their telephone number"}),
    key<&Provider::relay_host>("relay_host", {.form = &kHostName,
                                              .empty_is_none = true,
                                              .example = "\"smtp.isp.example\"",
                                              .reload = Reload::live,
                                              .help = "name of the relay customers are told to use instead"}),
    key<&Provider::relay>("relay",
                          {.required = true,
                           .example = "[\"203.0.113.25\", \"2001:db8:25::25\"]",
                           .reload = Reload::live,
                           .help = "addresses of your relay; port 25 to them is open for everyone at all times"}),
};

constexpr KeyTable kTable{
    "Who you are, as people who are refused read it, and your own relay, which nothing here ever closes.", kKeys};

constexpr Key kAutoconfigKeys[] = {
    key<&Autoconfig::domains>("domains", {.form = &kHostName,
                                          .example = "[\"isp.example\"]",
                                          .reload = Reload::live,
                                          .help = "domains of your customers' mail addresses; none: nothing of this is "
                                                  "served or printed"}),
    key<&Autoconfig::imap_host>("imap_host", {.form = &kHostName,
                                              .empty_is_none = true,
                                              .example = "\"imap.isp.example\"",
                                              .reload = Reload::live,
                                              .help = "where customers read their mail, IMAP over TLS on port 993"}),
    key<&Autoconfig::pop_host>("pop_host", {.form = &kHostName,
                                            .empty_is_none = true,
                                            .example = "\"pop.isp.example\"",
                                            .reload = Reload::live,
                                            .help = "the same with POP3 over TLS, on port 995"}),
    choice<&Autoconfig::sign_in>(
        "sign_in", pn_names_of_SignInName,
        {.reload = Reload::live, .help = "what people sign in with: their mail address, or the part before its @"}),
};

constexpr KeyTable kAutoconfigTable{
    "What mail programs need to set themselves up: served to them by the web role, printed by postern relay "
    "autoconfig. The mail server for sending is provider.relay_host, on ports 465 (TLS) and 587 (STARTTLS).",
    kAutoconfigKeys};

}  // namespace

const KeyTable& Provider::table() { return kTable; }
const KeyTable& Autoconfig::table() { return kAutoconfigTable; }

}  // namespace postern::settings
