// SPDX-License-Identifier: Apache-2.0
#include "settings/section/gate.h"

#include "settings/table/key.h"

namespace postern::settings {
namespace {

constexpr Key kKeys[] = {
    key<&Gate::pin_dir>(
        "pin_dir",
        {.form = &kPath, .help = "directory on a BPF file system where tables stay while the daemon is away"}),
    key<&Gate::lines_max>("lines_max",
                          {.unit = "lines",
                           .min = 1'024,
                           .max = 16'777'216,
                           .help = "most lines with a live session; each takes 208 bytes of kernel memory at start"}),
    key<&Gate::source_validation>(
        "source_validation",
        {.reload = Reload::live,
         .help = "drop governed packets whose source address does not belong to the interface they came in on"}),
    key<&Gate::guard>("guard", {.reload = Reload::live,
                                .help = "keep an nftables table that drops forwarded port 25 which no gate has judged: "
                                        "at boot (postern-guard.service), while posternd starts, on interfaces that "
                                        "appear later; needs uplink_interfaces"}),
    key<&Gate::drop_fragments>(
        "drop_fragments",
        {.reload = Reload::live,
         .help = "drop later fragments of TCP packets from subscribers, which carry no port to judge by"}),
    key<&Gate::fwmark>(
        "fwmark",
        {.min = 1,
         .max = 0xffff'ffff,
         .help = "packet mark of connections steered to the explainer; no other rule of the machine may use it"}),
    key<&Gate::pass_mark>("pass_mark",
                          {.min = 1,
                           .max = 0xffff'ffff,
                           .help = "bits of the packet mark that say the gate let it pass; the guard asks for them"}),
    key<&Gate::route_table>("route_table",
                            {.min = 1,
                             .max = 0xffff'ffff,
                             .help = "routing table that delivers marked packets to this machine; must not be in use"}),
};

constexpr KeyTable kTable{"The part that runs in the kernel and judges packets to port 25.", kKeys};

}  // namespace

const KeyTable& Gate::table() { return kTable; }

}  // namespace postern::settings
