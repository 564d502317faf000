// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <gtest/gtest.h>

#include "page/ask_limit.h"
#include "page/case_part.h"
#include "page/html.h"
#include "page/post_guard.h"

namespace postern::page {
namespace {

constexpr Time kNow{seconds(1'795'370'400).us};

TEST(Html, TextIsEscapedEverywhere) {
  Html h;
  h.text("<a href='x' onclick=\"y\">&</a>");
  EXPECT_EQ(h.take(), "&lt;a href=&#39;x&#39; onclick=&quot;y&quot;&gt;&amp;&lt;/a&gt;");
  Html s;
  s.say("{a} < {b} {c}", {{"a", "<1>"}, {"b", "\"2\"", How::strong}, {"c", "me", How::link, "mailto:a\"b"}});
  EXPECT_EQ(s.take(), "&lt;1&gt; &lt; <strong>&quot;2&quot;</strong> <a href=\"mailto:a&quot;b\">me</a>");
  EXPECT_EQ(uri_encoded("Reference K7&=é"), "Reference%20K7%26%3D%C3%A9");
}

TEST(Calendar, DatesAndNumbers) {
  EXPECT_EQ(day_words(calendar_en(), kNow), "22 November 2026");
  EXPECT_EQ(moment_words(calendar_en(), kNow + minutes(7)), "22 November 2026, 18:07 UTC");
  EXPECT_EQ(short_words(calendar_en(), kNow), "22 Nov, 18:00");
  EXPECT_EQ(day_words(calendar_de(), kNow), "22. November 2026");
  EXPECT_EQ(moment_words(calendar_de(), kNow), "22. November 2026, 18:00 Uhr UTC");
  EXPECT_EQ(short_words(calendar_de(), kNow), "22. Nov., 18:00");
  EXPECT_EQ(number_words(7), "7");
  EXPECT_EQ(number_words(1'234'567), "1\u2009234\u2009567");
}

TEST(Calendar, TheFirstLanguageThatFits) {
  EXPECT_EQ(best_language("de-DE,de;q=0.9,en;q=0.5", words::languages()), 1U);
  EXPECT_EQ(best_language("fr, de;q=0.9", words::languages()), 1U);
  EXPECT_EQ(best_language("en-GB,de", words::languages()), 0U);
  EXPECT_EQ(best_language("deu", words::languages()), 0U);
  EXPECT_EQ(best_language(",,;", words::languages()), 0U);
}

TEST(CasePart, ServicesInWords) {
  const std::vector<model::Service> services{
      {model::Transport::tcp, 25}, {model::Transport::tcp, 587}, {model::Transport::udp, 1900}};
  EXPECT_EQ(services_words(case_words("en"), services),
            "mail sent straight to other mail servers (port 25), TCP port 587, UDP port 1900");
  EXPECT_EQ(services_words(case_words("en"), {}), "");
}

TEST(CasePart, OnlyButtonsAreWords) {
  EXPECT_EQ(said_by("says_clean"), model::CustomerStatus::says_clean);
  EXPECT_EQ(said_by("read"), model::CustomerStatus::read);
  for (const char* none : {"", "silent", "READ", "read "}) EXPECT_FALSE(said_by(none)) << none;
}

TEST(CaseWords, TheBrowserOrTheSwitchChooses) {
  EXPECT_EQ(case_words("de-AT,de;q=0.9,en;q=0.5").read_button, "Ich habe dies gelesen");
  EXPECT_EQ(case_words("fr").read_button, "I have read this");
  EXPECT_EQ(chosen_language("noted=1&lang=de"), "de");
  for (const char* none : {"", "lang=", "lang=fr", "lang=de-AT", "lang", "xlang=de", "lang=%64e"})
    EXPECT_EQ(chosen_language(none), "") << none;
  EXPECT_EQ(language_query("de"), "?lang=de");
  EXPECT_EQ(language_query(""), "");
}

TEST(CaseWords, OneIsNotMany) {
  const CaseWords& e = case_words("en");
  EXPECT_EQ(e.seen_count.of(1), "{count} attempt was stopped today.");
  EXPECT_EQ(e.seen_count.of(2), "{count} attempts were stopped today.");
  EXPECT_EQ(case_words("de").seen_count.of(1), "{count} Versuch wurde heute unterbunden.");
  EXPECT_TRUE(e.fixed_left.of(1).find("once more") != std::string_view::npos);
}

TEST(Sheet, EveryPageHasTheSwitch) {
  const Provider provider{.name = "Example", .url = "", .contact = "", .phone = "", .relay_host = ""};
  Sheet plain(provider);
  plain.begin("de", "Titel");
  plain.keep_language();
  const std::string page = plain.end("", "", "Fuß");
  EXPECT_NE(page.find("<a href=\"?lang=en\" hreflang=\"en\" lang=\"en\">English</a>"), std::string::npos) << page;
  EXPECT_NE(page.find("lang=\"de\" aria-current=\"true\">Deutsch</a>"), std::string::npos) << page;
  EXPECT_NE(page.find("aria-label=\"Sprache\""), std::string::npos) << page;
  EXPECT_EQ(page.find("type=\"hidden\""), std::string::npos);
  EXPECT_EQ(plain.query(), "");
  Sheet chosen(provider, "de");
  chosen.keep_language();
  EXPECT_EQ(chosen.html().take(), "<input type=\"hidden\" name=\"lang\" value=\"de\">\n");
  EXPECT_EQ(chosen.query(), "?lang=de");
}

TEST(PostGuard, TokensAreKeyed) {
  const std::array<uint8_t, 32> one{1};
  const std::array<uint8_t, 32> two{2};
  EXPECT_EQ(form_token(one, "a").size(), 32U);
  EXPECT_EQ(form_token(one, "a"), form_token(one, "a"));
  EXPECT_NE(form_token(one, "a"), form_token(one, "b"));
  EXPECT_NE(form_token(one, "a"), form_token(two, "a"));
}

TEST(AskLimit, HasItsOwnRate) {
  AskLimit limit(4, 30);
  const IpAddress a = *parse_ip("192.0.2.1");
  int allowed = 0;
  while (limit.may_ask(a, kNow)) ++allowed;
  EXPECT_EQ(allowed, 30);
  EXPECT_FALSE(limit.may_ask(a, kNow + seconds(1)));
  EXPECT_TRUE(limit.may_ask(a, kNow + seconds(2)));
}

}  // namespace
}  // namespace postern::page
