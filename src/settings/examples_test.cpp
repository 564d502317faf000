// SPDX-License-Identifier: Apache-2.0
// Every example of the tree loads: postern.toml, and the subscribers beside it with the classes it defines.
#include <filesystem>
#include <gtest/gtest.h>

#include "settings/settings.h"
#include "settings/subscriber_file.h"

namespace postern::settings {
namespace {

TEST(Examples, AllOfThemLoad) {
  size_t settings_files = 0;
  size_t subscriber_files = 0;
  for (const auto& folder : std::filesystem::directory_iterator("examples")) {
    const auto path = folder.path() / "postern.toml";
    if (!std::filesystem::exists(path)) continue;
    const Loaded settings = load_file(path, {});
    ASSERT_TRUE(settings) << text_of(settings.error());
    ++settings_files;
    std::vector<std::string_view> classes;
    for (const auto& [name, c] : settings->classes) classes.push_back(name);
    for (const char* name : {"subscribers.csv", "subscribers.toml"}) {
      const auto file = folder.path() / name;
      if (!std::filesystem::exists(file)) continue;
      const Subscribers rows = load_subscriber_file(file, {classes, settings->network.subscriber_prefixes});
      ASSERT_TRUE(rows) << text_of(rows.error());
      EXPECT_FALSE(rows->empty());
      ++subscriber_files;
    }
  }
  EXPECT_GE(settings_files, 2U);
  EXPECT_GE(subscriber_files, 1U);
}

}  // namespace
}  // namespace postern::settings
