// SPDX-License-Identifier: Apache-2.0
// main() of every test program. Unlike gtest's own it does not report success when every case was skipped, nor when
// there was no case at all.
#include <cstdio>
#include <gtest/gtest.h>

int main(int argc, char** argv) {
  constexpr int kSkipped = 77;
  testing::InitGoogleTest(&argc, argv);
  const int failed = RUN_ALL_TESTS();
  const testing::UnitTest& all = *testing::UnitTest::GetInstance();
  if (failed != 0 || testing::GTEST_FLAG(list_tests)) return failed;
  if (all.test_to_run_count() == 0) {
    std::fputs("no test case ran\n", stderr);
    return 1;
  }
  return all.successful_test_count() == 0 ? kSkipped : 0;
}
