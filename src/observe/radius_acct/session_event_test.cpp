// SPDX-License-Identifier: Apache-2.0
#include "observe/radius_acct/session_event.h"

#include <gtest/gtest.h>

namespace postern::observe::radius_acct {
namespace {

constexpr Time kNow = Time{} + seconds(1'795'370'400) + milliseconds(250);

wire::RadiusAccounting stamped(std::optional<Duration> before_now, std::optional<uint32_t> delay_s) {
  wire::RadiusAccounting r{.status = wire::AcctStatus::start};
  if (before_now) r.timestamp = static_cast<uint32_t>((kNow - *before_now).unix_seconds());
  r.delay_s = delay_s;
  return r;
}

TEST(EventTime, WithoutAnythingItIsNow) {
  EXPECT_EQ(event_time(stamped({}, {}), kNow).at, kNow);
  EXPECT_EQ(event_time(stamped({}, 0), kNow).at, kNow);
}

TEST(EventTime, DelayIsSubtractedAndBounded) {
  EXPECT_EQ(event_time(stamped({}, 90), kNow).at, kNow - seconds(90));
  EXPECT_EQ(event_time(stamped({}, UINT32_MAX), kNow).at, kNow - hours(24));
}

TEST(EventTime, StampThatFitsTheDelayWins) {
  const auto t = event_time(stamped(seconds(95), 90), kNow);
  EXPECT_EQ(t.at.unix_seconds(), (kNow - seconds(95)).unix_seconds());
  EXPECT_FALSE(t.clock_off);
}

TEST(EventTime, StampOfARelayThatKeepsNoDelayWins) {
  const auto t = event_time(stamped(minutes(40), {}), kNow);
  EXPECT_EQ(t.at.unix_seconds(), (kNow - minutes(40)).unix_seconds());
  EXPECT_FALSE(t.clock_off);
}

TEST(EventTime, WrongClocksAreNotBelieved) {
  EXPECT_EQ(event_time(stamped(hours(1), 5), kNow).at, kNow - seconds(5));  // an hour behind, says the delay
  EXPECT_TRUE(event_time(stamped(hours(1), 5), kNow).clock_off);
  EXPECT_EQ(event_time(stamped(hours(-3), {}), kNow).at, kNow);  // ahead
  EXPECT_TRUE(event_time(stamped(hours(-3), {}), kNow).clock_off);
  EXPECT_EQ(event_time(stamped(days(20'000), {}), kNow).at, kNow);  // 1972
  EXPECT_TRUE(event_time(stamped(days(20'000), {}), kNow).clock_off);
}

TEST(EventTime, AMomentAheadIsClampedWithoutAWord) {
  const auto t = event_time(stamped(seconds(-2), {}), kNow);
  EXPECT_EQ(t.at, kNow);
  EXPECT_FALSE(t.clock_off);
}

TEST(SessionEvent, TakesTheNameOfTheNasInOrder) {
  wire::RadiusAccounting r{.status = wire::AcctStatus::start};
  const IpAddress client = *parse_ip("192.0.2.9");
  EXPECT_EQ(session_event(r, client).event.nas, "192.0.2.9");
  r.nas_address = *parse_ip("2001:db8::5");
  EXPECT_EQ(session_event(r, client).event.nas, "2001:db8::5");
  r.nas_identifier = "bng1";
  EXPECT_EQ(session_event(r, client).event.nas, "bng1");
}

TEST(SessionEvent, OnAndOffCarryOnlyTheNas) {
  const wire::RadiusAccounting r{.status = wire::AcctStatus::accounting_on,
                                 .user_name = "u",
                                 .session_id = "0",
                                 .nas_identifier = "bng1",
                                 .prefixes = {*parse_prefix("10.0.0.1")}};
  const auto e = session_event(r, {}).event;
  EXPECT_EQ(e.kind, model::SessionEventKind::nas_on);
  EXPECT_EQ(e.nas, "bng1");
  EXPECT_TRUE(e.session_key.empty() && e.line_key.empty() && e.prefixes.empty());
}

TEST(SessionEvent, TheFirstClassThatIsANameCounts) {
  wire::RadiusAccounting r{.status = wire::AcctStatus::start, .classes = {"a b", "<x>", "business-2", "other"}};
  EXPECT_EQ(session_event(r, {}).event.class_name, "business-2");
}

TEST(SessionEvent, PrefixesNoLineCanHoldAreLeftOut) {
  wire::RadiusAccounting r{.status = wire::AcctStatus::interim};
  for (const char* p : {"100.64.1.1", "127.0.0.1", "224.0.0.1", "169.254.1.1", "2001:db8:1100::/56", "::/0",
                        "fe80::/64", "2000::/3", "ff02::1", "2001:db8:100:2::7", "::1"})
    r.prefixes.push_back(*parse_prefix(p));
  const auto mapped = session_event(r, {});
  std::string kept;
  for (const Prefix& p : mapped.event.prefixes) kept += to_string(p) + " ";
  EXPECT_EQ(kept, "100.64.1.1/32 2001:db8:1100::/56 2001:db8:100:2::7/128 ");
  EXPECT_EQ(mapped.left_out.size(), 8U);
}

}  // namespace
}  // namespace postern::observe::radius_acct
