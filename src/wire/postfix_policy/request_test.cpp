// SPDX-License-Identifier: Apache-2.0
#include "wire/postfix_policy/request.h"

#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <vector>

#include "tests/support/pieces.h"

namespace postern::wire {
namespace {

std::string file(const std::string& name) {
  std::ifstream in("src/wire/postfix_policy/request_corpus/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string describe(const PolicyRequest& r) {
  return fmt::format("{} {} {} <{}> <{}> {} {} {}/{}/{} {} {}", to_string(r.state), to_string(r.client), r.server_port,
                     r.sender, r.recipient, r.recipient_count, r.size, r.sasl_username, r.sasl_method,
                     r.encryption_protocol, r.queue_id.empty() ? "no-id" : "id", r.policy_context);
}

// The stream cut into reads of `chunk` octets; "limit" or "bad" last when it broke there.
std::vector<std::string> requests_of(std::string_view stream, size_t chunk) {
  std::vector<std::string> out;
  PolicyReader reader;
  testing::feed(stream, chunk, [&](std::string_view& unread, bool& broken) {
    const auto taken = reader.take(unread);
    broken = !taken;
    if (broken) out.emplace_back(taken.error().code == Errc::limit ? "limit" : "bad");
    if (broken || !*taken) return false;
    out.push_back(describe(**taken));
    return true;
  });
  return out;
}

Result<std::optional<PolicyRequest>> read(std::string_view text) {
  PolicyReader reader;
  return reader.take(text);
}

// Recorded from Postfix 3.7.11: one message with two recipients over 587, then one without AUTH over IPv6.
TEST(PolicyRequest, WhatPostfixSendsIsReadHoweverItIsCut) {
  const std::string stream = file("postfix_3_7_11");
  const std::vector<std::string> expected{
      "rcpt 127.0.0.1 2587 <owner@isp.example> <one@far.example> 0 0 owner/PLAIN/TLSv1.3 no-id submission",
      "rcpt 127.0.0.1 2587 <owner@isp.example> <two@far.example> 0 0 owner/PLAIN/TLSv1.3 id submission",
      "data 127.0.0.1 2587 <owner@isp.example> <> 2 0 owner/PLAIN/TLSv1.3 id submission",
      "end_of_message 127.0.0.1 2587 <owner@isp.example> <> 2 259 owner/PLAIN/TLSv1.3 id submission",
      "rcpt ::1 2525 <> <one@far.example> 0 0 // no-id ",
      "data ::1 2525 <> <one@far.example> 1 0 // id ",
      "end_of_message ::1 2525 <> <one@far.example> 1 226 // id "};
  for (const size_t chunk : {size_t{1}, size_t{2}, size_t{100}, size_t{1448}, stream.size()})
    EXPECT_EQ(requests_of(stream, chunk), expected) << chunk;
}

TEST(PolicyRequest, InstanceIsOneMessage) {
  const std::string stream = file("postfix_3_7_11");
  std::string_view bytes = stream;
  PolicyReader reader;
  std::vector<std::string_view> instances;
  while (!bytes.empty()) instances.push_back((*reader.take(bytes))->instance);
  ASSERT_EQ(instances.size(), 7U);
  EXPECT_EQ(instances[0], instances[3]);
  EXPECT_EQ(instances[4], instances[6]);
  EXPECT_NE(instances[3], instances[4]);
}

TEST(PolicyRequest, UnknownAttributesArePassedOverAndTheFirstOfTwoCounts) {
  const auto r =
      read("x=\nrequest=smtpd_access_policy\nsender=\nsender=b@x\nsize=5\nsize=6\nrecipient=a=b@x\nnew-1=\n\n");
  ASSERT_TRUE(r && *r);
  EXPECT_EQ((*r)->sender, "");
  EXPECT_EQ((*r)->size, 5U);
  EXPECT_EQ((*r)->recipient, "a=b@x");
  EXPECT_EQ((*r)->state, PolicyState::other);
}

TEST(PolicyRequest, AnAddressThatIsNoneIsNobody) {
  for (const std::string_view a : {"unknown", "", "fe80::1%eth0", "192.0.2.1.5", ":::"}) {
    const auto r = read(fmt::format("request=smtpd_access_policy\nclient_address={}\n\n", a));
    ASSERT_TRUE(r && *r) << a;
    EXPECT_FALSE((*r)->client) << a;
  }
}

TEST(PolicyRequest, ThePortOfAClientMayBeUnknown) {
  for (const auto& [text, port] : {std::pair{"45180", 45'180}, {"unknown", 0}, {"", 0}, {"65536", 0}, {"-1", 0}}) {
    const auto r = read(fmt::format("request=smtpd_access_policy\nclient_port={}\nclient_port=7\n\n", text));
    ASSERT_TRUE(r && *r) << text;
    EXPECT_EQ((*r)->client_port, port) << text;
  }
}

TEST(PolicyRequest, WhatIsNotTheProtocolIsRefused) {
  using namespace std::string_view_literals;
  const std::string_view head = "request=smtpd_access_policy\n";
  for (const std::string_view bad : {"\n"sv, "\n\n"sv, "sender=a@b\n\n"sv, "request=smtpd_access_policy2\n\n"sv,
                                     "request=\n\n"sv, "GET / HTTP/1.1\n\n"sv})
    EXPECT_EQ(read(bad).error().code, Errc::bad_input) << bad;
  for (const std::string_view bad :
       {"=x"sv, "sender"sv, "sender=a\0b"sv, "size=-1"sv, "size=1x"sv, "size= 1"sv, "size=18446744073709551616"sv,
        "recipient_count=4294967296"sv, "server_port=65536"sv}) {
    const auto r = read(std::string(head) + std::string(bad) + "\n\n");
    ASSERT_FALSE(r) << bad;
    EXPECT_EQ(r.error().code, Errc::bad_input) << bad;
  }
}

TEST(PolicyRequest, LimitIsOnTheWholeRequestHoweverItIsCut) {
  const std::string head = "request=smtpd_access_policy\nsender=";
  const std::string fits = head + std::string(kPolicyRequestOctetsMax - head.size() - 2, 'a') + "\n\n";
  const std::string breaks = head + std::string(kPolicyRequestOctetsMax - head.size() - 1, 'a') + "\n\n";
  for (const size_t chunk : {size_t{1}, size_t{511}, kPolicyRequestOctetsMax, 2 * kPolicyRequestOctetsMax}) {
    EXPECT_EQ(requests_of(fits + fits, chunk).size(), 2U) << chunk;
    EXPECT_EQ(requests_of(breaks, chunk), std::vector<std::string>{"limit"}) << chunk;
  }
}

TEST(PolicyAnswer, IsOneLineAndAnEmptyOneWhateverTheTextHolds) {
  std::string out;
  append_policy_dunno(out);
  append_policy_reply(out, {.code = 450, .status = "4.7.1", .text = "later\n\naction=OK \xc3\xa9"});
  append_policy_hold(out, "case\r\n7");
  EXPECT_EQ(out, "action=DUNNO\n\naction=450 4.7.1 later??action=OK ??\n\naction=HOLD case??7\n\n");
  out.clear();
  append_policy_reply(out, {.code = 550, .status = "5.7.1", .text = std::string(5000, 'x')});
  EXPECT_LE(out.size(), std::string_view("action=\n\n").size() + 510);
}

TEST(PolicyAnswerDeathTest, CodeAndStatusAreOfOneClass) {
  std::string out;
  EXPECT_DEATH(append_policy_reply(out, {.code = 250, .status = "2.0.0", .text = ""}), "broken invariant");
  EXPECT_DEATH(append_policy_reply(out, {.code = 450, .status = "5.7.1", .text = ""}), "broken invariant");
}

}  // namespace
}  // namespace postern::wire
