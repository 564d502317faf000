// SPDX-License-Identifier: Apache-2.0
#include "settings/section/input/feedback.h"

#include "settings/table/key.h"

namespace postern::settings {

const KeyTable& Feedback::table() {
  static constexpr Key kKeys[] = {
      key<&Feedback::address>("address", {.form = &kMailAddress,
                                          .empty_is_none = true,
                                          .example = "\"fbl@isp.example\"",
                                          .reload = Reload::live,
                                          .help = "where receivers send feedback reports (ARF); your Postfix hands "
                                                  "over its mail to mail.intake by LMTP"}),
      key<&Feedback::reporters>("reporters",
                                {.form = &kHostName,
                                 .example = "[\"fbl.receiver.example\"]",
                                 .reload = Reload::live,
                                 .help = "domains whose reports are evidence, when your relay found their DKIM "
                                         "signature or SPF to pass; reports of others are counted"}),
      key<&Feedback::authserv_id>(
          "authserv_id", {.form = &kHostName,
                          .empty_is_none = true,
                          .example = "\"mx.isp.example\"",
                          .reload = Reload::live,
                          .help = "name that your relay puts into the Authentication-Results it writes; it has to take "
                                  "fields of that name out of what it is given (RFC 8601 section 5). None: no report "
                                  "is believed"}),
      key<&Feedback::received_by>(
          "received_by", {.form = &kHostName,
                          .example = "[\"mx1.isp.example\", \"mx2.isp.example\"]",
                          .reload = Reload::live,
                          .help = "names that your mail servers put after \"by\" into the Received they write; none: "
                                  "provider.relay_host"}),
      key<&Feedback::traps>("traps", {.form = &kMailAddress,
                                      .example = "[\"former.customer@isp.example\"]",
                                      .reload = Reload::live,
                                      .help = "addresses that nobody has and that only harvesters find: mail to one "
                                              "from one of your lines or accounts is evidence against it. Your "
                                              "Postfix hands their mail over to mail.intake"}),
  };
  static constexpr KeyTable kTable{
      "What receivers of mail say of this network: feedback reports (RFC 5965), and mail to trap addresses.", kKeys};
  return kTable;
}

}  // namespace postern::settings
