// SPDX-License-Identifier: Apache-2.0
// Whether this build runs under a sanitizer. Tests that repeat something do so less often there: each round takes
// several times as long, and the release build runs all of them.
#pragma once

namespace postern {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
inline constexpr bool kSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace postern
