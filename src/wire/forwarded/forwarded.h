// SPDX-License-Identifier: Apache-2.0
// X-Forwarded-For, as web servers that stand before ours write it: "client, proxy, proxy". Only the last address was
// written by the proxy that talks to us; what stands before it anybody may have sent. Foreign text.
#pragma once

#include <optional>
#include <string_view>

#include "base/ip.h"

namespace postern::wire {

inline constexpr size_t kForwardedMax = 4096;  // longer ones say nothing

// The last address, with or without a port or brackets; nullopt when there is none.
[[nodiscard]] std::optional<IpAddress> last_forwarded(std::string_view header);

}  // namespace postern::wire
