// SPDX-License-Identifier: Apache-2.0
// The copies in docs/ and examples/ are what the tables say, and what is printed from the tables can be loaded.
#include "settings/reference/reference.h"

#include <array>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

#include "settings/sections.h"

namespace postern::settings {
namespace {

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// Tests run in the top folder of the tree.
void expect_copy(const std::string& path, const std::string& text, const std::string& what) {
  EXPECT_TRUE(contents(path) == text) << path
                                      << " is not what src/settings says. Make it anew with\n  settings_reference "
                                      << what << " >" << path
                                      << "\n(the build puts settings_reference into src/settings/reference/tool).";
}

TEST(Reference, ManualPageIsUpToDate) { expect_copy("docs/man/postern.toml.5", manual_page(), "man"); }
TEST(Reference, SchemaIsUpToDate) { expect_copy("docs/reference/postern.schema.json", json_schema({}), "schema"); }
TEST(Reference, AllKeysFileIsUpToDate) { expect_copy("examples/all-keys/postern.toml", all_keys_file(), "all-keys"); }

TEST(Reference, AllKeysFileLoads) {
  const Loaded loaded = load_text(all_keys_file(), "all-keys", {});
  EXPECT_TRUE(loaded) << text_of(loaded.error());
}

TEST(Reference, EveryKeyIsDescribed) {
  const std::string page = manual_page();
  for (const Section& s : sections()) {
    EXPECT_TRUE(s.table().help.ends_with('.')) << s.name;
    for (const Key& k : s.table().keys) {
      EXPECT_GT(k.spec.help.size(), 10U) << s.name << "." << k.name;
      EXPECT_FALSE(k.spec.help.ends_with('.')) << s.name << "." << k.name;
      EXPECT_NE(page.find(".B " + std::string(k.name) + "\n"), std::string::npos) << s.name << "." << k.name;
      // What must be set has no useful default, so the page and the message show one.
      EXPECT_TRUE(!k.spec.required || !k.spec.example.empty()) << s.name << "." << k.name;
    }
  }
}

// The documented default is the one in force: writing it down changes nothing.
TEST(Reference, DefaultsLieInTheirRange) {
  for (const Section& s : sections()) {
    for (const Key& k : s.table().keys) {
      if (k.spec.required || k.list) continue;
      Settings settings;
      Report report("default");
      const Document document = parse_toml("k = " + s.show_default(k), report);
      const Node* node = document.root.find("k");
      ASSERT_NE(node, nullptr) << s.name << "." << k.name;
      k.read(s.open(settings, "x"), *node, {k, s.name, report});
      EXPECT_TRUE(report.empty()) << text_of(report.take());
    }
  }
}

TEST(Reference, SchemaNamesTheDetectors) {
  constexpr std::array<std::string_view, 2> kDetectors{"novelty", "outcome"};
  EXPECT_NE(json_schema(kDetectors).find("\"enum\": [\"novelty\", \"outcome\"]"), std::string::npos);
}

}  // namespace
}  // namespace postern::settings
