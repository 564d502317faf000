// SPDX-License-Identifier: Apache-2.0
#include "tables/contact_tag.h"

#include <gtest/gtest.h>

namespace postern::tables {
namespace {

ContactTags tags(char fill = 'k') { return ContactTags::of(std::string(ContactTags::kBytes, fill)).value(); }

TEST(ContactTag, ReadsWhatItMade) {
  for (const uint64_t n : {uint64_t{1}, uint64_t{7}, uint64_t{123'456'789}, UINT64_MAX}) {
    const std::string tag = tags().make({n});
    EXPECT_TRUE(tag.starts_with(std::to_string(n) + "-")) << tag;
    EXPECT_EQ(tags().read(tag), model::ContactId{n});
    std::string shouted = tag;
    for (char& c : shouted) c = static_cast<char>(std::toupper(c));
    EXPECT_EQ(tags().read(shouted), model::ContactId{n});
  }
}

TEST(ContactTag, NobodyCountsTheirWayToAnother) {
  const std::string tag = tags().make({7});
  EXPECT_FALSE(tags().read("8" + tag.substr(1)));
  EXPECT_FALSE(tags().read("07" + tag.substr(1))) << "one form only";
  EXPECT_FALSE(tags().read("7-"));
  EXPECT_FALSE(tags().read("7"));
  EXPECT_FALSE(tags().read(""));
  EXPECT_FALSE(tags().read(tag + "0"));
  EXPECT_FALSE(tags().read("0-0000000000"));
  for (size_t i = 2; i < tag.size(); ++i) {
    std::string other = tag;
    other[i] = other[i] == '0' ? '1' : '0';
    EXPECT_FALSE(tags().read(other)) << other;
  }
  EXPECT_FALSE(tags('x').read(tag)) << "another key";
  EXPECT_FALSE(ContactTags::of("short"));
}

}  // namespace
}  // namespace postern::tables
