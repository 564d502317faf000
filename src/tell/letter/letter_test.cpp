// SPDX-License-Identifier: Apache-2.0
#include "tell/letter/letter.h"

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
