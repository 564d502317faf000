// SPDX-License-Identifier: Apache-2.0
#include "decide/permits/permits.h"

#include <gtest/gtest.h>

namespace postern::decide::permits {
namespace {

constexpr Time kNow{1'767'225'600'000'000};

model::GrantPermit good() {
  model::GrantPermit g;
  g.permit.subscriber = {1};
  g.permit.limits = {60, 60, 600, 100};
  g.permit.terms_version = "2026-1";
  g.permit.expires = kNow + days(30);
  return g;
}
std::string why_not(const model::GrantPermit& g, bool known = true) {
  const Status s = validate(g, known, kNow);
  return s ? std::string() : s.error().text();
}

TEST(Permits, AGrantSaysAllThatIsWrong) {
  EXPECT_EQ(why_not(good()), "");
  EXPECT_NE(why_not(good(), false).find("no such subscriber"), std::string::npos);
  model::GrantPermit g = good();
  g.permit.terms_version.clear();
  g.permit.expires = kNow;
  g.permit.limits.connections_burst = 0;
  g.permit.limits.networks_per_hour = kRateMax + 1;
  g.permit.destinations = {parse_prefix("192.0.2.1").value()};
  const std::string text = why_not(g);
  for (const char* part :
       {"terms", "has passed", "connections per minute and their burst", "is no limit", "named_server"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
}

TEST(Permits, NamedServersAreFewAndNarrow) {
  model::GrantPermit g = good();
  g.permit.kind = model::PermitKind::named_server;
  EXPECT_NE(why_not(g).find("at least one"), std::string::npos);
  g.permit.destinations = {parse_prefix("10.0.0.0/8").value()};
  EXPECT_NE(why_not(g).find("too wide"), std::string::npos);
  g.permit.destinations.assign(model::kListedMax, parse_prefix("192.0.2.1").value());
  EXPECT_EQ(why_not(g), "");
  g.permit.destinations.push_back(parse_prefix("2001:db8::/64").value());
  EXPECT_NE(why_not(g).find("at most 64"), std::string::npos);
}

TEST(Permits, TheWidestInForceDecides) {
  Book book;
  model::Permit p = good().permit;
  p.id = {1};
  p.expires = kNow + days(1);
  book.apply(p);
  p.id = {2};
  p.kind = model::PermitKind::named_server;
  p.expires = kNow + days(9);
  book.apply(p);
  EXPECT_EQ(book.in_force({1}, kNow)->id.value, 1U);
  EXPECT_EQ(book.in_force({1}, kNow + days(2))->id.value, 2U);
  EXPECT_EQ(book.in_force({1}, kNow + days(9)), nullptr);
  EXPECT_EQ(book.in_force({2}, kNow), nullptr);
  EXPECT_EQ(book.due(kNow + days(1)), std::vector<model::PermitId>{{1}});
  p.state = model::PermitState::revoked;
  book.apply(p);
  EXPECT_EQ(book.last_ended({1}, kNow)->id.value, 2U);
  EXPECT_EQ(book.active({1}), 1U);
}

}  // namespace
}  // namespace postern::decide::permits
