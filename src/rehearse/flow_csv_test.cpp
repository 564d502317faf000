// SPDX-License-Identifier: Apache-2.0
#include "rehearse/flow_csv.h"

#include <gtest/gtest.h>

namespace postern::rehearse {
namespace {

std::vector<model::Flow> read(FlowCsv& csv, std::string_view line, std::optional<Broken> expected = std::nullopt) {
  std::vector<model::Flow> flows;
  EXPECT_EQ(csv.read(line, flows), expected) << line;
  return flows;
}

TEST(FlowCsv, UgrTimesAreTheEnd) {
  FlowCsv csv(Profile::ugr16);
  const auto flows =
      read(csv, "2016-04-11 03:04:25,3.16,42.219.152.127,204.97.202.147,49589,25,TCP,.AP..F,0,0,37,31359,background");
  ASSERT_EQ(flows.size(), 1U);
  EXPECT_EQ(to_string(flows[0].begin), "2016-04-11T03:04:21.840000Z");
  EXPECT_EQ(to_string(flows[0].end), "2016-04-11T03:04:25Z");
  EXPECT_EQ(flows[0].tcp_flags, 1 + 8 + 16);
  EXPECT_EQ(flows[0].packets, 37U);
  EXPECT_EQ(flows[0].destination_port, 25);
  FlowCsv headed(std::nullopt);
  EXPECT_TRUE(read(headed, "host,te,td,sa,da,sp,dp,pr,flg,fwd,stos,pkt,byt,label").empty());
  EXPECT_EQ(read(headed,
                 "42.219.152.127,2016-04-11 "
                 "03:04:22,0.0,42.219.152.127,204.97.202.147,49589,25,TCP,....S.,0,2,1,52,background")
                .size(),
            1U);
}

TEST(FlowCsv, DatesOfTheirOwnAndFlagsOfBothSides) {
  FlowCsv csv(Profile::nfdump);
  read(csv,
       "\xef\xbb\xbf"
       "date,flow_start,durat,prot,src_ip_addr,src_port,dst_ip_addr,dst_port,flags,tos,packets,bytes,flows,label");
  auto flows = read(csv, "15/08/2011,16:56:09.949,2969,TCP,147.32.84.165,1272,67.195.168.31,25,S_,0,2,124,1,Botnet");
  ASSERT_EQ(flows.size(), 1U);
  EXPECT_EQ(to_string(flows[0].begin), "2011-08-15T16:56:09.949000Z");
  EXPECT_EQ(flows[0].end - flows[0].begin, milliseconds(2'969));
  EXPECT_EQ(flows[0].tcp_flags, 2);
  flows = read(csv, "15/08/2011,16:43:25.470,130,TCP,147.32.80.7,56435,147.32.84.19,25,_FSPA,0,13,1488,1,Background");
  ASSERT_EQ(flows.size(), 1U) << "only the other side said something";
  EXPECT_EQ(flows[0].source_port, 25);
  read(csv, "15/08/2011,16:43:38.969,4938,TCP,147.32.84.59,52978,74125232194,443,PA_,0,25,13797,1,LEGITIMATE",
       Broken::address);
  read(csv, "15/08/2011,26:43:38.969,4938,TCP,147.32.84.59,52978,1.2.3.4,443,PA_,0,25,13797,1,x", Broken::time);
  read(csv, "15/08/2011,16:43:38.969,-1,TCP,147.32.84.59,52978,1.2.3.4,443,PA_,0,25,13797,1,x", Broken::duration);
  read(csv, "15/08/2011,16:43:38.969,1,TCP,147.32.84.59,70000,1.2.3.4,443,PA_,0,25,13797,1,x", Broken::port);
  read(csv, "15/08/2011,16:43:38.969,1,TCP,147.32.84.59,52978,1.2.3.4,443,QQ,0,25,13797,1,x", Broken::flags);
  read(csv, "15/08/2011,16:43:38.969,1,TCP,147.32.84.59,52978,1.2.3.4,443,PA_,0,x,13797,1,x", Broken::packets);
  read(csv, "15/08/2011,16:43", Broken::columns);
}

TEST(FlowCsv, ArgusIsOneRecordOfBothDirections) {
  FlowCsv csv(Profile::argus);
  auto flows = read(
      csv, "2011/08/15 16:43:20.931,2.5,tcp,147.32.84.165,1272,   ->,192.0.2.1,25,S_RA,0,0,4,240,120,flow=From-Botnet");
  ASSERT_EQ(flows.size(), 2U);
  EXPECT_EQ(flows[0].tcp_flags, 2);
  EXPECT_EQ(flows[1].tcp_flags, 4 + 16);
  EXPECT_EQ(flows[1].source_port, 25);
  EXPECT_EQ(flows[0].packets, 2U);
  flows = read(csv, "2011/08/15 16:43:20.931,2.5,tcp,147.32.84.165,0x04f8,   ->,192.0.2.1,25,REQ,0,,1,60,60,x");
  ASSERT_EQ(flows.size(), 1U) << "nobody answered";
  EXPECT_EQ(flows[0].source_port, 0x4f8);
  EXPECT_TRUE(read(csv, "2011/08/15 16:43:20.931,2.5,arp,00:11:22:33:44:55,,who,192.0.2.1,,CON,,,1,60,60,x").empty());
}

TEST(FlowCsv, NfdumpWithItsSums) {
  FlowCsv csv(std::nullopt);
  read(csv, "ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt,opkt,obyt");
  EXPECT_EQ(read(csv,
                 "2011-08-15 16:43:20,2011-08-15 "
                 "16:43:21,1.000,2001:db8::1,2001:db8:2::1,4000,587,TCP,...AP.SF,0,0,12,900,0,0")
                .size(),
            1U);
  EXPECT_TRUE(read(csv, "Summary").empty());
  EXPECT_TRUE(read(csv, "flows,bytes,packets,avg_bps,avg_pps,avg_bpp").empty());
  EXPECT_TRUE(read(csv, "1,900,12,0,0,0").empty());
  FlowCsv nothing(std::nullopt);
  read(nothing, "1,2,3", Broken::header);
}

}  // namespace
}  // namespace postern::rehearse
