// SPDX-License-Identifier: Apache-2.0
#include "act/gate_hooks/gate_hooks.h"

#include <gtest/gtest.h>

namespace postern::act::gate_hooks {
namespace {

TEST(Glob, MatchesAsAShellWould) {
  EXPECT_TRUE(matches("sub*", "sub1"));
  EXPECT_TRUE(matches("sub*", "sub"));
  EXPECT_TRUE(matches("eth0.?00", "eth0.100"));
  EXPECT_TRUE(matches("*a*b*", "xxaxxbxx"));
  EXPECT_TRUE(matches("ppp0", "ppp0"));
  EXPECT_FALSE(matches("sub*", "up0"));
  EXPECT_FALSE(matches("sub?", "sub"));
  EXPECT_FALSE(matches("ppp0", "ppp00"));
  EXPECT_FALSE(matches("", "lo"));
  EXPECT_FALSE(matches("*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

TEST(PresentInterfaces, HaveAtLeastLoopback) {
  const auto names = present_interfaces();
  EXPECT_NE(std::find(names.begin(), names.end(), "lo"), names.end());
}

}  // namespace
}  // namespace postern::act::gate_hooks
