// SPDX-License-Identifier: Apache-2.0
#include "tests/support/skip.h"

#include <cstdlib>
#include <gtest/gtest-spi.h>

namespace postern::testing {
namespace {

class RequireAll {
 public:
  explicit RequireAll(const char* value) {
    if (const char* old = std::getenv(kName)) old_ = old;
    setenv(kName, value, 1);
  }
  RequireAll(const RequireAll&) = delete;
  RequireAll& operator=(const RequireAll&) = delete;
  ~RequireAll() { setenv(kName, old_.c_str(), 1); }

 private:
  static constexpr const char* kName = "POSTERN_REQUIRE_ALL";
  std::string old_ = "0";
};

TEST(Skip, AllowedAtHome) {
  const RequireAll off("0");
  ::testing::internal::CaptureStdout();  // or ./dev test would report a skip that is none
  EXPECT_EQ(judge_skip("needs root").verdict, SkipVerdict::skip);
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "SKIP: needs root\n");
}

TEST(Skip, RefusedInCi) {
  const RequireAll on("1");
  EXPECT_EQ(judge_skip("needs root").verdict, SkipVerdict::fail);
  EXPECT_EQ(judge_skip("kernel:not_listed: text").verdict, SkipVerdict::fail);
}

void refused() { PN_SKIP("needs root"); }
TEST(Skip, MacroFailsTheCaseInCi) {
  const RequireAll on("1");
  EXPECT_FATAL_FAILURE(refused(), "skip refused");
}

}  // namespace
}  // namespace postern::testing
