// SPDX-License-Identifier: Apache-2.0
#include "cli/predicted.h"

#include <gtest/gtest.h>

namespace postern::cli {
namespace {

using wire::Json;

constexpr std::string_view kPredicted =
    R"({"subject":"cust-1","class":"residential","verdict":"block","score":14.200,"families":{"novelty":9.1}}
{"subject":"cust-2","class":"residential","verdict":"case","score":9.300,"explained":"\"verdict\":\"clear\""}

{"subject":"cust \"3\"","class":"residential","verdict":"clear","score":0.000}
)";

Json cases() {
  return Json::parse(
             R"([{"id":9,"subscriber_key":"cust-1","state":"restricted","grade":"block","opened":"2026-11-20T10:00:00Z"},
                 {"id":8,"subscriber_key":"cust \"3\"","state":"contacted","grade":"evidence","opened":"2026-11-19T10:00:00Z"},
                 {"id":7,"subscriber_key":"cust-1","state":"closed","grade":"question","opened":"2026-11-18T10:00:00Z"},
                 {"id":2,"subscriber_key":"cust-2","state":"closed","grade":"evidence","opened":"2026-10-01T10:00:00Z"}])",
             "t")
      .value();
}

TEST(Predicted, IsReadFromWhatRehearseWrites) {
  const auto read = read_predictions(kPredicted, "p.jsonl");
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 3U);
  EXPECT_EQ((*read)[1].line, "cust-2");
  EXPECT_EQ((*read)[1].verdict, "case");
  EXPECT_EQ((*read)[2].line, "cust \"3\"");
  const auto broken = read_predictions("{\"subject\":\"a\",\"verdict\":\"case\"}\n{\"subject\":\"a\"}\n", "p.jsonl");
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().where, "p.jsonl:2");
  EXPECT_FALSE(read_predictions("{\"subject\":\"a\\", "p.jsonl"));
}

TEST(Predicted, IsHeldAgainstWhatBecame) {
  const Json c = compared(*read_predictions(kPredicted, "p"), cases(), *parse_time("2026-11-01"));
  EXPECT_EQ(c["predicted"], Json(uint64_t{2}));
  EXPECT_EQ(c["became"], Json(uint64_t{2}));
  EXPECT_EQ(c["as_predicted"], Json(uint64_t{1}));
  EXPECT_EQ(c["no_case"], Json(uint64_t{1})) << "the case of cust-2 is older than the switch-on";
  EXPECT_EQ(c["not_predicted"], Json(uint64_t{1}));
  const auto& items = *c["items"].items();
  ASSERT_EQ(items.size(), 3U);
  EXPECT_EQ(items[0]["line"], Json("cust \"3\"")) << "what differs first";
  EXPECT_EQ(items[2]["case"], Json(9)) << "its newest";
  const std::string text = predicted_text(c);
  EXPECT_NE(text.find("2 lines were predicted to become cases, 2 lines became one."), std::string::npos) << text;
  EXPECT_NE(text.find("cust-2    case       -"), std::string::npos) << text;
  const Json all = compared(*read_predictions(kPredicted, "p"), cases(), {});
  EXPECT_EQ(all["as_predicted"], Json(uint64_t{2}));
}

}  // namespace
}  // namespace postern::cli
