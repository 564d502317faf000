// SPDX-License-Identifier: Apache-2.0
// Base64 (RFC 4648 section 4), and HMAC-SHA256 (RFC 2104) in it: the signature of a webhook.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::wire {

[[nodiscard]] std::string base64(std::string_view bytes);
// Nothing when it is not whole, padded base64.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);
[[nodiscard]] std::string hmac_sha256_base64(std::string_view bytes, std::string_view secret);

}  // namespace postern::wire
