// SPDX-License-Identifier: Apache-2.0
// The names that come with Postern: what a device needs to be cleaned. Updates of systems, browsers and virus scanners,
// and the servers that say whether a certificate still holds (OCSP, CRL), without which downloads are refused. Whole
// host names only: a name is looked up, so there are no wildcards. Each group says whose documentation it is from.
#pragma once

#include <span>
#include <string_view>

namespace postern::act::allow_list {

[[nodiscard]] std::span<const std::string_view> shipped_names();

}  // namespace postern::act::allow_list
