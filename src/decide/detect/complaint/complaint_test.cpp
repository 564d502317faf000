// SPDX-License-Identifier: Apache-2.0
#include "decide/detect/complaint/complaint.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace postern::decide::detect::complaint {
namespace {

const model::ClassPolicy kClass;
const Time kNow = Time{} + days(20'000) + hours(12);

TEST(Complaint, OncePerReporterAndDayOfTheMail) {
  const Context context{kNow, &kClass};
  Detector::State state;
  model::Complaint c{.reporter = "a.example", .source = {}, .sent = kNow, .account = {}};
  EXPECT_EQ(Detector::see(state, c, context), 2'300);
  c.sent = kNow + hours(1);
  EXPECT_EQ(Detector::see(state, c, context), 0);
  c.reporter = "b.example";
  EXPECT_EQ(Detector::see(state, c, context), 2'300);
  c.sent = kNow - hours(13);
  EXPECT_EQ(Detector::see(state, c, context), 2'300);
  // Heard again the day after: it is about the same mail.
  EXPECT_EQ(Detector::see(state, c, {kNow + days(1), &kClass}), 0);
}

TEST(Complaint, ListingsCountByListAndTheRestDoesNot) {
  const Context context{kNow, &kClass};
  Detector::State state;
  EXPECT_EQ(Detector::see(state, model::Listing{.list = "a.example", .source = {}}, context), 2'300);
  EXPECT_EQ(Detector::see(state, model::Listing{.list = "a.example", .source = {}}, context), 0);
  EXPECT_EQ(Detector::see(state, model::Listing{.list = "b.example", .source = {}}, context), 2'300);
  // A reporter of the same name is somebody else.
  EXPECT_EQ(Detector::see(state, model::Complaint{.reporter = "a.example", .source = {}, .account = {}}, context),
            2'300);
  EXPECT_EQ(Detector::see(state, model::TrapHit{}, context), 0);
  EXPECT_EQ(Detector::see(state, model::FirstContact{}, context), 0);
}

TEST(Complaint, AProxyCountsOnceWhoeverUsesIt) {
  const Context context{kNow, &kClass};
  Detector::State state;
  EXPECT_EQ(Detector::see(state, model::ProxyUse{*parse_ip("192.0.2.1"), *parse_ip("198.51.100.1"), 25}, context),
            2'300);
  EXPECT_EQ(Detector::see(state, model::ProxyUse{*parse_ip("192.0.2.1"), *parse_ip("203.0.113.1"), 587}, context), 0);
  EXPECT_EQ(Detector::see(state, model::ProxyUse{}, {kNow + days(1), &kClass}), 0);
}

TEST(Complaint, AControlServerCountsOnceADay) {
  Detector::State state;
  const model::C2Contact c2{*parse_ip("192.0.2.1"), *parse_ip("198.51.100.1"), 443};
  EXPECT_EQ(Detector::see(state, c2, {kNow, &kClass}), 2'000);
  EXPECT_EQ(Detector::see(state, model::C2Contact{}, {kNow + hours(11), &kClass}), 0);
  EXPECT_EQ(Detector::see(state, c2, {kNow + hours(12), &kClass}), 2'000);
}

// Whatever the times of day and however long: control servers alone are not the second kind of evidence that a
// restriction asks for (4.6), and with a proxy on top less than a case (9.2).
TEST(Complaint, HintsAloneAreNoCase) {
  for (const Duration first : {seconds(1), hours(12), hours(24) - seconds(1)})
    for (const bool proxied : {false, true}) {
      Detector::State state;
      int32_t most = 0;
      const auto see = [&](const model::ObservationBody& body, Time at) {
        state.level.mnat = Detector::level(state.level, {at, &kClass});
        state.level.at = at;
        state.level.mnat += Detector::see(state, body, {at, &kClass});
        most = std::max(most, state.level.mnat);
      };
      const Time begin = kNow - hours(12);
      see(model::C2Contact{}, begin + first);
      for (int day = 1; day < 60; ++day) {
        see(model::C2Contact{}, begin + days(day));
        if (proxied && day == 30) see(model::ProxyUse{}, begin + days(day));
        see(model::C2Contact{}, begin + days(day) + hours(23) + minutes(59));
      }
      EXPECT_GT(most, proxied ? 6'200 : 3'900);
      EXPECT_LT(most, proxied ? 6'400 : 4'100);
    }
}

TEST(Complaint, HalvesEveryDay) {
  const auto after = [](Duration d) { return Detector::level({9'200, kNow}, {kNow + d, &kClass}); };
  EXPECT_EQ(after({}), 9'200);
  EXPECT_EQ(after(hours(24)), 4'600);
  EXPECT_EQ(after(hours(48)), 2'300);
}

TEST(Complaint, InWords) {
  const Entry complaint{.outcome = model::Outcome::failure};
  const Entry listing{};
  EXPECT_EQ(Detector::explain(std::vector{complaint, listing, complaint}, {}),
            "2 complaints of receivers, 1 listing on a blocklist");
  EXPECT_EQ(Detector::explain({}, {}), "");
  EXPECT_EQ(Detector::note(complaint), "complaint of a receiver");
  EXPECT_EQ(Detector::note(listing), "listed on a blocklist");
  Entry proxied{.outcome = model::Outcome::success};
  proxied.destination = *parse_ip("198.51.100.1");
  EXPECT_EQ(Detector::explain(std::vector{listing, proxied}, {}),
            "1 listing on a blocklist, a proxy that carried somebody's connection to a mail server");
  EXPECT_EQ(Detector::note(proxied), "carried a connection of 198.51.100.1 to a mail server");
  Entry c2 = proxied;
  c2.outcome = model::Outcome::unknown;
  EXPECT_EQ(Detector::explain(std::vector{listing, c2, c2}, {}),
            "1 listing on a blocklist, 2 days with control servers of botnets");
  EXPECT_EQ(Detector::note(c2), "talked to 198.51.100.1, which is on the list of control servers");
}

}  // namespace
}  // namespace postern::decide::detect::complaint
