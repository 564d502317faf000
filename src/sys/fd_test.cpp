// SPDX-License-Identifier: Apache-2.0
#include "sys/fd.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace postern::sys {
namespace {

TEST(ReadWhole, ToTheEndOrNotAtAll) {
  const auto of = [](std::string_view text, size_t most) {
    const Fd fd = sealed_memfd("whole", std::as_bytes(std::span(text))).value();
    EXPECT_EQ(::lseek(fd.get(), 0, SEEK_SET), 0);
    return read_whole(fd.get(), most);
  };
  EXPECT_EQ(of("", 0), "");
  EXPECT_EQ(of("abc", 3), "abc");
  EXPECT_EQ(of("abcd", 3).error().code, Errc::limit);
  EXPECT_FALSE(read_whole(-1, 3));
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
