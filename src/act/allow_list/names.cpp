// SPDX-License-Identifier: Apache-2.0
#include "act/allow_list/names.h"

#include <array>

namespace postern::act::allow_list {
namespace {

// Written down in 2026-11 from what vendors document, and not checked against their services. A name belongs here only
// if its owner serves updates, signatures or certificate status from it and nothing that customers publish: a shared
// file host would let an infected device fetch what it wants.
constexpr auto kNames = std::to_array<std::string_view>({
    // Microsoft, "Windows Update troubleshooting: endpoints"
    "windowsupdate.microsoft.com",
    "update.microsoft.com",
    "download.windowsupdate.com",
    "dl.delivery.mp.microsoft.com",
    "download.microsoft.com",
    "ctldl.windowsupdate.com",
    "definitionupdates.microsoft.com",
    // Apple, "Use Apple products on enterprise networks", software updates
    "gdmf.apple.com",
    "gs.apple.com",
    "mesu.apple.com",
    "swcdn.apple.com",
    "swdist.apple.com",
    "swdownload.apple.com",
    "swscan.apple.com",
    "updates-http.cdn-apple.com",
    "updates.cdn-apple.com",
    "xp.apple.com",
    // Debian, Ubuntu, Fedora: the addresses their installers write into the list of sources
    "deb.debian.org",
    "security.debian.org",
    "archive.ubuntu.com",
    "security.ubuntu.com",
    "mirrors.fedoraproject.org",
    // Mozilla, "Firefox updates: network"
    "aus5.mozilla.org",
    "download.mozilla.org",
    "download-installer.cdn.mozilla.net",
    // Virus scanners: each vendor's page on addresses to allow
    "database.clamav.net",
    "update.eset.com",
    "download.bitdefender.com",
    "upgrade.bitdefender.com",
    // Certificate status: the addresses in the certificates of the largest authorities
    "ocsp.digicert.com",
    "crl3.digicert.com",
    "crl4.digicert.com",
    "ocsp.sectigo.com",
    "crl.sectigo.com",
    "ocsp.globalsign.com",
    "crl.globalsign.com",
    "ocsp.apple.com",
    "crl.apple.com",
    "ocsp2.apple.com",
    "valid.apple.com",
    "oneocsp.microsoft.com",
    "crl.microsoft.com",
    "x1.c.lencr.org",
    "x2.c.lencr.org",
});

}  // namespace

std::span<const std::string_view> shipped_names() { return kNames; }

}  // namespace postern::act::allow_list
