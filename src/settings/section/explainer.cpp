// SPDX-License-Identifier: Apache-2.0
#include "settings/section/explainer.h"

#include "settings/table/key.h"

namespace postern::settings {
namespace {

constexpr Key kKeys[] = {
    key<&Explainer::listen4>(
        "listen4", {.empty_is_none = true,
                    .help = "where it waits for connections the gate steers to it over IPv4; \"\" for nowhere"}),
    key<&Explainer::listen6>("listen6", {.empty_is_none = true, .help = "the same over IPv6"}),
    key<&Explainer::banners_per_min>("banners_per_min",
                                     {.unit = "a minute",
                                      .min = 1,
                                      .max = 6'000,
                                      .reload = Reload::live,
                                      .help = "greetings one line gets; beyond them its connections are reset"}),
    key<&Explainer::connections_max>("connections_max", {.unit = "connections",
                                                         .min = 16,
                                                         .max = 1'000'000,
                                                         .reload = Reload::live,
                                                         .help = "most connections at a time, all lines together"}),
    key<&Explainer::idle_timeout>("idle_timeout", {.min = seconds(1).us,
                                                   .max = minutes(10).us,
                                                   .reload = Reload::live,
                                                   .help = "how long a silent connection is kept"}),
};

constexpr KeyTable kTable{
    "The SMTP responder that a refused connection reaches. It greets with the reason and a reference and accepts "
    "nothing.",
    kKeys};

}  // namespace

const KeyTable& Explainer::table() { return kTable; }

}  // namespace postern::settings
