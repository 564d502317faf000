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
    key<&Garden::allow>("allow", {.example = "[\"203.0.113.0/28\"]",
                                  .reload = Reload::live,
                                  .help = "addresses that paused lines still reach: your help desk, your own pages"}),
    key<&Garden::allow_names>("allow_names",
                              {.form = &kHostName,
                               .example = "[\"update.example.com\"]",
                               .reload = Reload::live,
                               .help = "names that paused lines still reach, beside the list that comes with Postern: "
                                       "their addresses are looked up and kept fresh"}),
    key<&Garden::shipped_names>("shipped_names",
                                {.reload = Reload::live,
                                 .help = "let paused lines reach the names that come with Postern: updates of systems "
                                         "and virus scanners, and what tells whether a certificate still holds"}),
    key<&Garden::emergency>("emergency", {.example = "[\"192.0.2.112\"]",
                                          .reload = Reload::live,
                                          .help = "addresses of emergency services and of your telephone service; "
                                                  "never closed to anybody"}),
    key<&Garden::resolvers>("resolvers",
                            {.example = "[\"203.0.113.53\"]",
                             .reload = Reload::live,
                             .help = "name servers that look up the names; paused lines may ask them too. Without any, "
                                     "no name is looked up"}),
    key<&Garden::keep>("keep", {.min = minutes(1).us,
                                .max = hours(24 * 30).us,
                                .reload = Reload::live,
                                .help = "how long an address stays after its name stopped having it, or longer if its "
                                        "time to live is longer"}),
    key<&Garden::addresses_max>("addresses_max", {.unit = "addresses",
                                                  .min = 16,
                                                  .max = 65'536,
                                                  .reload = Reload::live,
                                                  .help = "most addresses of all names together; beyond them the ones "
                                                          "seen longest ago go"}),
};

constexpr KeyTable kGardenTable{
    "Lines whose Internet access is paused until a device is cleaned: the web page they get, and what they still "
    "reach.",
    kGardenKeys};

}  // namespace

const KeyTable& Notice::table() { return kTable; }
const KeyTable& Garden::table() { return kGardenTable; }

}  // namespace postern::settings
