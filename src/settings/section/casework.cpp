// SPDX-License-Identifier: Apache-2.0
#include "settings/section/casework.h"

#include "settings/table/key.h"

namespace postern::settings {
namespace {

constexpr Key kKeys[] = {
    key<&Casework::case_score>("case_score",
                               {.unit = "nats",
                                .min = 2'300,
                                .max = 100'000,
                                .reload = Reload::live,
                                .help = "score that opens a case; each 2.3 more means ten times fewer false cases"}),
};

constexpr KeyTable kTable{"When findings about a line become a case.", kKeys};

}  // namespace

const KeyTable& Casework::table() { return kTable; }

}  // namespace postern::settings
