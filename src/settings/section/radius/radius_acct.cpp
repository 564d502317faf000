// SPDX-License-Identifier: Apache-2.0
#include "settings/section/radius/radius_acct.h"

#include "settings/table/key.h"

namespace postern::settings {
namespace {

constexpr Key kKeys[] = {
    key<&RadiusAcct::listen>(
        "listen",
        {.example = "[\"203.0.113.20:1813\"]",
         .help = "addresses to take accounting packets on; without one, only fixed prefixes of subscribers are known"}),
    key<&RadiusAcct::interim_interval>(
        "interim_interval",
        {.min = minutes(1).us,
         .max = hours(24).us,
         .reload = Reload::live,
         .help = "how often the NAS sends Interim-Updates; a session silent for three of these ages to class unknown"}),
};

constexpr KeyTable kTable{"RADIUS accounting (RFC 2866): who has which address now.", kKeys};

}  // namespace

const KeyTable& RadiusAcct::table() { return kTable; }

const KeyTable& RadiusClient::table() {
  static constexpr Key kClientKeys[] = {
      key<&RadiusClient::address>(
          "address", {.required = true,
                      .example = "\"203.0.113.1\"",
                      .reload = Reload::live,
                      .help = "address of the NAS, or a prefix of many with one secret; the longest that fits counts"}),
      key<&RadiusClient::secret_file>("secret_file",
                                      {.required = true,
                                       .form = &kPath,
                                       .example = "\"/etc/postern/radius.secret\"",
                                       .reload = Reload::live,
                                       .help = "file whose first line is the shared secret; nobody else may read it"}),
  };
  static constexpr KeyTable kClientTable{"A NAS that may send accounting packets; one section for each.", kClientKeys};
  return kClientTable;
}

}  // namespace postern::settings
