// SPDX-License-Identifier: Apache-2.0
#include "words/words.h"

#include <gtest/gtest.h>

namespace postern::words {
namespace {

TEST(Words, ALanguageIsFoundByItsFirstPart) {
  EXPECT_EQ(language_for("de"), "de");
  EXPECT_EQ(language_for("de-AT"), "de");
  EXPECT_EQ(language_for("DE_ch"), "de");
  EXPECT_EQ(language_for("fr"), "en");
  EXPECT_EQ(language_for(""), "en");
  EXPECT_EQ(languages().front(), "en");
}

TEST(Words, WhatIsNotTranslatedStaysEnglish) {
  EXPECT_EQ(Words("de").text("no catalogue has this: {x}", {{"x", "1"}}), "no catalogue has this: 1");
}

TEST(Words, SlotsAreFilledOnceAndNeverFromTheirOwnText) {
  const Words w("en");
  EXPECT_EQ(w.text("{a} and {b} and {a}", {{"a", "{b}"}, {"b", "2"}}), "{b} and 2 and {b}");
  EXPECT_EQ(w.text("{unknown} {", {{"a", "1"}}), "{unknown} {");
  EXPECT_EQ(w.text("", {}), "");
}

TEST(Words, EachLanguageHasItsOwnPlurals) {
  constexpr std::string_view kOne = "{count} attempt was stopped today.";
  constexpr std::string_view kMany = "{count} attempts were stopped today.";
  const Counted english = Words("en").counted(kOne, kMany);
  EXPECT_EQ(english.of(0), kMany);
  EXPECT_EQ(english.of(1), kOne);
  EXPECT_EQ(english.of(21), kMany);
  const Counted german = Words("de").counted(kOne, kMany);
  EXPECT_EQ(german.of(0), "{count} Versuche wurden heute unterbunden.");
  EXPECT_EQ(german.of(1), "{count} Versuch wurde heute unterbunden.");
  EXPECT_EQ(Words("de").counted("{count} thing no catalogue has", "{count} things").of(2), "{count} things");
}

TEST(Words, LanguagesCallThemselves) {
  EXPECT_EQ(name_of("en"), "English");
  EXPECT_EQ(name_of("de"), "Deutsch");
}

TEST(Words, GermanIsGerman) { EXPECT_EQ(Words("de-DE").text("Dear customer,"), "Guten Tag,"); }

}  // namespace
}  // namespace postern::words
