// SPDX-License-Identifier: Apache-2.0
#include "wire/form.h"

#include <gtest/gtest.h>

namespace postern::wire {
namespace {

TEST(Form, DecodesAndKeepsTheFirst) {
  const auto v = form_values("address=2001%3Adb8%3a%3A1&at=2026-11-22T18%3A00&x=a+b&x=second&flag&&broken=%zz%4");
  EXPECT_EQ(v.at("address"), "2001:db8::1");
  EXPECT_EQ(v.at("at"), "2026-11-22T18:00");
  EXPECT_EQ(v.at("x"), "a b");
  EXPECT_EQ(v.at("flag"), "");
  EXPECT_EQ(v.at("broken"), "%zz%4");
  EXPECT_EQ(v.size(), 5U);
  EXPECT_TRUE(form_values("").empty());
}

TEST(Form, IsBounded) {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "k" + std::to_string(i) + "=v&";
  EXPECT_EQ(form_values(many).size(), kFormPairsMax);
}

}  // namespace
}  // namespace postern::wire
