// SPDX-License-Identifier: Apache-2.0
#include "settings/section/notice.h"

#include "settings/table/key.h"

namespace postern::settings {
namespace {

constexpr Key kKeys[] = {
    key<&Notice::listen>(
        "listen", {.example = "[\"203.0.113.10:8080\"]",
                   .help = "addresses to serve it on, plain HTTP; put your web server with a certificate before it"}),
};

constexpr KeyTable kTable{
    "The web page that a refused customer opens with the reference: what was refused, why, and what to do.", kKeys};

}  // namespace

const KeyTable& Notice::table() { return kTable; }

}  // namespace postern::settings
