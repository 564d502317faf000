// SPDX-License-Identifier: Apache-2.0
#include "cli/relay/postfix.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace postern::cli {
namespace {

const Endpoints kUs{.policy = {"unix:/run/postern/policy.sock"}, .milter = {"unix:/run/postern/milter.sock"}};
constexpr std::string_view kServices =
    "smtp       inet  n       -       y       -       -       smtpd\n"
    "submission inet  n       -       y       -       -       smtpd -o smtpd_sasl_auth_enable=yes\n"
    "pickup     unix  n       -       y       60      1       pickup\n"
    "127.0.0.1:10026 inet n - y - - smtpd\n";
const std::string kAsk = "check_policy_service { unix:/run/postern/policy.sock, timeout=5s, default_action=DUNNO }";

std::string main_cf(const std::string& relay, const std::string& later = kAsk) {
  return "smtpd_relay_restrictions = " + relay +
         "\nsmtpd_recipient_restrictions =\nsmtpd_data_restrictions = " + later +
         "\nsmtpd_end_of_data_restrictions = " + later +
         "\nsmtpd_policy_service_default_action = 451 4.3.5 Server configuration problem\nsmtpd_tls_auth_only = yes\n";
}
std::vector<std::string> faults(const std::string& main, std::string_view overrides = "") {
  std::vector<std::string> out;
  for (const Remark& r : examine(parse_postfix(main, kServices, overrides), kUs))
    if (r.grade == Grade::fault) out.push_back(r.listener + ": " + r.what);
  return out;
}
const std::string kGood = main_cf(kAsk + ", permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination");

TEST(PostfixCheck, ReadsWhatPostconfSays) {
  const Postfix p = parse_postfix(kGood, kServices, "submission/inet/smtpd_tls_auth_only = no\n");
  ASSERT_EQ(p.listeners.size(), 3U);
  EXPECT_EQ(p.listeners[1].name, "submission/inet");
  EXPECT_EQ(p.value(p.listeners[0], "smtpd_tls_auth_only"), "yes");
  EXPECT_EQ(p.value(p.listeners[1], "smtpd_tls_auth_only"), "no");
  EXPECT_EQ(
      restrictions_of(kAsk + ",reject"),
      (std::vector<std::string>{"check_policy_service",
                                "{ unix:/run/postern/policy.sock, timeout=5s, default_action=DUNNO }", "reject"}));
}

TEST(PostfixCheck, AGoodOne) { EXPECT_TRUE(faults(kGood).empty()) << faults(kGood).front(); }

TEST(PostfixCheck, APermitBeforePostern) {
  const auto found = faults(main_cf("permit_mynetworks, " + kAsk + ", reject"));
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0], "smtp/inet: permit_mynetworks stands before Postern: whom it permits has no limits");
  // In the other list it is asked in time: a permit ends its own list only.
  EXPECT_TRUE(faults(main_cf("permit_mynetworks, reject") + "smtpd_recipient_restrictions = " + kAsk + "\n").empty());
}

TEST(PostfixCheck, NotAskedAtAll) {
  EXPECT_EQ(faults(main_cf("permit_mynetworks, reject"))[0], "smtp/inet: Postern is not asked about recipients");
  const auto other = faults(main_cf("check_policy_service unix:private/other, permit_mynetworks, reject"));
  EXPECT_EQ(other[0], "smtp/inet: Postern is not asked about recipients");
  const auto one = faults(kGood, "127.0.0.1:10026/inet/smtpd_relay_restrictions = permit_mynetworks, reject\n");
  EXPECT_EQ(one, (std::vector<std::string>{"127.0.0.1:10026/inet: Postern is not asked about recipients"}));
}

TEST(PostfixCheck, WhatHappensWhenPosternIsAway) {
  const auto stops = faults(main_cf("check_policy_service unix:/run/postern/policy.sock, permit_mynetworks, reject"));
  EXPECT_EQ(stops[0],
            "smtp/inet: while Postern is away the answer is \"451 4.3.5 Server configuration problem\": mail stops");
  const auto open = faults(main_cf(kAsk + ", permit"));
  EXPECT_NE(open[0].find("an open relay"), std::string::npos);
}

TEST(PostfixCheck, LaterStates) {
  const auto found = faults(main_cf(kAsk + ", reject", ""));
  ASSERT_EQ(found.size(), 6U);
  EXPECT_NE(found[0].find("not asked at DATA"), std::string::npos);
  EXPECT_NE(found[1].find("sizes are not counted"), std::string::npos);
}

TEST(PostfixCheck, AsAMilter) {
  const std::string relay = "permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination";
  const std::string milter = "smtpd_milters = { unix:/run/postern/milter.sock, default_action=accept } inet:other:1\n";
  const std::string good = main_cf(relay, "") + milter + "milter_default_action = tempfail\n";
  EXPECT_TRUE(faults(good).empty()) << faults(good).front();
  EXPECT_EQ(faults(main_cf(relay, "") + "smtpd_milters = inet:other:1\n")[0],
            "smtp/inet: Postern is not asked about recipients");
  EXPECT_EQ(faults(main_cf(relay, "") +
                   "smtpd_milters = unix:/run/postern/milter.sock\nmilter_default_action = tempfail\n")[0],
            "smtp/inet: while Postern is away the milter's answer is \"tempfail\": mail stops");
  const auto twice = faults(main_cf(kAsk + ", " + relay, "") + milter, "submission/inet/smtpd_milters = \n");
  EXPECT_EQ(
      twice[0],
      "smtp/inet: Postern is asked twice, by smtpd_milters and smtpd_relay_restrictions: what is sent counts double");
  EXPECT_EQ(twice[1], "submission/inet: Postern is not asked at DATA: recipients that do not exist are not counted");
  EXPECT_EQ(faults(good, "submission/inet/receive_override_options = no_address_mappings,no_milters\n")[0],
            "submission/inet: receive_override_options = no_milters: Postern is not asked");
  EXPECT_NE(faults(main_cf("permit", "") + milter)[0].find("an open relay"), std::string::npos);
}

TEST(PostfixCheck, Auth) {
  constexpr std::string_view kAuth = "submission/inet/smtpd_sasl_auth_enable = yes\n";
  EXPECT_TRUE(faults(kGood, kAuth).empty());
  const std::string clear = std::string(kAuth) + "submission/inet/smtpd_tls_auth_only = no\n";
  ASSERT_EQ(faults(kGood, clear).size(), 1U);
  EXPECT_EQ(faults(kGood, clear)[0], "submission/inet: AUTH is offered without TLS: passwords in the clear");
  EXPECT_TRUE(faults(kGood, clear + "submission/inet/smtpd_tls_security_level = encrypt\n").empty());
  const auto remarks = examine(parse_postfix(kGood, kServices, "smtp/inet/smtpd_sasl_auth_enable = yes\n"), kUs);
  EXPECT_TRUE(std::ranges::any_of(
      remarks, [](const Remark& r) { return r.grade == Grade::hint && r.what == "AUTH is offered on port 25"; }));
}

}  // namespace
}  // namespace postern::cli
