// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/flow/ipfix_file.h"

#include <gtest/gtest.h>

namespace postern::wire {
namespace {

Bytes message(size_t octets, uint8_t fill) {
  Bytes m(octets, std::byte{fill});
  m[0] = std::byte{0};
  m[1] = std::byte{10};
  m[2] = static_cast<std::byte>(octets >> 8);
  m[3] = static_cast<std::byte>(octets & 0xff);
  return m;
}

TEST(IpfixFile, MessagesWhateverThePortions) {
  Bytes file = message(16, 1);
  const Bytes second = message(300, 2);
  file.insert(file.end(), second.begin(), second.end());
  for (size_t chunk = 1; chunk <= file.size(); ++chunk) {
    IpfixFile reader;
    std::vector<size_t> sizes;
    for (size_t at = 0; at < file.size(); at += chunk) {
      const auto part = ByteView(file).subspan(at, std::min(chunk, file.size() - at));
      ASSERT_TRUE(reader.push(part, [&](ByteView m) { sizes.push_back(m.size()); }));
    }
    EXPECT_TRUE(reader.finish());
    EXPECT_EQ(sizes, (std::vector<size_t>{16, 300})) << chunk;
  }
}

TEST(IpfixFile, FaultsSayWhere) {
  IpfixFile cut;
  const Bytes whole = message(40, 1);
  ASSERT_TRUE(cut.push(ByteView(whole).first(39), [](ByteView) { FAIL(); }));
  EXPECT_FALSE(cut.finish());
  IpfixFile other;
  Bytes file = message(40, 1);
  file.insert(file.end(), 8, std::byte{7});
  size_t seen = 0;
  const auto pushed = other.push(file, [&](ByteView) { ++seen; });
  ASSERT_FALSE(pushed);
  EXPECT_EQ(seen, 1U);
  EXPECT_NE(pushed.error().text().find("octet 40"), std::string::npos);
  EXPECT_FALSE(other.push(whole, [](ByteView) { FAIL(); }));
  EXPECT_FALSE(IpfixFile().finish());
}

}  // namespace
}  // namespace postern::wire
