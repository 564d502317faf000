// SPDX-License-Identifier: Apache-2.0
#include "settings/section/daemon.h"

#include "settings/table/key.h"

namespace postern::settings {
namespace {

constexpr Key kKeys[] = {
    key<&Daemon::user>("user", {.form = &kShortName, .help = "user that all processes but the supervisor run as"}),
};

constexpr KeyTable kTable{"The processes themselves.", kKeys};

}  // namespace

const KeyTable& Daemon::table() { return kTable; }

}  // namespace postern::settings
