// SPDX-License-Identifier: Apache-2.0
#include "cli/campaign/campaign.h"

#include <gtest/gtest.h>

namespace postern::cli {
namespace {

using enum model::AdviceText;

TEST(Campaign, RowsInTheirOrder) {
  const auto rows = read_campaign("line,advice\ncust-2,check\n\"cust,1\",relay\r\ncust-3,permit", "c.csv");
  ASSERT_TRUE(rows) << rows.error().text();
  EXPECT_EQ(*rows, (std::vector<CampaignRow>{{"cust-2", check}, {"cust,1", relay}, {"cust-3", permit}}));
  EXPECT_EQ(campaign_body({rows->at(0)}, "spring", true).dump(),
            R"({"name":"spring","send":true,"rows":[{"line":"cust-2","advice":"check"}]})");
}

TEST(Campaign, FaultsNameTheirPlace) {
  const auto fault = [](const std::string& text) { return read_campaign(text, "c.csv").error().text(); };
  EXPECT_EQ(fault("key,class\n"),
            "c.csv:1: is no campaign (the first line is line,advice; postern rehearse --campaign writes it)");
  EXPECT_EQ(fault("line,advice\ncust-1,tea\n"),
            "c.csv:2: names an advice that there is not (one of permit, relay, check)");
  EXPECT_EQ(fault("line,advice\n\n,relay\n"), "c.csv:3: is not a line's key and an advice (write KEY,ADVICE)");
  std::string many = "line,advice\n";
  for (size_t i = 0; i <= model::kCampaignRowsMax; ++i) many += "a,relay\n";
  EXPECT_EQ(fault(many), "c.csv: has more than 10000 rows (send it in parts)");
}

}  // namespace
}  // namespace postern::cli
