// SPDX-License-Identifier: Apache-2.0
#include "settings/section/input/decoy.h"

#include "settings/table/key.h"

namespace postern::settings {

const KeyTable& Decoy::table() {
  static constexpr Key kKeys[] = {
      key<&Decoy::probe_netns>(
          "probe_netns",
          {.form = &kPath,
           .empty_is_none = true,
           .example = "\"/run/netns/probe\"",
           .help = "network namespace that stands where a line stands; from there every decoy is tried three times a "
                   "beat. None: no decoy is proven to be alive"}),
      key<&Decoy::probe_from>(
          "probe_from", {.example = "[\"198.51.100.250\", \"2001:db8:10ff::250\"]",
                         .help = "addresses that probes come from, one of each family that has decoys; what comes "
                                 "from them is never evidence, so no line may have them"}),
      key<&Decoy::beat>("beat", {.min = seconds(1).us,
                                 .max = hours(1).us,
                                 .reload = Reload::live,
                                 .help = "within which a decoy that probes do not reach is told"}),
      key<&Decoy::honey>("honey", {.form = &kOneLine,
                                   .example = "[\"anna.decoy@isp.example\"]",
                                   .reload = Reload::live,
                                   .help = "account names that exist only where thieves find them; who signs in with "
                                           "one at a decoy is counted apart"}),
      key<&Decoy::connections_max>("connections_max", {.unit = "connections",
                                                       .min = 16,
                                                       .max = 65'536,
                                                       .reload = Reload::live,
                                                       .help = "beyond it the one idle longest is closed"}),
      key<&Decoy::hits_per_s>("hits_per_s", {.min = 1,
                                             .max = 10'000,
                                             .reload = Reload::live,
                                             .help = "hits told a second; the rest is counted and left out"}),
  };
  static constexpr KeyTable kTable{
      "Decoys: addresses of yours that nobody uses and that answer. A connection from inside to one is evidence.",
      kKeys};
  return kTable;
}

const KeyTable& DecoyHost::table() {
  static constexpr Key kKeys[] = {
      key<&DecoyHost::address>("address", {.required = true,
                                           .example = "\"192.0.2.130\"",
                                           .help = "the address; this machine must have it, and nothing may use it"}),
      choice<&DecoyHost::kind>("kind", pn_names_of_DecoyKind,
                               {.required = true,
                                .example = "\"smtp\"",
                                .help = "what it plays: a host without services, a mail server, a mail server that "
                                        "takes everything, one that lets people sign in, or what worms look for"}),
      key<&DecoyHost::ports>("ports", {.min = 1,
                                       .max = 65'535,
                                       .example = "[25]",
                                       .help = "TCP ports; none: 25 for closed, smtp and open_relay, 587 for sign_in, "
                                               "23 and 445 for worm"}),
  };
  static constexpr KeyTable kTable{"One decoy; one section for each address and kind.", kKeys};
  return kTable;
}

std::vector<uint16_t> DecoyHost::listens() const {
  if (!ports.empty()) return {ports.begin(), ports.end()};
  if (kind == DecoyKind::sign_in) return {587};
  if (kind == DecoyKind::worm) return {23, 445};
  return {25};
}

}  // namespace postern::settings
