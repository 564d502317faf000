// SPDX-License-Identifier: Apache-2.0
#include "settings/section/gate.h"

#include "settings/table/key.h"

namespace postern::settings {
namespace {

constexpr Key kKeys[] = {
    key<&Gate::pin_dir>(
        "pin_dir",
        {.form = &kPath, .help = "directory on a BPF file system where tables stay while the daemon is away"}),
    key<&Gate::lines_max>("lines_max", {.unit = "prefixes",
                                        .min = 1'024,
                                        .max = 16'777'216,
                                        .help = "most prefixes of live sessions; memory for them is taken at start"}),
    key<&Gate::source_validation>(
        "source_validation",
        {.help = "drop governed packets whose source address does not belong to the interface they came in on"}),
    key<&Gate::guard>("guard",
                      {.help = "keep an nftables rule that drops forwarded port 25 while no gate is attached"}),
    key<&Gate::fwmark>(
        "fwmark",
        {.min = 1,
         .max = 0xffff'ffff,
         .help = "packet mark of connections steered to the explainer; no other rule of the machine may use it"}),
    key<&Gate::route_table>("route_table",
                            {.min = 1,
                             .max = 0xffff'ffff,
                             .help = "routing table that delivers marked packets to this machine; must not be in use"}),
};

constexpr KeyTable kTable{"The part that runs in the kernel and judges packets to port 25.", kKeys};

}  // namespace

const KeyTable& Gate::table() { return kTable; }

}  // namespace postern::settings
