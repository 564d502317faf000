// SPDX-License-Identifier: Apache-2.0
// Walks the whole reference: each key on its own is seen as changed, under its name, with the mark of its table.
#include "settings/reference/reload.h"

#include <gtest/gtest.h>

#include "settings/section/radius/attribute_form.h"
#include "settings/sections.h"

namespace postern::settings {
namespace {

std::string of_form(const Form* form) {
  if (form == &kMailAddress) return R"("other@isp.example")";
  if (form == &kBaseUrl) return R"("https://other.example")";
  if (form == &kHostName) return R"("other.example")";
  if (form == &kPath) return R"("/other/place")";
  if (form == &kRadiusAttribute) return R"("Filter-Id = other")";
  if (form == &kLanguageText) return R"("de: Anderer Anschluss")";
  return R"("other")";
}

// A value of the key's type that is none of its defaults and examples.
std::string other_value(const Key& k) {
  const auto one = [&]() -> std::string {
    switch (k.type) {
      case Type::text:
        return of_form(k.spec.form);
      case Type::number:
        return std::to_string(k.spec.min + 7);
      case Type::decimal:
        return std::to_string(k.spec.min / 1000 + 3) + ".125";
      case Type::flag:
        return "false";
      case Type::duration:
        return "\"" + to_string(Duration{k.spec.min} + seconds(7)) + "\"";
      case Type::address:
        return R"("203.0.113.77")";
      case Type::prefix:
        return R"("203.0.113.64/26")";
      case Type::endpoint:
        return R"("203.0.113.77:7777")";
      case Type::choice:
        return "\"" + std::string(offered(k).back()) + "\"";
    }
    return {};
  };
  return k.list ? "[" + one() + "]" : one();
}

// Settings with one key of one section set; nothing is checked but the value itself.
Settings with(const Section& s, const Key& k, const std::string& value, std::string& faults) {
  Settings out;
  out.classes.try_emplace("one");
  out.detect.try_emplace("one");
  Report report("t");
  const Document document = parse_toml("x = " + value, report);
  void* section = s.open(out, "one");
  k.read(section, document.root.members.front().value, Reading{k, s.name, report});
  faults = text_of(report.take());
  return out;
}

TEST(Reload, EveryKeyOfTheReferenceIsSeenWithItsMark) {
  size_t live = 0;
  size_t restart = 0;
  for (const Section& s : sections()) {
    for (const Key& k : s.table().keys) {
      const std::string name = std::string(s.name) + "." + std::string(k.name);
      std::string faults;
      Settings before;
      before.classes.try_emplace("one");
      before.detect.try_emplace("one");
      if (s.shape == Shape::list) (void)s.open(before, "");
      std::string value = other_value(k);
      Settings after = with(s, k, value, faults);
      ASSERT_EQ(faults, "") << name << " = " << value;
      // A flag that is off by default, a number that is this by default, a choice whose last one is the default.
      if (changes(before, after).empty()) {
        value = k.type == Type::flag     ? "true"
                : k.type == Type::number ? std::to_string(k.spec.min + 8)
                                         : "\"" + std::string(offered(k).front()) + "\"";
        after = with(s, k, value, faults);
        ASSERT_EQ(faults, "") << name << " = " << value;
      }
      const std::vector<Change> seen = changes(before, after);
      ASSERT_EQ(seen.size(), 1U) << name;
      EXPECT_TRUE(seen[0].key.starts_with(s.name)) << seen[0].key;
      EXPECT_TRUE(seen[0].key.ends_with("." + std::string(k.name))) << seen[0].key;
      EXPECT_EQ(seen[0].after, value) << name;
      const Faults refused = needs_restart(seen, "p.toml");
      ASSERT_EQ(refused.size(), k.spec.reload == Reload::live ? 0U : 1U) << name;
      ++(refused.empty() ? live : restart);
      if (refused.empty()) continue;
      EXPECT_NE(refused[0].what.find(seen[0].key), std::string::npos) << refused[0].what;
      EXPECT_NE(refused[0].fix.find("restart posternd"), std::string::npos) << refused[0].fix;
    }
  }
  EXPECT_GT(live, 10U);
  EXPECT_GT(restart, 5U);
}

TEST(Reload, NamedAndListedSectionsComeAndGo) {
  Settings before;
  before.radius_acct.clients.emplace_back();
  Settings after = before;
  EXPECT_TRUE(changes(before, after).empty());
  after.radius_acct.clients.emplace_back();
  after.classes["things"];
  const std::vector<Change> seen = changes(before, after);
  ASSERT_FALSE(seen.empty());
  for (const Change& c : seen) {
    EXPECT_TRUE(c.key.starts_with("class.things.") || c.key.starts_with("radius_acct.client[2].")) << c.key;
    EXPECT_EQ(c.before, "");
  }
  EXPECT_TRUE(needs_restart(seen, "p.toml").empty());
}

}  // namespace
}  // namespace postern::settings
