// SPDX-License-Identifier: Apache-2.0
#include "sys/fd.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace postern::sys {
namespace {

TEST(Endpoint, ReadsBothFamiliesAndNamesTheForm) {
  EXPECT_EQ(to_string(parse_endpoint("192.0.2.1:1813").value()), "192.0.2.1:1813");
  EXPECT_EQ(to_string(parse_endpoint("[2001:db8::1]:25").value()), "[2001:db8::1]:25");
  for (const char* bad : {"", "192.0.2.1", "2001:db8::1:25", "[192.0.2.1]:25", "192.0.2.1:65536", "x:1"})
    EXPECT_FALSE(parse_endpoint(bad)) << bad;
}

TEST(SealedMemfd, CannotBeChangedAndMapsBack) {
  const Bytes bytes(5000, std::byte{7});
  const Fd fd = sealed_memfd("test", bytes).value();
  EXPECT_LT(::pwrite(fd.get(), "x", 1, 0), 0);
  EXPECT_NE(::ftruncate(fd.get(), 0), 0);
  const Mapping map = Mapping::of(fd.get(), true).value();
  EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), map.bytes().begin(), map.bytes().end()));
}

}  // namespace
}  // namespace postern::sys
