// SPDX-License-Identifier: Apache-2.0
#include "tell/letter/limit.h"

#include <gtest/gtest.h>

namespace postern::tell::letter {
namespace {

LimitFacts facts(std::string language, uint32_t percent) {
  return {
      .provider = {"Seeland Netz", "hilfe@seeland.example", "+49 30 1", "relay.seeland.example"},
      .customer = "Erika Muster",
      .language = std::move(language),
      .line_key = "sl-1001",
      .limit = {.line = {1}, .account = {}, .what = "recipients", .window = "hour", .most = 100, .percent = percent}};
}

TEST(LimitLetter, NearAndReachedAreTwoLetters) {
  const Text near = compose(facts("en", 80));
  EXPECT_EQ(near.subject, "A limit of your outgoing mail is near");
  EXPECT_NE(near.body.find("100 recipients within one hour"), std::string::npos) << near.body;
  EXPECT_NE(near.body.find("Of that 80 % are used."), std::string::npos);
  const Text reached = compose(facts("en", 100));
  EXPECT_NE(reached.body.find("nothing is"), std::string::npos);
  EXPECT_EQ(reached.body.find("account"), std::string::npos);
}

TEST(LimitLetter, SpeaksGermanAndLeavesNoSlotOpen) {
  for (const char* what : {"messages", "recipients", "kilobytes", "domains", "invalid"})
    for (const char* window : {"hour", "day"})
      for (const uint32_t percent : {80U, 100U}) {
        LimitFacts f = facts("de", percent);
        f.limit.what = what;
        f.limit.window = window;
        f.limit.account = "erika@seeland.example";
        f.page = "https://help.seeland.example/garden";
        const Text t = compose(f);
        EXPECT_EQ(t.language, "de");
        EXPECT_EQ((t.subject + t.body).find('{'), std::string::npos) << t.body;
        EXPECT_EQ(t.body.find("Our mail server"), std::string::npos);
        EXPECT_NE(t.body.find("\n  https://help.seeland.example/garden\n\n"), std::string::npos) << t.body;
      }
}

TEST(LimitLetter, PortTwentyFiveEndsOrHasEnded) {
  for (const uint32_t percent : {0U, 100U})
    for (const char* language : {"en", "de"}) {
      LimitFacts f = facts(language, percent);
      f.limit = {
          .line = {}, .account = "erika@seeland.example", .what = "auth_on_25", .window = "day", .percent = percent};
      const Text t = compose(f);
      EXPECT_EQ(t.language, language);
      EXPECT_EQ((t.subject + t.body).find('{'), std::string::npos) << t.body;
      for (const char* has : {"relay.seeland.example", "465", "587", "erika@seeland.example", "sl-1001"})
        EXPECT_NE(t.body.find(has), std::string::npos) << has << t.body;
      EXPECT_EQ(t.body.find("That has ended") != std::string::npos, percent == 100 && f.language == "en") << t.body;
      EXPECT_EQ(t.body.find("Das geht nicht mehr") != std::string::npos, percent == 100 && f.language == "de")
          << t.body;
    }
}

}  // namespace
}  // namespace postern::tell::letter
