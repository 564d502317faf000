// SPDX-License-Identifier: Apache-2.0
#include "settings/section/input/flow_export.h"

#include "settings/table/key.h"

namespace postern::settings {
namespace {

constexpr Key kKeys[] = {
    key<&FlowExport::listen>(
        "listen", {.example = "[\"203.0.113.20:2055\"]",
                   .help = "addresses to take NetFlow v5 and v9, IPFIX and sFlow v5 on, all on each; none = off"}),
    key<&FlowExport::exporters>("exporters", {.example = "[\"203.0.113.1\"]",
                                              .reload = Reload::live,
                                              .help = "routers that may export; datagrams from others are dropped"}),
    key<&FlowExport::sampling>("sampling",
                               {.max = 1'000'000,
                                .reload = Reload::live,
                                .help = "1 packet in this many is looked at, whatever exporters say; 0 = as they say"}),
    key<&FlowExport::hold>(
        "hold",
        {.min = seconds(1).us,
         .max = minutes(60).us,
         .reload = Reload::live,
         .help = "how late a flow may be told after its first packet: the active timeout of the exporters and a "
                 "little more; flows are put in order within it, so first contacts are seen so much later"}),
    key<&FlowExport::contacts_per_s>(
        "contacts_per_s", {.min = 1,
                           .max = 1'000'000,
                           .reload = Reload::live,
                           .help = "first contacts taken from flows a second; the rest is counted and left out"}),
    key<&FlowExport::by_origin>("by_origin",
                                {.reload = Reload::live,
                                 .help = "all networks of one autonomous system are one destination, where the table "
                                         "relay.origins says whose an address is"}),
};

constexpr KeyTable kTable{"Flow exports of routers: what lines do on mail ports where no gate stands.", kKeys};

}  // namespace

const KeyTable& FlowExport::table() { return kTable; }

}  // namespace postern::settings
