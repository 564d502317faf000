// SPDX-License-Identifier: Apache-2.0
#include "decide/watch/watch.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "decide/common/limits.h"

namespace postern::decide::detect {
namespace {

Levels levels(std::initializer_list<std::pair<std::string_view, int32_t>> of) {
  Levels out{};
  for (const auto& [name, mnat] : of)
    out[static_cast<size_t>(std::ranges::find(names(), name) - names().begin())] = mnat;
  return out;
}

TEST(Score, FamiliesOfOneWitnessCountOnce) {
  Modes on{};
  on.fill(model::Mode::on);
  const auto score = [&](const Levels& l) { return score_of(l, on, model::Mode::on); };
  EXPECT_EQ(score(levels({{"novelty", 5'000}, {"outcome", 3'000}})), 8'000);
  // A question for an MX, and the connection to it.
  EXPECT_EQ(score(levels({{"novelty", 5'000}, {"mx", 6'000}})), 6'000);
  EXPECT_EQ(score(levels({{"novelty", 7'000}, {"mx", 6'000}, {"dark", 4'600}})), 11'600);
  EXPECT_EQ(score(levels({{"novelty", 50'000}, {"mx", 50'000}})), kFamilyCapMnat);
  // One that is not on says nothing, and does not silence the other.
  Modes shadow = on;
  shadow[static_cast<size_t>(std::ranges::find(names(), "mx") - names().begin())] = model::Mode::shadow;
  const Levels both = levels({{"novelty", 5'000}, {"mx", 6'000}});
  EXPECT_EQ(score_of(both, shadow, model::Mode::on), 5'000);
  EXPECT_EQ(score_of(both, shadow, model::Mode::shadow), 6'000);
}

// Asking for four domains' servers and connecting to them is no case; it was one when both were added.
TEST(Score, FourDomainsOfAHomeServerAreNoCase) {
  model::Policy policy;
  policy.classes["unknown"] = {};
  model::ClassPolicy home;
  Watch watch;
  Counters counters;
  const Subject subject{{1}, &home, false, {}};
  Time at = Time{} + seconds(1'700'000'000);
  for (uint32_t domain = 0; domain < 4; ++domain, at = at + seconds(2)) {
    watch.see(subject, model::MailLookup{{1}, IpAddress::v4(0x0a000001), true, false}, at, policy, counters);
    model::FirstContact contact;
    contact.line = {1};
    contact.source = IpAddress::v4(0x0a000001);
    contact.destination = IpAddress::v4(0xc6336401 + (domain << 8));
    contact.verdict = model::Verdict::open;
    contact.outcome = model::Outcome::success;
    for (const Reached& r : watch.see(subject, contact, at, policy, counters))
      EXPECT_LT(r.finding.stage, model::Stage::case_);
  }
  const auto view = watch.view(subject, at, policy);
  ASSERT_TRUE(view);
  EXPECT_GT(view->score_mnat, 4'600);
  EXPECT_LT(view->score_mnat, 6'000);
}

constexpr Time kBegin = Time{} + seconds(1'700'000'000);

model::FirstContact contact_of(uint32_t network, model::Outcome outcome) {
  model::FirstContact contact;
  contact.line = {1};
  contact.source = IpAddress::v4(0x0a000001);
  contact.destination = IpAddress::v4(0x2d000001 + (network << 8));
  contact.verdict = model::Verdict::open;
  contact.outcome = outcome;
  return contact;
}

struct One {
  model::Policy policy;
  model::ClassPolicy home;
  Watch watch;
  Counters counters;
  model::Stage highest = model::Stage::clear;

  One() { policy.classes["unknown"] = {}; }
  void see(const model::ObservationBody& body, Time at) {
    for (const Reached& r : watch.see({{1}, &home}, body, at, policy, counters))
      highest = std::max(highest, r.finding.stage);
  }
  int32_t level(std::string_view name, Time at) const {
    const auto view = watch.view({{1}, &home}, at, policy);
    for (const LevelView& l : view.value().levels)
      if (l.detector == name) return l.level_mnat;
    return -1;
  }
};

// A server that nobody declared meets a dead domain with four hosts in its MX list.
TEST(Watch, ADomainsWalkIsOneActWhereTheDnsShowsIt) {
  for (const bool asks : {true, false}) {
    One one;
    if (asks) one.see(model::MailLookup{{1}, IpAddress::v4(0x0a000001), true, false}, kBegin);
    for (uint32_t host = 0; host < 4; ++host)
      one.see(contact_of(host, model::Outcome::failure), kBegin + seconds(30 * host));
    EXPECT_EQ(one.level("outcome", kBegin + seconds(90)), asks ? 1'386 : 4 * 1'386);
    EXPECT_EQ(one.highest, asks ? model::Stage::clear : model::Stage::case_);
  }
}

// Two dead domains of three and four hosts, asked for elsewhere: a case, but nothing that restricts by itself. A bot's
// pace, or eight such domains, is no walk.
TEST(Watch, WalksThatNoQuestionShowsOpenACaseAndBlockNobody) {
  One server;
  uint32_t host = 0;
  const auto domain = [&](uint32_t hosts, Time at) {
    for (uint32_t i = 0; i < hosts; ++i) server.see(contact_of(host++, model::Outcome::failure), at + seconds(30 * i));
  };
  domain(3, kBegin);
  domain(4, kBegin + minutes(25));
  EXPECT_EQ(server.highest, model::Stage::case_);
  for (uint32_t i = 0; i < 6; ++i) domain(1, kBegin + minutes(27 + i));
  EXPECT_EQ(server.highest, model::Stage::block);
  One bot;
  for (uint32_t i = 0; i < 7; ++i) bot.see(contact_of(i, model::Outcome::failure), kBegin + seconds(21 * i));
  EXPECT_EQ(bot.highest, model::Stage::block);
}

TEST(Watch, ALargeNetworkNeedsMoreEvidence) {
  for (const uint64_t lines : {1'000U, 1'000'000U}) {
    One one;
    one.watch.set_lines(lines);
    // Four that do not answer: 4 ln 4 by each of two kinds.
    for (uint32_t i = 0; i < 4; ++i) one.see(contact_of(i, model::Outcome::failure), kBegin + seconds(i));
    EXPECT_EQ(one.highest, lines == 1'000 ? model::Stage::case_ : model::Stage::watch);
    for (uint32_t i = 4; i < 7; ++i) one.see(contact_of(i, model::Outcome::failure), kBegin + seconds(i));
    EXPECT_EQ(one.highest, model::Stage::block);
  }
}

TEST(Watch, DarkAddressesAreOutsideOfTheBudget) {
  One one;
  one.watch.set_lines(100'000'000);
  for (uint32_t i = 0; i < 2; ++i) {
    model::FirstContact contact = contact_of(i, model::Outcome::unknown);
    contact.dark = true;
    one.see(contact, kBegin + seconds(i));
  }
  EXPECT_GE(one.highest, model::Stage::case_);
}

// Whatever a line does: each finding's evidence gives its score again, and a checkpoint gives the same line.
TEST(Watch, EveryFindingIsRecountedFromItsEvidence) {
  uint64_t state = 42;
  const auto below = [&](uint64_t n) {
    state = state * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
    return (state >> 33) % n;
  };
  size_t findings = 0;
  size_t tickets = 0;
  for (int story = 0; story < 60; ++story) {
    One one;
    Watch copy;
    const Subject subject{{1}, &one.home, story % 3 == 0, {}};
    Time at = kBegin;
    for (int step = 0; step < 400; ++step) {
      at = at + milliseconds(static_cast<int64_t>(below(story % 2 == 0 ? 4'000 : 4'000'000)));
      model::ObservationBody body =
          contact_of(static_cast<uint32_t>(below(300)), static_cast<model::Outcome>(below(3)));
      switch (below(8)) {
        case 0:
          body = model::MailLookup{{1}, {}, below(2) == 0, below(3) == 0};
          break;
        case 1:
          body = model::MailVolume{{1}, {}, IpAddress::v4(0x2d000001), 587, static_cast<uint32_t>(below(90))};
          break;
        case 2:
          if (below(5) == 0) body = model::PortScan{{1}, {}, IpAddress::v4(0x96000001), 445};
          break;
        case 3:
          std::get<model::FirstContact>(body).dark = below(20) == 0;
          break;
        default:
          break;
      }
      for (const Reached& r : one.watch.see(subject, body, at, one.policy, one.counters)) {
        const auto again = recount(r.finding, subject);
        ASSERT_TRUE(again) << again.error().text();
        EXPECT_EQ(*again, r.finding.score_mnat);
        ++findings;
        tickets += r.ticket ? 1 : 0;
      }
    }
    Bytes written;
    Encoder out(written);
    one.watch.encode(out);
    Decoder in(written);
    copy.decode(in);
    EXPECT_TRUE(in.done());
    Bytes again;
    Encoder second(again);
    copy.encode(second);
    EXPECT_EQ(written, again);
  }
  EXPECT_GT(findings, 60U);
  EXPECT_GT(tickets, 5U);
}

}  // namespace
}  // namespace postern::decide::detect
