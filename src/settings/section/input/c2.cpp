// SPDX-License-Identifier: Apache-2.0
#include "settings/section/input/c2.h"

#include "settings/table/key.h"

namespace postern::settings {

const KeyTable& C2::table() {
  static constexpr Key kKeys[] = {
      key<&C2::list>("list",
                     {.form = &kPath,
                      .empty_is_none = true,
                      .example = "\"/etc/postern/c2.txt\"",
                      .reload = Reload::live,
                      .help = "control servers, one a line: an address, address:port, or a network of /24 (IPv6: "
                              "/48) and longer; read again whenever the file changes"}),
  };
  static constexpr KeyTable kTable{
      "Control servers of botnets (C2), by a list of yours. A line that talks to one, as flow exports or mirror ports "
      "show it, has a hint added to its evidence, once a day; no case comes of hints alone.",
      kKeys};
  return kTable;
}

}  // namespace postern::settings
