// SPDX-License-Identifier: Apache-2.0
#include "edge/explainer/banner.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <vector>

namespace postern::edge::explainer {
namespace {

using model::Limits;
using model::Reason;

constexpr tables::ReferenceText kReference{'K', '7', 'Q', 'F', '2', '-', '9', 'X', 'W',
                                           'M', '3', '-', 'H', '4', 'T', 'P', 'A'};

BannerTexts texts() {
  return {"Example Net", "https://mail.example.net/", "relay.example.net", "help@example.net", "+49 30 1234"};
}

// The reply's lines without CRLF; fails when one breaks RFC 5321's form.
std::vector<std::string> lines_of(std::string_view reply, std::string_view code) {
  std::vector<std::string> out;
  EXPECT_TRUE(reply.ends_with("\r\n"));
  while (!reply.empty()) {
    const size_t end = reply.find("\r\n");
    const std::string line(reply.substr(0, end));
    reply.remove_prefix(end + 2);
    EXPECT_LE(line.size() + 2, kReplyLineMax) << line;
    EXPECT_TRUE(line.starts_with(code)) << line;
    EXPECT_EQ(line.at(3), reply.empty() ? ' ' : '-') << line;
    for (const char c : line) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << line;
    out.push_back(line);
  }
  return out;
}

TEST(Banner, ClosedSaysWhoWhyWhatInsteadAndWhereToRead) {
  const Banner b = Banner::make(texts()).value();
  ReplyBuffer buffer;
  const auto lines = lines_of(b.closed(buffer, Reason::class_policy, false, kReference), "554");
  const std::vector<std::string> expected{
      "554-5.7.1 Example Net keeps port 25 closed on lines of this kind; mail leaves through a mail server instead.",
      "554-5.7.1 Send mail through relay.example.net, port 587 with your user name and password: that is open on every "
      "line.",
      "554-5.7.1 Questions: help@example.net, phone +49 30 1234",
      "554 5.7.1 Example Net refused this, not the server you called. Reference K7QF2-9XWM3-H4TPA explains it: "
      "https://mail.example.net/r/K7QF2-9XWM3-H4TPA"};
  EXPECT_EQ(lines, expected);
}

TEST(Banner, EveryReasonFitsAndHasItsOwnWords) {
  BannerTexts longest = texts();
  longest.provider = std::string(100, 'N');
  longest.url = "https://" + std::string(152, 'u');
  longest.relay_host = std::string(100, 'r');
  longest.contact = std::string(100, 'c');
  longest.phone = std::string(100, 'p');
  for (const BannerTexts& t : {texts(), longest}) {
    const Banner b = Banner::make(t).value();
    ReplyBuffer buffer;
    std::vector<std::string> first;
    for (size_t i = 0; i < model::pn_names_of_Reason.size(); ++i) {
      for (const bool listed : {false, true}) {
        const auto lines = lines_of(b.closed(buffer, static_cast<Reason>(i), listed, kReference), "554");
        EXPECT_LE(lines.size(), kReplyLinesMax);
        EXPECT_NE(lines.back().find("K7QF2-9XWM3-H4TPA"), std::string::npos);
        EXPECT_NE(lines.back().find(t.provider), std::string::npos);
        if (!listed && i > 0) first.push_back(lines.front());
      }
    }
    std::sort(first.begin(), first.end());
    EXPECT_EQ(std::unique(first.begin(), first.end()), first.end());
    lines_of(b.limited(buffer, Limits{UINT32_MAX, 1, UINT32_MAX, 1}, Time{1}, kReference), "421");
    lines_of(b.no_service(buffer, kReference), "503");
    lines_of(b.goodbye(), "221");
  }
}

TEST(Banner, LimitedSaysTheLimitAndWhenItGoesOn) {
  const Banner b = Banner::make(texts()).value();
  ReplyBuffer buffer;
  const Time until = parse_time("2026-11-22T19:00:20Z").value();
  const auto lines = lines_of(b.limited(buffer, Limits{30, 60, 100, 50}, until, kReference), "421");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0],
            "421-4.7.1 mail.example.net Example Net limits this line to 30 new connections a minute and 100 new "
            "destination networks an hour; keep the mail queued, nothing is lost.");
  EXPECT_EQ(lines[1],
            "421 4.7.1 Example Net: not now, a new connection passes by 2026-11-22T19:00:20Z. Reference "
            "K7QF2-9XWM3-H4TPA explains it: https://mail.example.net/r/K7QF2-9XWM3-H4TPA");
}

TEST(Banner, TimeToGoOnIsAnUpperBoundInWholeSeconds) {
  const Time now = parse_time("2026-11-22T19:00:00.5Z").value();
  EXPECT_EQ(to_string(passes_again(Limits{30, 60, 0, 0}, now)), "2026-11-22T19:00:03Z");
  EXPECT_EQ(to_string(passes_again(Limits{30, 60, 60, 10}, now)), "2026-11-22T19:01:01Z");
  EXPECT_EQ(to_string(passes_again(Limits{7, 1, 0, 0}, now)), "2026-11-22T19:00:10Z");
  EXPECT_EQ(to_string(passes_again(Limits{}, now)), "2026-11-22T19:01:01Z");
}

TEST(Banner, NamesAreSevenBit) {
  BannerTexts t = texts();
  t.provider =
      "K\xc3\xb6lner Stra\xc3\x9f"
      "enfunk \xe2\x82\xac";
  const Banner b = Banner::make(t).value();
  EXPECT_NE(b.goodbye().find("Koelner Strassenfunk ?"), std::string_view::npos) << b.goodbye();
}

TEST(Banner, BadTextsAreRefusedByTheNameOfTheSetting) {
  const auto error_of = [](auto change) {
    BannerTexts t = texts();
    change(t);
    const auto b = Banner::make(t);
    return b ? std::string("taken") : b.error().text();
  };
  EXPECT_NE(error_of([](auto& t) { t.provider = ""; }).find("[provider] name"), std::string::npos);
  EXPECT_NE(error_of([](auto& t) { t.provider = "x\r\n220 hello"; }).find("[provider] name"), std::string::npos);
  EXPECT_NE(error_of([](auto& t) { t.url = ""; }).find("[provider] url"), std::string::npos);
  EXPECT_NE(error_of([](auto& t) { t.url += std::string(200, 'x'); }).find("shorten"), std::string::npos);
  EXPECT_NE(error_of([](auto& t) { t.relay_host = "rel\xc3\xa4y"; }).find("xn--"), std::string::npos);
  EXPECT_NE(error_of([](auto& t) { t.phone = "1\t2"; }).find("[provider] phone"), std::string::npos);
  EXPECT_EQ(error_of([](auto& t) { t.relay_host = t.contact = t.phone = ""; }), "taken");
}

}  // namespace
}  // namespace postern::edge::explainer
