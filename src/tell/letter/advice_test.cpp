// SPDX-License-Identifier: Apache-2.0
#include "tell/letter/advice.h"

#include <gtest/gtest.h>
#include <set>

namespace postern::tell::letter {
namespace {

AdviceFacts facts(std::string language, model::AdviceText text) {
  return {.provider = {"Seeland Netz", "hilfe@seeland.example", "+49 30 1", "relay.seeland.example"},
          .customer = "Erika Muster",
          .language = std::move(language),
          .line_key = "sl-1001",
          .page = "https://hilfe.seeland.example",
          .text = text};
}

TEST(AdviceLetter, ThreeLettersInTwoLanguages) {
  std::set<std::string> bodies;
  for (const char* language : {"en", "de"})
    for (size_t i = 0; i < pn_enum_size(model::AdviceText{}); ++i) {
      const Text t = compose(facts(language, static_cast<model::AdviceText>(i)));
      EXPECT_EQ(t.language, language);
      EXPECT_EQ((t.subject + t.body).find('{'), std::string::npos) << t.body;
      EXPECT_NE(t.body.find("hilfe@seeland.example"), std::string::npos) << "a person to talk to";
      EXPECT_NE(t.body.find("https://hilfe.seeland.example"), std::string::npos) << t.body;
      EXPECT_EQ(t.short_, t.subject);
      bodies.insert(t.body);
    }
  EXPECT_EQ(bodies.size(), 6U);
}

}  // namespace
}  // namespace postern::tell::letter
