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

}  // namespace

const KeyTable& Provider::table() { return kTable; }

}  // namespace postern::settings
