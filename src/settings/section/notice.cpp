// SPDX-License-Identifier: Apache-2.0
#include "settings/section/notice.h"

#include "settings/table/key.h"

namespace postern::settings {
namespace {

constexpr Key kKeys[] = {
    key<&Notice::listen>(
        "listen", {.example = "[\"203.0.113.10:8080\"]",
                   .help = "addresses to serve it on, plain HTTP; put your web server with a certificate before it"}),
    key<&Notice::proxies>("proxies", {.example = "[\"127.0.0.1\"]",
                                      .reload = Reload::live,
                                      .help = "addresses of your web servers before it: from them, and from nobody "
                                              "else, the last address of X-Forwarded-For is taken for the customer's"}),
};

constexpr KeyTable kTable{
    "The web page that a refused customer opens with the reference: what was refused, why, and what to do.", kKeys};

constexpr Key kGardenKeys[] = {
    key<&Garden::listen4>(
        "listen4", {.empty_is_none = true,
                    .help = "where the web server waits for connections the gate steers to it over IPv4; \"\" for "
                            "nowhere"}),
    key<&Garden::listen6>("listen6", {.empty_is_none = true, .help = "the same over IPv6"}),
    key<&Garden::url>("url",
                      {.form = &kBaseUrl,
                       .empty_is_none = true,
                       .example = "\"http://help.isp.example/garden\"",
                       .reload = Reload::live,
                       .help = "where paused lines are sent, a plain http address; \"\" for the host and path of "
                               "provider.url, over http, with /garden after it"}),
    key<&Garden::asks_per_min>("asks_per_min", {.unit = "a minute",
                                                .min = 10,
                                                .max = 60'000,
                                                .reload = Reload::live,
                                                .help = "requests one line gets answers to; beyond them it is told to "
                                                        "wait"}),
    key<&Garden::connections_max>("connections_max", {.unit = "connections",
                                                      .min = 16,
                                                      .max = 100'000,
                                                      .reload = Reload::live,
                                                      .help = "most connections at a time, all lines together"}),
};

constexpr KeyTable kGardenTable{
    "Lines whose Internet access is paused until a device is cleaned: the web page they get.", kGardenKeys};

}  // namespace

const KeyTable& Notice::table() { return kTable; }
const KeyTable& Garden::table() { return kGardenTable; }

}  // namespace postern::settings
