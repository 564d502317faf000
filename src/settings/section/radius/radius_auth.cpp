// SPDX-License-Identifier: Apache-2.0
#include "settings/section/radius/radius_auth.h"

#include "settings/section/radius/attribute_form.h"
#include "settings/table/key.h"

namespace postern::settings {
namespace {

constexpr Key kKeys[] = {
    key<&RadiusAuth::listen>(
        "listen",
        {.example = "[\"127.0.0.1:8813\"]",
         .help = "addresses where your RADIUS server asks (HTTP, rlm_rest of FreeRADIUS); none = nobody asks"}),
    key<&RadiusAuth::allow>("allow", {.example = "[\"127.0.0.1/32\"]",
                                      .reload = Reload::live,
                                      .help = "who may ask; anybody else is refused and counted"}),
    key<&RadiusAuth::garden>("garden",
                             {.form = &kRadiusAttribute,
                              .reload = Reload::live,
                              .help = "reply attributes of a line whose plug is pulled; Class comes with them"}),
};

constexpr KeyTable kTable{
    "Lines whose plug is pulled, for authorisation: a line that logs in again comes back into the garden. Without an "
    "answer the line logs in as usual.",
    kKeys};

}  // namespace

const KeyTable& RadiusAuth::table() { return kTable; }

}  // namespace postern::settings
