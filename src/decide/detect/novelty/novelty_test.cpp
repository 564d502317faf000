// SPDX-License-Identifier: Apache-2.0
#include "decide/detect/novelty/novelty.h"

#include <gtest/gtest.h>

namespace postern::decide::detect::novelty {
namespace {

TEST(Novelty, DrainsThreeTimesTheNormalRate) {
  const model::ClassPolicy residential;
  const Level full{9'702, Time{1}};
  const auto after = [&](Duration d, bool declared = false) {
    return Detector::level(full, {Time{1} + d, &residential, declared, true});
  };
  EXPECT_EQ(after({}), 9'702);
  EXPECT_EQ(after(seconds(1)), 9'697);  // 3000 mnat per 600 s
  EXPECT_EQ(after(seconds(600)), 6'702);
  EXPECT_EQ(after(seconds(60), true), 6'702);
  EXPECT_EQ(after(days(4000)), 0);
  EXPECT_EQ(after(seconds(-5)), 9'702);
}

TEST(Novelty, ADeclaredServerDrainsAtThePaceItEarned) {
  const model::ClassPolicy residential;
  Context context{Time{1} + seconds(20), &residential, true};
  context.own_every = seconds(10);
  EXPECT_EQ(Detector::level({9'702, Time{1}}, context), 3'702);
  context.own_every = seconds(600);
  EXPECT_EQ(Detector::level({9'702, Time{1}}, context), 8'702) << "never slower than one a minute";
  context.declared_server = false;
  context.own_every = seconds(10);
  EXPECT_EQ(Detector::level({9'702, Time{1}}, context), 9'602) << "who declared nothing earns nothing";
}

TEST(Novelty, OnlyNewNetworksAdd) {
  const model::ClassPolicy residential;
  Detector::State state;
  EXPECT_EQ(Detector::see(state, model::FirstContact{}, {Time{1}, &residential, false, true}), 1'386);
  EXPECT_EQ(Detector::see(state, model::FirstContact{}, {Time{1}, &residential, false, false}), 0);
  model::FirstContact provider;
  provider.provider = true;
  EXPECT_EQ(Detector::see(state, provider, {Time{1}, &residential, false, true}), 0) << "everybody's mail client";
  Context walk{Time{1}, &residential};
  walk.walk = true;
  EXPECT_EQ(Detector::see(state, model::FirstContact{}, walk), 0) << "a further host of the same domain";
  EXPECT_EQ(Detector::see(state, model::LineSum{}, {Time{1}, &residential, false, true}), 0);
}

}  // namespace
}  // namespace postern::decide::detect::novelty
