// SPDX-License-Identifier: Apache-2.0
#include "settings/section/store.h"

#include "settings/table/key.h"

namespace postern::settings {
namespace {

constexpr Key kKeys[] = {
    key<&Store::directory>(
        "directory",
        {.form = &kPath, .help = "directory of the journal and its keys; only the daemon's user may read it"}),
};

constexpr KeyTable kTable{"Where decisions and their evidence are kept.", kKeys};

}  // namespace

const KeyTable& Store::table() { return kTable; }

}  // namespace postern::settings
