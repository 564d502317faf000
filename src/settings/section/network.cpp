// SPDX-License-Identifier: Apache-2.0
#include "settings/section/network.h"

#include "settings/table/key.h"

namespace postern::settings {
namespace {

constexpr Key kKeys[] = {
    key<&Network::subscriber_prefixes>("subscriber_prefixes",
                                       {.required = true,
                                        .example = "[\"198.51.100.0/24\", \"2001:db8:1000::/36\"]",
                                        .reload = Reload::live,
                                        .help = "all address space of your subscribers; a source inside it that no "
                                                "live session owns is of class unknown"}),
    key<&Network::subscriber_interfaces>(
        "subscriber_interfaces",
        {.required = true,
         .form = &kInterfaceGlob,
         .example = "[\"sub*\"]",
         .reload = Reload::live,
         .help = "interfaces that subscribers are behind, by name or pattern; also those that appear later"}),
    key<&Network::uplink_interfaces>(
        "uplink_interfaces",
        {.form = &kInterfaceGlob,
         .example = "[\"uplink0\"]",
         .reload = Reload::live,
         .help = "interfaces toward the Internet, by name or pattern; what comes in there the guard lets through"}),
    key<&Network::dark>("dark",
                        {.example = "[\"192.0.2.128/25\"]",
                         .reload = Reload::live,
                         .help = "addresses of yours that nobody uses; a connection to them from inside is evidence"}),
    key<&Network::default_class>(
        "default_class", {.form = &kShortName, .reload = Reload::live, .help = "class of subscribers that name none"}),
};

constexpr KeyTable kTable{
    "What the gate governs. It stands where subscriber addresses are still their own: between the access concentrator "
    "and any NAT.",
    kKeys};

}  // namespace

const KeyTable& Network::table() { return kTable; }

}  // namespace postern::settings
