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
  EXPECT_EQ(best_language("de-DE,de;q=0.9,en;q=0.5", kLanguages), 1U);
  EXPECT_EQ(best_language("fr, de;q=0.9", kLanguages), 1U);
  EXPECT_EQ(best_language("en-GB,de", kLanguages), 0U);
  EXPECT_EQ(best_language("deu", kLanguages), 0U);
  EXPECT_EQ(best_language(",,;", kLanguages), 0U);
}

TEST(CasePart, ServicesInWords) {
  const std::vector<model::Service> services{
      {model::Transport::tcp, 25}, {model::Transport::tcp, 587}, {model::Transport::udp, 1900}};
  EXPECT_EQ(services_words(case_words_en(), services),
            "mail sent straight to other mail servers (port 25), TCP port 587, UDP port 1900");
  EXPECT_EQ(services_words(case_words_en(), {}), "");
}

TEST(CasePart, OnlyButtonsAreWords) {
  EXPECT_EQ(said_by("says_clean"), model::CustomerStatus::says_clean);
  EXPECT_EQ(said_by("read"), model::CustomerStatus::read);
  for (const char* none : {"", "silent", "READ", "read "}) EXPECT_FALSE(said_by(none)) << none;
}

// Both languages say everything: the same places, and the same slots in each.
TEST(CaseWords, GermanHasWhatEnglishHas) {
  const CaseWords& e = case_words_en();
  const CaseWords& d = case_words_de();
  const auto all = [](const CaseWords& w) {
    std::vector<std::string_view> out{w.seen_heading, w.seen_case,    w.seen_services,  w.seen_last,
                                      w.seen_count,   w.seen_none,    w.deadline,       w.mail_service,
                                      w.tcp,          w.udp,          w.steps_heading,  w.steps_after,
                                      w.tell_heading, w.tell_why,     w.fixed_many,     w.fixed_once,
                                      w.fixed_none,   w.fixed_open,   w.fixed_pending,  w.still_seen,
                                      w.read_button,  w.fixed_button, w.help_button,    w.dispute_button,
                                      w.help_text,    w.dispute_text, w.person_heading, w.person_intro};
    out.insert(out.end(), w.steps.begin(), w.steps.end());
    out.insert(out.end(), w.said.begin() + 1, w.said.end());
    return out;
  };
  const auto slots = [](std::string_view s) {
    std::vector<std::string> out;
    for (size_t at = s.find('{'); at != std::string_view::npos; at = s.find('{', at + 1))
      out.emplace_back(s.substr(at, s.find('}', at) - at));
    std::ranges::sort(out);
    return out;
  };
  const auto english = all(e);
  const auto german = all(d);
  ASSERT_EQ(english.size(), german.size());
  for (size_t i = 0; i < english.size(); ++i) {
    EXPECT_FALSE(english[i].empty()) << i;
    EXPECT_FALSE(german[i].empty()) << english[i];
    EXPECT_NE(english[i], german[i]);
    EXPECT_EQ(slots(english[i]), slots(german[i])) << english[i];
  }
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
