// SPDX-License-Identifier: Apache-2.0
#include "tell/letter/sign_in.h"

#include <gtest/gtest.h>

namespace postern::tell::letter {
namespace {

SignInFacts facts(std::string language) {
  SignInFacts f{.provider = {"Seeland Netz", "hilfe@seeland.example", "+49 30 1", "relay.seeland.example"},
                .customer = "Erika Muster",
                .language = std::move(language),
                .line_key = "sl-1001",
                .seen = {},
                .at = Time{} + seconds(1'700'000'000)};
  f.seen.source = *parse_ip("192.0.2.7");
  f.seen.destination = *parse_ip("2001:db8:ffff::2");
  f.seen.port = 587;
  return f;
}

TEST(SignInLetter, SaysWhereAndWhenAndWhatToDo) {
  for (const char* language : {"en", "de"})
    for (const model::SignIn gave : {model::SignIn::password, model::SignIn::token}) {
      SignInFacts f = facts(language);
      f.seen.gave = gave;
      const Text t = compose(f);
      EXPECT_EQ(t.language, language);
      EXPECT_EQ((t.subject + t.body).find('{'), std::string::npos) << t.body;
      for (const char* has : {"[2001:db8:ffff::2]:587", "2023-11-14 22:13 UTC", "465", "STARTTLS", "sl-1001", "Erika"})
        EXPECT_NE(t.body.find(has), std::string::npos) << has << t.body;
      EXPECT_EQ(t.body.find("192.0.2.7"), std::string::npos);
      EXPECT_EQ(t.body.find("access token") != std::string::npos, gave == model::SignIn::token && f.language == "en");
    }
}

TEST(SignInLetter, NamesNoDecoy) {
  for (const char* language : {"en", "de"}) {
    SignInFacts f = facts(language);
    f.seen.decoy = true;
    const Text t = compose(f);
    EXPECT_EQ((t.subject + t.body).find('{'), std::string::npos) << t.body;
    EXPECT_EQ(t.body.find("2001:db8"), std::string::npos) << t.body;
    EXPECT_NE(t.body.find("2023-11-14 22:13 UTC"), std::string::npos);
  }
}

TEST(SignInLetter, IsSignedWithWhatThereIs) {
  SignInFacts f = facts("en");
  EXPECT_NE(compose(f).body.find("\nSeeland Netz, hilfe@seeland.example, +49 30 1\n"), std::string::npos);
  f.provider.phone.clear();
  EXPECT_NE(compose(f).body.find("\nSeeland Netz, hilfe@seeland.example\n"), std::string::npos);
}

}  // namespace
}  // namespace postern::tell::letter
