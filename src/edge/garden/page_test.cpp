// SPDX-License-Identifier: Apache-2.0
#include "edge/garden/page.h"

#include <gtest/gtest.h>

namespace postern::edge::garden {
namespace {

constexpr Time kNow{seconds(1'795'370'400).us};
const page::Provider kProvider{.name = "Example Net",
                               .url = "https://help.isp.example",
                               .contact = "help@isp.example",
                               .phone = "+49 30 1234",
                               .relay_host = "relay.isp.example"};

bool has(std::string_view page, std::string_view text) { return page.find(text) != std::string_view::npos; }

Visit held() {
  Visit v{.address = "198.51.100.7", .action = "/garden", .token = "0123"};
  v.facts = {.known = true, .hold = model::Hold::garden, .since = kNow - hours(5), .blocked_today = 1'234};
  for (int i = 0; i < 20; ++i) v.facts.last.push_back({kNow - minutes(i), *parse_ip("192.0.2.25"), 25});
  v.facts.case_ = page::CaseFacts{.id = {12},
                                  .state = model::CaseState::restricted,
                                  .opened = kNow - days(3),
                                  .summary = "41 new mail servers in an hour",
                                  .services = {{model::Transport::tcp, 25}, {model::Transport::udp, 1900}},
                                  .last_seen = kNow - minutes(3),
                                  .restricted = kNow - hours(5),
                                  .self_releases_left = 2};
  return v;
}

TEST(GardenPage, TellsAllThatAPersonNeeds) {
  const std::string page = Pages(kProvider).portal(words_for("en"), held());
  for (const char* text : {"Your Internet access is paused",
                           "22 November 2026, 13:00 UTC",
                           "41 new mail servers in an hour",
                           "port 25",
                           "UDP port 1900",
                           "22 November 2026, 17:57 UTC",
                           "1\u2009234",
                           "192.0.2.25",
                           "relay.isp.example",
                           "Emergency",
                           "virus scan",
                           "yourself <strong>2</strong> more times",
                           "I have read this",
                           "It is fixed",
                           "I need help",
                           "This is wrong",
                           "tel:+49301234",
                           "mailto:help@isp.example?subject=Case%2012",
                           "action=\"/garden\"",
                           "value=\"0123\""})
    EXPECT_TRUE(has(page, text)) << text;
}

TEST(GardenPage, SaysWhatTheButtonWillDoAndDid) {
  const Pages pages(kProvider);
  Visit v = held();
  page::CaseFacts& c = *v.facts.case_;
  c.self_releases_left = 1;
  EXPECT_TRUE(has(pages.portal(words_for("en"), v), "yourself once more"));
  c.self_releases_left = 0;
  EXPECT_TRUE(has(pages.portal(words_for("en"), v), "This time a person opens it"));
  c.self_releases_left = 1;
  c.customer = model::CustomerStatus::says_clean;
  c.release_at = kNow + hours(1);
  const std::string pressed = pages.portal(words_for("en"), v);
  EXPECT_TRUE(has(pressed, "opens by itself on <strong>22 November 2026, 19:00 UTC"));
  EXPECT_TRUE(has(pressed, "Last seen: <strong>22 November 2026, 17:57 UTC</strong>. While"));
  EXPECT_FALSE(has(pressed, "It is fixed</button>"));
  EXPECT_FALSE(has(pressed, "I have read this"));
  EXPECT_TRUE(has(pressed, "I need help"));
  c.customer = model::CustomerStatus::disputes;
  EXPECT_TRUE(has(pages.portal(words_for("en"), v), "A person will look at it."));
}

TEST(GardenPage, EveryStateHasItsTitle) {
  const Pages pages(kProvider);
  Visit v = held();
  v.facts.hold = model::Hold::services;
  EXPECT_TRUE(has(pages.portal(words_for("en"), v), "A part of your Internet access is paused"));
  v.facts.hold = model::Hold::none;
  EXPECT_TRUE(has(pages.portal(words_for("en"), v), "probably needs cleaning"));
  v.facts = {.known = true};
  const std::string none = pages.portal(words_for("en"), v);
  EXPECT_TRUE(has(none, "Nothing is paused"));
  EXPECT_FALSE(has(none, "<form"));
  v.facts = {};
  EXPECT_TRUE(has(pages.portal(words_for("en"), v), "We do not recognise this connection"));
  // The brain is away: the table says that the line is in the garden, and no more.
  v.facts = {.known = true, .hold = model::Hold::garden};
  const std::string alone = pages.portal(words_for("en"), v);
  for (const char* text : {"Your Internet access is paused", "virus scan", "What still works", "198.51.100.7"})
    EXPECT_TRUE(has(alone, text)) << text;
  EXPECT_FALSE(has(alone, "<form"));
}

page::RelayUsage usage() {
  page::RelayUsage out{.read = true, .accounts_left = 3};
  for (size_t account = 0; account <= page::kRelayAccountsShown; ++account) {
    page::RelayMeter& m = out.meters.emplace_back();
    if (account != 0) m.account = "erika" + std::to_string(account) + "@isp.example";
    m.held = account == 2;
    for (const char* what : {"messages", "recipients", "kilobytes", "domains"})
      for (const char* window : {"hour", "day"}) m.counts.push_back({what, window, 1'234, 60'000});
    m.counts.push_back({"invalid", "hour", 12, 30});
  }
  out.meters[0].counts[1].most = 0;
  return out;
}

TEST(GardenPage, SaysWhatTheRelayCounted) {
  const Pages pages(kProvider);
  Visit v;
  v.facts = {.known = true, .relay = usage()};
  const std::string page = pages.portal(words_for("en"), v);
  for (const char* text :
       {"What you sent through our mail server", "Messages, within one hour</td><td>1\u2009234</td><td>60\u2009000<",
        "Messages, within one day</td><td>1\u2009234</td><td>no limit<", "<td>12 %</td><td>30 %<",
        "With the mail account erika1@isp.example", "Nothing is taken from this account", "3 further accounts"})
    EXPECT_TRUE(has(page, text)) << text;
  EXPECT_TRUE(has(pages.portal(words_for("de"), v), "E-Mails, innerhalb einer Stunde"));
  v.facts.relay = page::RelayUsage{};
  EXPECT_TRUE(has(pages.portal(words_for("en"), v), "could not be read just now"));
  v.facts.relay.reset();
  EXPECT_FALSE(has(pages.portal(words_for("en"), v), "through our mail server"));
}

// What is about a limit is no infection: numbers instead of steps against one.
TEST(GardenPage, ALimitIsNoInfection) {
  Visit v = held();
  v.facts.hold = model::Hold::none;
  v.facts.case_->kind = model::CaseKind::relay_limit;
  v.facts.case_->restricted = {};
  v.facts.relay = usage();
  const std::string page = Pages(kProvider).portal(words_for("en"), v);
  EXPECT_TRUE(has(page, "A limit of your outgoing mail is reached"));
  EXPECT_TRUE(has(page, "From this connection"));
  EXPECT_TRUE(has(page, "I need help"));
  EXPECT_FALSE(has(page, "virus scan"));
}

// Every page in every state and language: small, whole, one h1, no script, nothing from elsewhere, no slot left open.
TEST(GardenPage, EveryPageKeepsTheRules) {
  const Pages pages(kProvider);
  for (const Words* w : {&words_for("en"), &words_for("de")}) {
    std::vector<std::string> all{
        pages.open_again(*w, "http://example.com/"), pages.message(*w, w->fast_title, w->fast_text),
        pages.message(*w, w->retry_title, w->retry_text), pages.message(*w, w->refused_title, w->refused_text)};
    for (size_t hold = 0; hold < model::pn_names_of_Hold.size(); ++hold)
      for (size_t said = 0; said < model::pn_names_of_CustomerStatus.size(); ++said)
        for (const uint32_t left : {0U, 1U, 2U}) {
          Visit v = held();
          v.facts.hold = static_cast<model::Hold>(hold);
          v.facts.case_->customer = static_cast<model::CustomerStatus>(said);
          v.facts.case_->self_releases_left = left;
          v.facts.case_->restricted = hold == 0 ? Time{} : kNow;
          v.facts.case_->deadline = kNow;
          v.facts.case_->release_at = left > 1 ? kNow : Time{};
          v.noted = left == 1;
          v.facts.relay = usage();
          all.push_back(pages.portal(*w, v));
        }
    for (const std::string& page : all) {
      EXPECT_LT(page.size(), 30U * 1024);
      EXPECT_TRUE(page.starts_with("<!DOCTYPE html>\n<html lang=\"" + std::string(w->about_case->calendar->language)));
      EXPECT_TRUE(page.ends_with("</html>\n"));
      EXPECT_EQ(page.find("<h1>"), page.rfind("<h1>"));
      for (const char* banned : {"<script", " style=", "<img", "@import", "url(", "javascript:", "onclick"})
        EXPECT_FALSE(has(page, banned)) << banned;
      const std::string_view after_style = std::string_view(page).substr(page.find("</style>"));
      EXPECT_EQ(after_style.find('{'), std::string_view::npos) << "a slot is left open";
    }
  }
}

TEST(GardenPage, HostileTextStaysText) {
  const std::string hostile = "\"><script>alert(1)</script>'";
  Visit v = held();
  v.facts.case_->summary = hostile;
  v.facts.relay = usage();
  v.facts.relay->meters[1].account = hostile;
  v.action = hostile;
  const Pages pages({.name = hostile, .url = hostile, .contact = hostile, .phone = hostile, .relay_host = hostile});
  for (const std::string& page : {pages.portal(words_for("en"), v), pages.open_again(words_for("en"), hostile),
                                  pages.pointer(words_for("en"), hostile)})
    EXPECT_FALSE(has(page, "<script"));
}

}  // namespace
}  // namespace postern::edge::garden
