// SPDX-License-Identifier: Apache-2.0
// A test that cannot run here says so, and says it loudly:
//   if (geteuid() != 0) PN_SKIP("needs root: network namespaces");
//   if (!has_sk_assign) PN_SKIP("kernel:sk_assign: bpf_sk_assign is refused");
// prints "SKIP: reason" and skips the case. With POSTERN_REQUIRE_ALL=1 (CI) it fails it instead, unless the reason is
// "kernel:FEATURE: ...", tests/unsupported.txt lists FEATURE, and its probe finds it absent: then it prints
// "unsupported here: FEATURE". A test program of which every case skipped exits with 77, which ctest counts as skipped.
// Tests in shell and python: tests/support/skip.sh, same rules.
#pragma once

#include <gtest/gtest.h>
#include <string>
#include <string_view>

namespace postern::testing {

enum class SkipVerdict : unsigned char { skip, fail };
struct SkipAnswer {
  SkipVerdict verdict = SkipVerdict::skip;
  std::string text;  // what was printed, or why the skip is refused
};
[[nodiscard]] SkipAnswer judge_skip(std::string_view reason);

}  // namespace postern::testing

#define PN_SKIP(reason)                                                                                 \
  do {                                                                                                  \
    const auto pn_skip_answer = ::postern::testing::judge_skip(reason);                                 \
    if (pn_skip_answer.verdict == ::postern::testing::SkipVerdict::fail) FAIL() << pn_skip_answer.text; \
    GTEST_SKIP() << pn_skip_answer.text;                                                                \
  } while (false)
