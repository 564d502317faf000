// SPDX-License-Identifier: Apache-2.0
// What mail programs are told so that they set themselves up: from [autoconfig] and [provider], so that it cannot drift
// from what the pages and letters say. Pure; empty when [autoconfig] names no domain.
#pragma once

#include <string>
#include <string_view>

#include "settings/settings.h"

namespace postern::settings {

inline constexpr uint16_t kSubmissionsPort = 465;  // TLS from the first octet (RFC 8314 section 3.3)
inline constexpr uint16_t kSubmissionPort = 587;   // STARTTLS (RFC 6409)
inline constexpr uint16_t kImapsPort = 993;
inline constexpr uint16_t kPop3sPort = 995;

// Mozilla's config-v1.1.xml (Thunderbird, Evolution, K-9, KMail); UTF-8. Cleartext is offered nowhere.
[[nodiscard]] std::string mozilla_config(const Settings& settings);
// Records for the zones of the domains (RFC 6186, RFC 8314 section 5.1), as lines of a zone file. What is not offered
// is said so with the target "." (RFC 6186 section 3.4). The web server that serves the XML is that of provider.url.
[[nodiscard]] std::string srv_records(const Settings& settings);

}  // namespace postern::settings
