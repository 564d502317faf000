// SPDX-License-Identifier: Apache-2.0
#include "bench/report.h"

#include <cstdio>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

namespace postern::bench {
namespace {

TEST(Summary, MedianAndQuartiles) {
  EXPECT_EQ(summarize({}).median, 0);
  EXPECT_EQ(summarize({7}).median, 7);
  EXPECT_EQ(summarize({7}).spread, 0);
  EXPECT_DOUBLE_EQ(summarize({5, 1, 3, 2, 4}).median, 3);
  EXPECT_DOUBLE_EQ(summarize({5, 1, 3, 2, 4}).spread, 1.0 / 3);
  EXPECT_DOUBLE_EQ(summarize({4, 1}).median, 2.5);
}

TEST(Interleave, DividesByTheNeighbours) {
  // The machine gets slower with every run; ours is always half of what the peer takes at that moment.
  double clock = 100;
  std::string order;
  const Row row = interleave(
      "x", "ns", 3, [&] { return order += 'A', (clock += 5) / 2; }, [&] { return order += 'B', clock += 5; });
  EXPECT_EQ(order, "BABABAB");
  ASSERT_TRUE(row.ratio);
  EXPECT_NEAR(*row.ratio, 0.5, 1e-9);
  EXPECT_NEAR(row.spread, 0, 1e-9);
}

TEST(Interleave, PeerOfZeroHasNoRatio) {
  const Row row = interleave("x", "ns", 2, [] { return 1.0; }, [] { return 0.0; });
  EXPECT_FALSE(row.ratio);
}

TEST(Json, OneObjectPerRow) {
  EXPECT_EQ(to_json({.name = "a\"b\n", .ours = 1.5, .reference = 3, .unit = "ns", .ratio = 0.5, .spread = 0.01}),
            R"({"name":"a\"b\u000a","ours":1.5,"reference":3,"unit":"ns","ratio":0.5,"spread":0.01})");
  EXPECT_EQ(to_json({.name = "n", .ours = 1, .reference = {}, .unit = "s", .ratio = {}, .spread = 0}),
            R"({"name":"n","ours":1,"reference":null,"unit":"s","ratio":null,"spread":0})");
}

TEST(Table, IsAligned) {
  const std::string table =
      to_table({{.name = "long.name", .ours = 12.34, .reference = 1000, .unit = "ns", .ratio = 0.0123, .spread = 0.5},
                {.name = "s", .ours = 1, .reference = {}, .unit = "s", .ratio = {}, .spread = 0}});
  EXPECT_EQ(table,
            "name       ours  reference  unit  ratio    spread\n"
            "long.name  12.3       1000  ns    0.012  +-50.0 %\n"
            "s          1.00          -  s         -   +-0.0 %\n");
}

TEST(Report, WritesJsonAndLeavesTheRest) {
  const std::string file = testing::TempDir() + "postern_bench_report.json";
  std::string arguments[] = {"bench", "--lines", "1000", "--json", file};
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  {
    Report report("title", "[--lines N]", static_cast<int>(argv.size()), argv.data());
    EXPECT_EQ(report.arguments(), (std::vector<std::string>{"--lines", "1000"}));
    report.add({.name = "one", .ours = 1, .reference = {}, .unit = "s", .ratio = {}, .spread = 0});
    EXPECT_EQ(report.finish(), 0);
  }
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(text, "{\"name\":\"one\",\"ours\":1,\"reference\":null,\"unit\":\"s\",\"ratio\":null,\"spread\":0}\n");
  EXPECT_EQ(std::remove(file.c_str()), 0);
}

TEST(Report, KnowsItsOptions) {
  EXPECT_TRUE(names_option("[--seeds N] [--quick]", "--seeds"));
  EXPECT_TRUE(names_option("[--seeds N] [--quick]", "--quick"));
  EXPECT_TRUE(names_option("[--no-forward | --only-forward]", "--no-forward"));
  EXPECT_FALSE(names_option("[--seeds N] [--quick]", "--seed"));
  EXPECT_FALSE(names_option("", "--seeds"));
  char program[] = "bench";
  char wrong[] = "--seed";
  char* argv[] = {program, wrong};
  EXPECT_EXIT(Report("title", "[--seeds N]", 2, argv), testing::ExitedWithCode(2),
              "no option --seed; there are: .*--seeds N");
}

}  // namespace
}  // namespace postern::bench
