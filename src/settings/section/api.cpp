// SPDX-License-Identifier: Apache-2.0
#include "settings/section/api.h"

#include "settings/table/key.h"

namespace postern::settings {
namespace {

constexpr Key kKeys[] = {
    key<&Api::socket>("socket", {.form = &kPath, .help = "path of the unix socket; at most 107 bytes"}),
    key<&Api::group>("group", {.form = &kShortName,
                               .empty_is_none = true,
                               .example = "\"postern-operators\"",
                               .help = "system group whose members may use the socket, for every question and order; "
                                       "without one, root alone"}),
    key<&Api::metrics>("metrics", {.example = "[\"127.0.0.1:9425\"]",
                                   .help = "addresses to serve /metrics on, plain HTTP for Prometheus: the numbers of "
                                           "postern status, no customer in them; whoever reaches it may read it"}),
};

constexpr KeyTable kTable{"The socket that the command postern talks to, and where monitoring reads.", kKeys};

}  // namespace

const KeyTable& Api::table() { return kTable; }

}  // namespace postern::settings
