// SPDX-License-Identifier: Apache-2.0
#include "settings/section/casework/webhook.h"

#include "settings/table/key.h"

namespace postern::settings {
namespace {

constexpr Key kKeys[] = {
    key<&Webhook::url>("url", {.form = &kBaseUrl,
                               .empty_is_none = true,
                               .example = "\"https://gateway.isp.example/postern\"",
                               .reload = Reload::live,
                               .help = "where notices are posted to; without it none are"}),
    key<&Webhook::address>("address", {.example = "[\"203.0.113.40:443\"]",
                                       .reload = Reload::live,
                                       .help = "address and port of the host in the URL (one): nothing is looked up"}),
    key<&Webhook::secret_file>("secret_file",
                               {.form = &kPath,
                                .empty_is_none = true,
                                .example = "\"/etc/postern/webhook.secret\"",
                                .reload = Reload::live,
                                .help = "file whose first line is the key that signs each message, as whsec_BASE64"}),
    key<&Webhook::ca_file>("ca_file", {.form = &kPath,
                                       .empty_is_none = true,
                                       .example = "\"/etc/ssl/certs/ca-certificates.crt\"",
                                       .reload = Reload::live,
                                       .help = "who may have signed the server's certificate; https needs it"}),
    key<&Webhook::retry_for>("retry_for", {.min = seconds(10).us,
                                           .max = days(3).us,
                                           .reload = Reload::live,
                                           .help = "a gateway that does not take it for so long: the next channel"}),
};

constexpr KeyTable kTable{
    "Notices to a gateway of your own (text messages, tickets), as signed POSTs in the form of Standard Webhooks.",
    kKeys};

}  // namespace

const KeyTable& Webhook::table() { return kTable; }

}  // namespace postern::settings
