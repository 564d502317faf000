// SPDX-License-Identifier: Apache-2.0
#include "base/endpoint.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(Endpoint, ReadsBothFamiliesAndNamesTheForm) {
  EXPECT_EQ(to_string(parse_endpoint("192.0.2.1:1813").value()), "192.0.2.1:1813");
  EXPECT_EQ(to_string(parse_endpoint("[2001:db8::1]:25").value()), "[2001:db8::1]:25");
  for (const char* bad : {"", "192.0.2.1", "2001:db8::1:25", "[192.0.2.1]:25", "192.0.2.1:65536", "x:1"})
    EXPECT_FALSE(parse_endpoint(bad)) << bad;
}

}  // namespace
}  // namespace postern
