// SPDX-License-Identifier: Apache-2.0
#include "edge/garden/probes.h"

#include <array>

namespace postern::edge::garden {
namespace {

constexpr std::string_view kHtml = "text/html";
constexpr std::string_view kText = "text/plain";
constexpr std::string_view kAppleBody = "<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>\n";
constexpr std::string_view kOnline = "NetworkManager is online\n";

// The hosts before the paths that any host may have.
constexpr std::array kProbes{
    Probe{"apple", "captive.apple.com", "", 200, kHtml, kAppleBody},
    Probe{"apple", "www.apple.com", "/library/test/success.html", 200, kHtml, kAppleBody},
    Probe{"windows", "www.msftconnecttest.com", "/connecttest.txt", 200, kText, "Microsoft Connect Test"},
    Probe{"windows", "ipv6.msftconnecttest.com", "/connecttest.txt", 200, kText, "Microsoft Connect Test"},
    Probe{"windows", "www.msftncsi.com", "/ncsi.txt", 200, kText, "Microsoft NCSI"},
    Probe{"firefox", "detectportal.firefox.com", "/success.txt", 200, kText, "success\n"},
    Probe{"firefox", "detectportal.firefox.com", "/canonical.html", 200, kHtml,
          "<meta http-equiv=\"refresh\" content=\"0;url=https://support.mozilla.org/kb/captive-portal\"/>"},
    Probe{"gnome", "nmcheck.gnome.org", "/check_network_status.txt", 200, kText, kOnline},
    Probe{"debian", "network-test.debian.org", "/nm", 200, kText, kOnline},
    Probe{"fedora", "fedoraproject.org", "/static/hotspot.txt", 200, kText, "OK"},
    Probe{"ubuntu", "connectivity-check.ubuntu.com", "", 204, kText, ""},
    Probe{"arch", "ping.archlinux.org", "/nm-check.txt", 200, kText, kOnline},
    Probe{"suse", "conncheck.opensuse.org", "", 200, kText, kOnline},
    Probe{"kde", "networkcheck.kde.org", "", 200, kText, "OK\n"},
    Probe{"android", "", "/generate_204", 204, kText, ""},
    Probe{"android", "", "/gen_204", 204, kText, ""},
    Probe{"apple", "", "/hotspot-detect.html", 200, kHtml, kAppleBody},
};

}  // namespace

const Probe* find_probe(std::string_view host, std::string_view path) {
  for (const Probe& p : kProbes)
    if ((p.host.empty() || p.host == host) && (p.path.empty() || p.path == path)) return &p;
  return nullptr;
}

}  // namespace postern::edge::garden
