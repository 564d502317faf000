// SPDX-License-Identifier: Apache-2.0
#include "settings/section/input/mirror.h"

#include "settings/table/key.h"

namespace postern::settings {

const KeyTable& Mirror::table() {
  static constexpr Key kKeys[] = {
      key<&Mirror::interfaces>(
          "interfaces", {.form = &kInterfaceGlob,
                         .example = "[\"mirror0\"]",
                         .help = "interfaces that mirror ports of switches are wired to, by their whole names; none = "
                                 "off; both directions of a line's traffic on one or on two of them"}),
      key<&Mirror::ring>("ring", {.unit = "MiB",
                                  .min = 2,
                                  .max = 1'024,
                                  .help = "memory for each of them, in which packets wait to be read; what finds no "
                                          "room is lost and counted"}),
  };
  static constexpr KeyTable kTable{
      "Mirror ports: what lines do on mail ports where no gate stands. A filter in the kernel lets beginnings of "
      "connections, mail's commands and answers of resolvers through, nothing else. Flows wait for flow_export.hold.",
      kKeys};
  return kTable;
}

}  // namespace postern::settings
