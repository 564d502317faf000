// SPDX-License-Identifier: Apache-2.0
#include "settings/section/detect.h"

#include "settings/table/key.h"

namespace postern::settings {
namespace {

constexpr Key kKeys[] = {
    choice<&Detect::mode>(
        "mode", model::pn_names_of_Mode,
        {.reload = Reload::live, .help = "on, off, or shadow: computed, kept and shown, without effect on any line"}),
};

constexpr KeyTable kTable{"One detector; all are on unless a section says otherwise.", kKeys};

}  // namespace

const KeyTable& Detect::table() { return kTable; }

}  // namespace postern::settings
