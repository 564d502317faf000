// SPDX-License-Identifier: Apache-2.0
#include "wire/forwarded/forwarded.h"

#include <gtest/gtest.h>

namespace postern::wire {
namespace {

std::string last(std::string_view header) {
  const auto a = last_forwarded(header);
  return a ? to_string(*a) : "none";
}

TEST(Forwarded, OnlyTheLastAddressCounts) {
  EXPECT_EQ(last("198.51.100.7"), "198.51.100.7");
  EXPECT_EQ(last("192.0.2.66, 198.51.100.7"), "198.51.100.7");
  EXPECT_EQ(last("198.51.100.7,2001:db8::7\t"), "2001:db8::7");
  EXPECT_EQ(last("[2001:db8::7]"), "2001:db8::7");
  EXPECT_EQ(last("[2001:db8::7]:443"), "2001:db8::7");
  EXPECT_EQ(last("198.51.100.7:443"), "198.51.100.7");
}

TEST(Forwarded, WhatIsNoAddressIsNone) {
  for (const char* bad :
       {"", ",", "198.51.100.7,", "198.51.100.7, unknown", "198.51.100.7 x", "_hidden", "[]", "1.2.3"})
    EXPECT_EQ(last(bad), "none") << bad;
  EXPECT_EQ(last(std::string(kForwardedMax, ' ') + "192.0.2.1"), "none");
}

}  // namespace
}  // namespace postern::wire
