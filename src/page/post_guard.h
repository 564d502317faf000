// SPDX-License-Identifier: Apache-2.0
// A button counts only when it was pressed on our page: Sec-Fetch-Site "same-origin", else an Origin that is the Host,
// else (plain HTTP sends neither, or Origin "null" as Referrer-Policy: no-referrer makes it) the token of the form.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace postern::page {

struct Post {
  std::string_view sec_fetch_site, origin, host;  // headers; empty = not sent
  std::string_view token;                         // of the form
};
[[nodiscard]] bool from_our_page(const Post& post, std::string_view wanted_token);
// Keyed: the same for the same text and secret, and nobody else can make it. 32 hex digits.
[[nodiscard]] std::string form_token(std::span<const uint8_t, 32> secret, std::string_view text);

}  // namespace postern::page
