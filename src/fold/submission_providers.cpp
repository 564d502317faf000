// SPDX-License-Identifier: Apache-2.0
// Networks of big mailbox providers: where their submission (465, 587) is taken to be. Written down by hand from what
// is commonly known of their allocations, coarse, not taken from lists of theirs, not measured for being complete, and
// nothing keeps it up. A household whose mail programs wake up talks to several of them within seconds; that is no
// novelty, and that they answer says next to nothing (decide/detect/outcome). A network missing here makes such a
// household look new and may open a case, a question as a rule; one too many hides first contacts with it on 465 and
// 587, never on 25, and no failure.
#include <array>

#include "fold/mail_flows.h"

namespace postern::fold {
namespace {

constexpr std::array kProviders{
    // Google
    "64.233.160.0/19", "66.102.0.0/20", "66.249.80.0/20", "72.14.192.0/18", "74.125.0.0/16", "108.177.0.0/17",
    "142.250.0.0/15", "172.217.0.0/16", "172.253.0.0/16", "173.194.0.0/16", "209.85.128.0/17", "216.58.192.0/19",
    "2607:f8b0::/32", "2a00:1450::/32",
    // Microsoft
    "13.107.6.152/31", "13.107.18.10/31", "13.107.128.0/22", "23.103.160.0/20", "40.92.0.0/15", "40.96.0.0/13",
    "40.104.0.0/15", "52.96.0.0/14", "132.245.0.0/16", "150.171.32.0/22", "2603:1006::/40", "2603:1016::/36",
    "2603:1026::/36", "2603:1036::/36", "2603:1046::/36", "2603:1056::/36",
    // Yahoo and AOL
    "67.195.0.0/16", "74.6.0.0/16", "98.136.0.0/14", "188.125.64.0/19", "64.12.0.0/16", "205.188.0.0/16",
    // Apple
    "17.0.0.0/8",
    // GMX, web.de, IONOS
    "212.227.0.0/16", "213.165.64.0/19", "82.165.0.0/16",
    // Deutsche Telekom
    "194.25.134.0/24"};

const std::vector<Prefix>& providers() {
  static const std::vector<Prefix> all = [] {
    std::vector<Prefix> out;
    for (const char* text : kProviders) out.push_back(parse_prefix(text).value());
    return out;
  }();
  return all;
}

}  // namespace

bool is_submission_provider(const IpAddress& address) {
  for (const Prefix& p : providers())
    if (p.contains(address)) return true;
  return false;
}

}  // namespace postern::fold
