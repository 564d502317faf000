// SPDX-License-Identifier: Apache-2.0
#include "edge/notice/page.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include "page/sheet.h"

namespace postern::edge::notice {
namespace {

constexpr Time kNow{seconds(1'795'370'400).us};
const Provider kProvider{.name = "Example Net",
                         .url = "https://mail.example.net",
                         .contact = "help@example.net",
                         .phone = "+49 30 1234",
                         .relay_host = "relay.example.net"};

bool has(std::string_view page, std::string_view text) { return page.find(text) != std::string_view::npos; }

Refusal of(model::Reason reason) {
  return {.reference = {.line = {7}, .reason = reason, .revision = 1, .day = kNow.unix_day()},
          .reference_text = "K7QF2-9XWM3-H4TPA",
          .facts = {},
          .token = "0123"};
}

Facts everything() {
  Facts f{.known = true, .own_session = true, .class_name = "secret-class", .since = kNow - days(3)};
  f.blocked_today = 1'234;
  for (int i = 0; i < 20; ++i) f.last.push_back({kNow - minutes(i), *parse_ip("198.51.100.7"), 25});
  f.case_ = page::CaseFacts{.id = {12}, .state = model::CaseState::opened, .opened = kNow, .summary = "secret-summary"};
  f.permit = PermitNote{.kind = model::PermitKind::own_server,
                        .limits = {30, 60, 4'321, 50},
                        .destinations = {*parse_prefix("203.0.113.9")},
                        .expires = kNow + days(300)};
  return f;
}

TEST(Words, TheHeaderOfTheBrowserChooses) {
  EXPECT_EQ(words_for("de-DE,en;q=0.5").language, "de");
  EXPECT_EQ(words_for(",,;").language, "en");
}

TEST(Page, StrangersSeeNothingOfTheLine) {
  const Pages pages(kProvider);
  for (size_t i = 0; i < model::pn_names_of_Reason.size(); ++i) {
    Refusal r = of(static_cast<model::Reason>(i));
    const std::string bare = pages.refusal(words_for("en"), r);
    r.facts = everything();
    r.kind = "secret-kind";
    r.facts.own_session = false;
    r.facts.known = false;
    EXPECT_EQ(pages.refusal(words_for("en"), r), bare) << i;
    r.facts.known = true;
    const std::string page = pages.refusal(words_for("en"), r);
    for (const char* secret :
         {"secret", "198.51.100.7", "203.0.113.9", "1\u2009234", "4\u2009321", "Case 12", "refused today"})
      EXPECT_FALSE(has(page, secret)) << secret;
    EXPECT_TRUE(has(page, "You are not using the connection"));
  }
}

TEST(Page, StrangersAreNotToldThatALineIsRestricted) {
  const Pages pages(kProvider);
  for (const auto reason : {model::Reason::restriction, model::Reason::operator_order, model::Reason::permit_revoked}) {
    Refusal r = of(reason);
    EXPECT_TRUE(has(pages.refusal(words_for("en"), r), "shown only when this page is opened"));
    r.facts = {.known = true, .own_session = true};
    EXPECT_FALSE(has(pages.refusal(words_for("en"), r), "shown only when this page is opened"));
  }
}

TEST(Page, TheLineItselfSeesWhatHappenedAndWhatToDo) {
  Refusal r = of(model::Reason::class_policy);
  r.facts = everything();
  r.kind = "Home connection";
  const std::string page = Pages(kProvider).refusal(words_for("en"), r);
  EXPECT_FALSE(has(page, "secret-class")) << "a name of the settings is not for customers";
  for (const char* text :
       {"Mail sent straight from your connection was refused", "Home connection", "19 November 2026, 18:00 UTC",
        "1\u2009234", "198.51.100.7", "secret-summary", "Case 12", "relay.example.net", "587", "465",
        "mailto:help@example.net?subject=Reference%20K7QF2-9XWM3-H4TPA", "tel:+49301234", "I have read this",
        "action=\"/r/K7QF2-9XWM3-H4TPA\"", "K7QF2-9XWM3-H4TPA"})
    EXPECT_TRUE(has(page, text)) << text;
  size_t rows = 0;
  for (size_t at = page.find("<tr><td>"); at != std::string::npos; at = page.find("<tr><td>", at + 1)) ++rows;
  EXPECT_EQ(rows, page::kAttemptsShown);
}

TEST(Page, AConfirmedOneThanksAndHasNoButton) {
  Refusal r = of(model::Reason::class_policy);
  r.facts = everything();
  r.facts.confirmed_at = kNow;
  r.facts.case_->confirmed = kNow;
  const std::string page = Pages(kProvider).refusal(words_for("en"), r);
  EXPECT_TRUE(has(page, "You told us on 22 November 2026"));
  EXPECT_FALSE(has(page, "I have read this"));
  EXPECT_TRUE(has(page, "It is fixed"));
  r.facts.case_.reset();
  EXPECT_FALSE(has(Pages(kProvider).refusal(words_for("en"), r), "<button"));
}

TEST(Page, PermitsShowTheirLimits) {
  Refusal r = of(model::Reason::permit);
  r.facts = everything();
  EXPECT_TRUE(has(Pages(kProvider).refusal(words_for("en"), r), "4\u2009321"));
  EXPECT_TRUE(has(Pages(kProvider).refusal(words_for("en"), r), "keeps the mail in its queue"));
  r.facts.permit->kind = model::PermitKind::named_server;
  EXPECT_TRUE(has(Pages(kProvider).refusal(words_for("en"), r), "203.0.113.9"));
}

TEST(Page, HostileTextStaysText) {
  const std::string hostile = "\"><script>alert(1)</script>'";
  Provider p{
      .name = hostile, .url = "https://x/" + hostile, .contact = hostile, .phone = hostile, .relay_host = hostile};
  Refusal r = of(model::Reason::class_policy);
  r.facts = everything();
  r.kind = hostile;
  r.facts.case_->summary = hostile;
  const Pages pages(p);
  for (const std::string& page : {pages.refusal(words_for("en"), r), pages.home(words_for("en")),
                                  pages.wrong_reference(words_for("en"), hostile)}) {
    EXPECT_FALSE(has(page, "<script"));
    EXPECT_FALSE(has(page, "\">'"));
  }
}

// Every page in every state: small, whole, one h1, labelled, no script, nothing from elsewhere.
TEST(Page, EveryPageKeepsTheRules) {
  const Pages pages(kProvider);
  for (const Words* words : {&words_for("en"), &words_for("de")}) {
    const Words& w = *words;
    std::vector<std::string> all{pages.home(w), pages.wrong_reference(w, "K7"),
                                 pages.message(w, w.retry_title, w.retry_text)};
    for (size_t reason = 0; reason < model::pn_names_of_Reason.size(); ++reason)
      for (size_t state = 0; state < model::pn_names_of_CaseState.size(); ++state)
        for (const bool own : {false, true}) {
          Refusal r = of(static_cast<model::Reason>(reason));
          r.facts = everything();
          r.facts.own_session = own;
          r.facts.case_->state = static_cast<model::CaseState>(state);
          r.facts.open_now = state % 2 == 0;
          r.noted = state % 3 == 0;
          all.push_back(pages.refusal(w, r));
        }
    for (const std::string& page : all) {
      EXPECT_LT(page.size(), 30U * 1024);
      EXPECT_TRUE(page.starts_with("<!DOCTYPE html>\n<html lang=\"" + std::string(w.language) + "\">"));
      EXPECT_TRUE(page.ends_with("</html>\n"));
      EXPECT_EQ(page.find("<h1>"), page.rfind("<h1>"));
      for (const char* wanted : {"<h1>", "<title>", "<main>", "name=\"viewport\"", "noindex"})
        EXPECT_TRUE(has(page, wanted));
      for (const char* banned : {"<script", " style=", "<img", "@import", "url(", "javascript:", "onclick"})
        EXPECT_FALSE(has(page, banned)) << banned;
      const std::string_view after_style = std::string_view(page).substr(page.find("</style>"));
      EXPECT_EQ(after_style.find('{'), std::string_view::npos) << "a slot is left open";
      if (has(page, "<input id=\"reference\"")) {
        EXPECT_TRUE(has(page, "<label for=\"reference\""));
      }
    }
  }
}

TEST(Page, ThePolicyAllowsExactlyTheStyleInThePage) {
  const std::string page = Pages(kProvider).home(words_for("en"));
  const size_t from = page.find("<style>") + 7;
  const std::string css = page.substr(from, page.find("</style>") - from);
  std::array<unsigned char, 32> hash{};
  crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(css.data()), css.size());
  std::array<char, 64> text{};
  sodium_bin2base64(text.data(), text.size(), hash.data(), hash.size(), sodium_base64_VARIANT_ORIGINAL);
  EXPECT_TRUE(has(page::content_security_policy(), "'sha256-" + std::string(text.data()) + "'"));
  EXPECT_FALSE(has(page::content_security_policy(), "unsafe"));
}

TEST(Page, LinksGoBelowThePathOfTheProvidersUrl) {
  Provider p = kProvider;
  p.url = "https://example.net/mail/";
  const Pages pages(p);
  EXPECT_EQ(pages.base_path(), "/mail");
  EXPECT_TRUE(has(pages.home(words_for("en")), "action=\"/mail/r\""));
  EXPECT_TRUE(has(pages.refusal(words_for("en"), of(model::Reason::none)), "action=\"/mail/r/K7QF2-9XWM3-H4TPA\""));
}

}  // namespace
}  // namespace postern::edge::notice
