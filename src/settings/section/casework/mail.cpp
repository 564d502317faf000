// SPDX-License-Identifier: Apache-2.0
#include "settings/section/casework/mail.h"

#include "settings/table/key.h"

namespace postern::settings {
namespace {

constexpr Key kKeys[] = {
    key<&Mail::relay>("relay", {.example = "[\"203.0.113.25:25\"]",
                                .reload = Reload::live,
                                .help = "your relay, by address and port (one); without it no notice goes by mail"}),
    key<&Mail::from>("from", {.form = &kMailAddress,
                              .empty_is_none = true,
                              .example = "\"abuse@isp.example\"",
                              .reload = Reload::live,
                              .help = "sender of the notices; provider.contact when it is not given"}),
    key<&Mail::bounces>(
        "bounces", {.form = &kMailAddress,
                    .empty_is_none = true,
                    .example = "\"notice-bounces@isp.example\"",
                    .reload = Reload::live,
                    .help = "envelope sender, with +cNUMBER put before its @; the same as from when it is not given"}),
    key<&Mail::require_tls>("require_tls",
                            {.reload = Reload::live, .help = "hand notices over only after STARTTLS (RFC 3207)"}),
    key<&Mail::ca_file>("ca_file",
                        {.form = &kPath,
                         .empty_is_none = true,
                         .example = "\"/etc/ssl/certs/ca-certificates.crt\"",
                         .reload = Reload::live,
                         .help = "who may have signed the relay's certificate; none: any certificate will do"}),
    key<&Mail::retry_for>("retry_for",
                          {.min = seconds(10).us,
                           .max = days(3).us,
                           .reload = Reload::live,
                           .help = "a relay that cannot take the notice for so long: the next channel is used"}),
    key<&Mail::user>("user", {.empty_is_none = true,
                              .example = "\"postern\"",
                              .reload = Reload::live,
                              .help = "name to sign in at the relay with (AUTH), always after STARTTLS"}),
    key<&Mail::password_file>("password_file",
                              {.form = &kPath,
                               .empty_is_none = true,
                               .example = "\"/etc/postern/relay.password\"",
                               .reload = Reload::live,
                               .help = "file whose first line is the password of mail.user; nobody else may read it"}),
    key<&Mail::sign_in_days>(
        "sign_in_days",
        {.unit = "days",
         .max = 365,
         .reload = Reload::live,
         .help = "a customer whose devices sign in at mail servers of others without encryption gets a letter once in "
                 "so many days; 0 = none: the log alone says it"}),
    key<&Mail::intake>("intake", {.example = "[\"127.0.0.1:2424\"]",
                                  .help = "where your Postfix hands over, by LMTP, what comes back to mail.bounces: "
                                          "bounces and replies"}),
};

constexpr KeyTable kTable{"Notices to customers by mail, through your own relay.", kKeys};

}  // namespace

const KeyTable& Mail::table() { return kTable; }

}  // namespace postern::settings
