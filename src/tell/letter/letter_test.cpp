// SPDX-License-Identifier: Apache-2.0
#include "tell/letter/letter.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>

#include "words/words.h"

namespace postern::tell::letter {
namespace {

Facts facts() {
  Facts f;
  f.provider = {"Example ISP", "abuse@isp.example", "+1 555 0100", "relay.isp.example"};
  f.customer = "Ann Example";
  f.language = "en";
  f.line_key = "cust-1001";
  f.case_.id.value = 12;
  f.case_.first_contacts = 9;
  f.case_.deadline_at = parse_time("2026-11-30T10:00:00Z").value();
  f.case_.restricted_at = parse_time("2026-12-01T10:00:00Z").value();
  f.case_.disconnected_at = f.plug_at = parse_time("2026-12-05T10:00:00Z").value();
  f.page = "https://help.isp.example/r/K7QF2-9XWM3-H4TPA";
  f.release_after = hours(1);
  f.self_releases_left = 2;
  for (uint8_t i = 1; i <= 12; ++i) {
    model::Increment step;
    step.at = parse_time("2026-11-27T14:05:00Z").value() + minutes(i);
    step.destination = IpAddress::v4(0xc6336400U + i);
    step.port = 25;
    f.evidence.push_back(step);
  }
  return f;
}

constexpr auto kAll = model::pn_names_of_Notice.size();

TEST(Letter, EveryNoticeHasATextOfItsOwnInEveryLanguage) {
  std::set<std::string> subjects;
  std::set<std::string> bodies;
  for (const std::string_view language : words::languages())
    for (size_t n = 0; n < kAll; ++n) {
      Facts f = facts();
      f.language = language;
      const Text t = compose(static_cast<model::Notice>(n), f);
      EXPECT_EQ(t.language, language);
      EXPECT_TRUE(subjects.insert(t.subject).second) << t.subject;
      EXPECT_TRUE(bodies.insert(t.body).second);
      EXPECT_EQ(t.body.find('{'), std::string::npos) << t.body;
      EXPECT_EQ(t.subject.find('{'), std::string::npos) << t.subject;
      EXPECT_NE(t.body.find("cust-1001"), std::string::npos);
      EXPECT_NE(t.body.find("+1 555 0100"), std::string::npos) << "how to reach a person";
      EXPECT_NE(t.body.find(f.page), std::string::npos);
    }
}

TEST(Letter, TheFirstNoticeShowsEvidenceDeadlineAndWhatToDo) {
  const Text t = compose(model::Notice::first, facts());
  EXPECT_NE(t.body.find("2026-11-27 14:17 UTC  198.51.100.12  TCP 25"), std::string::npos) << t.body;
  EXPECT_EQ(t.body.find("198.51.100.4 "), std::string::npos) << "only the latest";
  EXPECT_EQ(t.body.find("2026-11-30"), std::string::npos) << "in shadow nothing follows, so nothing is threatened";
  Facts f = facts();
  f.restricts = true;
  EXPECT_NE(compose(model::Notice::first, f).body.find("2026-11-30 10:00 UTC"), std::string::npos);
}

TEST(Letter, GoodNewsHasNoEvidenceAndNoSteps) {
  for (const auto notice : {model::Notice::released, model::Notice::clean}) {
    const Text t = compose(notice, facts());
    EXPECT_EQ(t.body.find("198.51.100"), std::string::npos);
    EXPECT_EQ(t.body.find("virus"), std::string::npos);
  }
}

Facts on(uint16_t port) {
  Facts f = facts();
  for (model::Increment& step : f.evidence) step.port = port;
  return f;
}

// What was not about mail does not speak of it, and each kind of trouble has its own words and its own way out.
TEST(Letter, EachTroubleHasItsOwnWords) {
  for (const char* language : {"en", "de"})
    for (const auto notice :
         {model::Notice::first, model::Notice::question, model::Notice::persists, model::Notice::restricted}) {
      std::set<std::string> subjects;
      std::set<std::string> bodies;
      for (const uint16_t port : {25, 587, 23}) {
        Facts f = on(port);
        f.language = language;
        f.restricts = true;
        const Text t = compose(notice, f);
        EXPECT_TRUE(subjects.insert(t.subject).second) << t.subject;
        EXPECT_TRUE(bodies.insert(t.body).second);
        EXPECT_NE(t.body.find("TCP " + std::to_string(port)), std::string::npos) << "the evidence";
        EXPECT_NE(t.body.find("abuse@isp.example"), std::string::npos) << "a person";
        EXPECT_EQ(t.body.find('{'), std::string::npos) << t.body;
        const bool dated = notice == model::Notice::first || notice == model::Notice::persists;
        EXPECT_EQ(t.body.find("2026-11-30 10:00 UTC") != std::string::npos, dated) << t.body;
        if (port != 25) {
          EXPECT_EQ(t.body.find("port 25"), std::string::npos) << t.body;
        }
      }
    }
  EXPECT_NE(compose(model::Notice::first, on(23)).body.find("Turn off remote access"), std::string::npos);
  EXPECT_NE(compose(model::Notice::first, on(465)).body.find("Change the passwords of all"), std::string::npos);
  Facts both = on(445);
  both.case_.services = {{model::Transport::tcp, 25}};
  EXPECT_NE(compose(model::Notice::restricted, both).body.find("TCP 25, TCP 445"), std::string::npos);
}

TEST(Letter, OneIsNotMany) {
  Facts f = facts();
  f.case_.first_contacts = 1;
  const std::string one = compose(model::Notice::first, f).body;
  EXPECT_NE(one.find("contacted 1 mail network it"), std::string::npos) << one;
  f.case_.first_contacts = 9;
  EXPECT_NE(compose(model::Notice::first, f).body.find("contacted 9 mail networks it"), std::string::npos);
  f.language = "de";
  EXPECT_NE(compose(model::Notice::first, f).body.find("9 Mailnetze"), std::string::npos);
  f.language = "en";
  f.self_releases_left = 1;
  std::string restricted = compose(model::Notice::restricted, f).body;
  std::ranges::replace(restricted, '\n', ' ');
  EXPECT_NE(restricted.find("You can do that once more."), std::string::npos) << restricted;
}

// A touch of an address that nobody uses, and what went on after a notice, are named as what they are.
TEST(Letter, DecoysAndPersistenceAreNamed) {
  Facts f = facts();
  EXPECT_EQ(compose(model::Notice::first, f).body.find("nobody"), std::string::npos);
  f.evidence[3].family = "dark";
  EXPECT_NE(compose(model::Notice::first, f).body.find("One of the addresses belongs to nobody"), std::string::npos);
  f.evidence[4].family = "dark";
  EXPECT_NE(compose(model::Notice::first, f).body.find("2 of the addresses belong to nobody"), std::string::npos);
  f.evidence[11].family = "persistence";
  const std::string went_on = compose(model::Notice::persists, f).body;
  EXPECT_NE(went_on.find("It went on after our notice, last on 2026-11-27 14:17 UTC."), std::string::npos) << went_on;
}

TEST(Letter, WhatTakesEverythingSaysSo) {
  Facts f = facts();
  f.restricts = f.garden = true;
  EXPECT_EQ(compose(model::Notice::restricted, f).subject, "Your Internet access is paused (case 12)");
  EXPECT_NE(compose(model::Notice::restricted, f).body.find("2026-12-01 10:00 UTC"), std::string::npos);
  EXPECT_NE(compose(model::Notice::first, f).body.find("pause your Internet"), std::string::npos);
}

TEST(Letter, LinesAreShort) {
  Facts f = facts();
  f.language = "de";
  const std::string body = compose(model::Notice::first, f).body;
  for (size_t at = 0; at < body.size();) {
    const size_t end = std::min(body.find('\n', at), body.size());
    EXPECT_LE(end - at, 90U) << body.substr(at, end - at);  // octets: an umlaut has two
    at = end + 1;
  }
}

TEST(Letter, WithoutASelfReleaseLeftAPersonHelps) {
  Facts f = facts();
  f.self_releases_left = 0;
  EXPECT_EQ(compose(model::Notice::restricted, f).body.find("It is fixed"), std::string::npos);
}

}  // namespace
}  // namespace postern::tell::letter
