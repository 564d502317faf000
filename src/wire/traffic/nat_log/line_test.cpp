// SPDX-License-Identifier: Apache-2.0
// Lines as ulogd 2.0.8 wrote them of a masquerade of Linux, and what is made of them.
#include "wire/traffic/nat_log/line.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <string>

namespace postern::wire {
namespace {

const Time kNow = Time{} + seconds(1'795'851'409);  // 2026-11-28T07:36:49Z
constexpr std::string_view kFlow =
    "ORIG: SRC=100.64.0.3 DST=192.0.2.25 PROTO=TCP SPT=40000 DPT=25 PKTS=0 BYTES=0 , REPLY: SRC=192.0.2.25 "
    "DST=203.0.113.1 PROTO=TCP SPT=25 DPT=58915 PKTS=0 BYTES=0 ";
constexpr std::string_view kJson =
    R"({"timestamp": "2026-11-28T07:36:49", "dvc": "Netfilter", "orig.ip.protocol": 6, "orig.l4.sport": 40000, )"
    R"("orig.l4.dport": 25, "orig.raw.pktlen": 0, "orig.raw.pktcount": 0, "reply.ip.protocol": 6, "reply.l4.sport": 25, )"
    R"("reply.l4.dport": 58915, "reply.raw.pktlen": 0, "reply.raw.pktcount": 0, "ct.mark": 0, "ct.id": 2314938864, )"
    R"("ct.event": 1, "flow.start.sec": 1795851409, "flow.start.usec": 48385, "oob.family": 2, "oob.protocol": 0, )"
    R"("src_ip": "100.64.0.3", "dest_ip": "192.0.2.25", "reply.ip.saddr.str": "192.0.2.25", )"
    R"("reply.ip.daddr.str": "203.0.113.1"})"
    "\n";

std::string flow(std::string_view before, std::string_view event = "[NEW] ", std::string_view what = kFlow) {
  return fmt::format("{}{}{}\n", before, event, what);
}
NatLineIs is(std::string_view line, Time now = kNow) { return read_nat_line(line, now).is; }
std::string replaced(std::string_view text, std::string_view what, std::string_view by) {
  std::string out(text);
  const size_t at = out.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return out.replace(at, what.size(), by);
}

void expect_connection(const NatLine& l, std::string_view what, bool begins = true) {
  ASSERT_EQ(l.is, NatLineIs::connection) << what;
  EXPECT_EQ(l.block.given, begins);
  EXPECT_EQ(to_string(l.block.inside), "100.64.0.3");
  EXPECT_EQ(to_string(l.block.outside), "203.0.113.1");
  EXPECT_EQ(l.block.first_port, 58'915);
  EXPECT_EQ(l.block.last_port, 58'915);
  EXPECT_EQ(l.block.protocol, 6);
  EXPECT_EQ(to_string(l.block.to), "192.0.2.25:25");
  EXPECT_EQ(l.block.at.unix_seconds(), kNow.unix_seconds()) << what;
}

TEST(NatLines, WhateverHeaderTheyHave) {
  for (const std::string_view header :
       {"<29>Nov 28 07:36:49 ulogd[29440]: ", "<29>Nov 28 07:36:49 nat1 ulogd[29440]: ",
        "<29>Nov 28 08:36:49 nat1 ulogd: ", "<29>Nov 28 13:21:49 nat1 ulogd: ",
        "<29>2026-11-28T07:36:49.048385+00:00 nat1 ulogd[7]: ", "<29>1 2026-11-28T08:36:49+01:00 nat1 ulogd 7 - - ",
        R"(<29>1 2026-11-28T07:36:49Z nat1 ulogd 7 - [a@1 b="\]\"\]"][meta sequenceId="9"] )",
        "<29>1 2026-11-28T07:36:49Z nat1 ulogd 7 - - \xef\xbb\xbf",
        "Nov 28 07:36:49 ulogd: ", "<29>Nov 28 07:36:49 nat1 ulogd: Nov 28 07:36:48 vm "}) {
    expect_connection(read_nat_line(flow(header), kNow), header);
    expect_connection(read_nat_line(flow(header, "[DESTROY] "), kNow), header, false);
    const std::string_view its_own = header.substr(0, header.find("Nov 28 07:36:48"));
    expect_connection(read_nat_line(std::string(its_own).append(kJson), kNow), header);
  }
}

TEST(NatLines, Json) {
  const NatLine begun = read_nat_line(kJson, kNow);
  expect_connection(begun, "json");
  EXPECT_EQ(begun.block.at.us % 1'000'000, 48'385);
  const std::string ends =
      replaced(replaced(kJson, "\"ct.event\": 1", "\"ct.event\": 4"), "flow.start.sec", "flow.end.sec");
  expect_connection(read_nat_line(ends, kNow), "its end", false);
  EXPECT_EQ(is(replaced(kJson, "\"ct.event\": 1", "\"ct.event\": 2")), NatLineIs::other) << "an update";
  EXPECT_EQ(is(replaced(kJson, "flow.start.sec", "flow.begin.sec")), NatLineIs::no_time);
  EXPECT_EQ(is(replaced(kJson, "203.0.113.1", "100.64.0.3")), NatLineIs::untranslated);
  EXPECT_EQ(is(replaced(kJson, "203.0.113.1", "203.0.113")), NatLineIs::broken);
  EXPECT_EQ(is(replaced(kJson, "58915", "0")), NatLineIs::broken);
  EXPECT_EQ(is(replaced(kJson, "58915", "65536")), NatLineIs::broken);
  EXPECT_EQ(is(replaced(kJson, "\"ct.mark\"", "ct.mark")), NatLineIs::broken);
  EXPECT_EQ(is("{}"), NatLineIs::other);
}

TEST(NatLines, OnlyWhatTheProgramSaysItself) {
  for (const std::string_view header :
       {"<38>Nov 28 07:36:49 nat1 sshd[9]: ", "<38>Nov 28 07:36:49 nat1 sshd[9]: ulogd[1]: ",
        "<38>Nov 28 07:36:49 nat1 sshd[9]: Invalid user ulogd: ", "<29>Nov 28 07:36:49 nat1 ulogd2[9]: ",
        "<29>1 2026-11-28T07:36:49Z ulogd sshd 7 - - ", "<29>1 2026-11-28T07:36:49Z nat1 ulogd 7 - broken ",
        "<29>1 2026-11-28T07:36:49Z nat1 ulogd 7 - [a b=\"", "ulogd: ", ""})
    EXPECT_EQ(is(flow(header)), NatLineIs::other) << header;
  EXPECT_EQ(is(flow("<29>Nov 28 07:36:49 ulogd[1]: building new pluginstance stack: ")), NatLineIs::other);
  EXPECT_EQ(is(flow("<29>Nov 28 07:36:49 ulogd[1]: ", "[UPDATE] ")), NatLineIs::other);
}

TEST(NatLines, NewsOnly) {
  const std::string bsd = flow("<29>Nov 28 07:36:49 nat1 ulogd: ");
  const std::string iso = flow("<29>2026-11-28T07:36:49Z nat1 ulogd: ");
  for (const std::string& line : {bsd, iso, std::string(kJson)})
    for (const int64_t off : {-11, -9, 9, 12, 400, 430, 3'000}) {
      const bool news = off > -10 && off < 10;
      const NatLine l = read_nat_line(line, kNow + seconds(off));
      EXPECT_EQ(l.is, news ? NatLineIs::connection : NatLineIs::late) << off << " " << line;
      if (news) {
        EXPECT_EQ(l.block.at.unix_seconds(), kNow.unix_seconds()) << off << " " << line;
      }
    }
  EXPECT_EQ(is(flow("<29>1 - nat1 ulogd 7 - - ")), NatLineIs::no_time);
}

TEST(NatLines, WhatIsNotWholeIsCounted) {
  const std::string header = "<29>Nov 28 07:36:49 nat1 ulogd: ";
  const auto with = [&](std::string_view what, std::string_view by) {
    return is(flow(header, "[NEW] ", replaced(kFlow, what, by)));
  };
  EXPECT_EQ(with("DST=203.0.113.1", "DST=100.64.0.3"), NatLineIs::untranslated);
  EXPECT_EQ(with("DST=203.0.113.1", "DST=2001:db8::1"), NatLineIs::broken);
  EXPECT_EQ(with("DST=203.0.113.1", "DST=203.0.113.1.9"), NatLineIs::broken);
  EXPECT_EQ(with("DPT=58915", "DPT=658915"), NatLineIs::broken);
  EXPECT_EQ(with("DPT=58915", "DPT=0"), NatLineIs::broken);
  EXPECT_EQ(with("DPT=58915 ", ""), NatLineIs::broken);
  EXPECT_EQ(with(", REPLY:", "REPLY:"), NatLineIs::broken);
  EXPECT_EQ(with("PROTO=TCP SPT=25", "PROTO=UDP SPT=25"), NatLineIs::broken);
  EXPECT_EQ(is(flow(header, "[NEW] ",
                    "ORIG: SRC=100.64.0.3 DST=192.0.2.25 PROTO=ICMP TYPE=8 CODE=0 PKTS=0 BYTES=0 , REPLY: "
                    "SRC=192.0.2.25 DST=203.0.113.1 PROTO=ICMP TYPE=0 CODE=0 PKTS=0 BYTES=0 ")),
            NatLineIs::portless);
  EXPECT_EQ(is(flow(header, "[NEW] ", kFlow.substr(0, 80))), NatLineIs::broken) << "cut";
  EXPECT_EQ(is(std::string(kNatLineMax + 1, 'x')), NatLineIs::too_long);
  EXPECT_EQ(is(""), NatLineIs::other);
}

}  // namespace
}  // namespace postern::wire
