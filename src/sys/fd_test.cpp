// SPDX-License-Identifier: Apache-2.0
#include "sys/fd.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace postern::sys {
namespace {

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
