// SPDX-License-Identifier: Apache-2.0
#include "decide/frame/walk.h"

#include <gtest/gtest.h>

namespace postern::decide::detect {
namespace {

constexpr Time kNoon{hours(12).us};

TEST(Walk, OneDomainsHostsAreOneAct) {
  Walk walk;
  walk.asked(kNoon);
  EXPECT_FALSE(walk.goes_on(kNoon)) << "the first host is the act";
  for (int64_t host = 1; host < 5; ++host) EXPECT_TRUE(walk.goes_on(kNoon + seconds(20 * host))) << host;
  EXPECT_FALSE(walk.goes_on(kNoon + seconds(110))) << "five hosts are the most that mail servers try";
}

TEST(Walk, EndsWithItsTime) {
  Walk walk;
  walk.asked(kNoon);
  EXPECT_FALSE(walk.goes_on(kNoon));
  EXPECT_TRUE(walk.goes_on(kNoon + minutes(2)));
  EXPECT_FALSE(walk.goes_on(kNoon + minutes(2) + seconds(1)));
}

TEST(Walk, WithoutAQuestionEachIsAnAct) {
  Walk walk;
  for (int64_t i = 0; i < 20; ++i) EXPECT_FALSE(walk.goes_on(kNoon + seconds(i)));
  // A question explains nothing that was before it.
  walk.asked(kNoon + minutes(1));
  EXPECT_FALSE(walk.goes_on(kNoon + seconds(59)));
  EXPECT_FALSE(walk.goes_on(kNoon + seconds(60))) << "the act itself";
  EXPECT_TRUE(walk.goes_on(kNoon + seconds(61)));
}

TEST(Walk, WhoAsksForEachDomainHasAsManyActs) {
  Walk walk;
  for (int64_t i = 0; i < 20; ++i) {
    walk.asked(kNoon + seconds(i));
    EXPECT_FALSE(walk.goes_on(kNoon + seconds(i)));
  }
  // Nor when the questions are heard first, and the contacts a minute later: a few are known to be walks at most.
  Walk late;
  for (int64_t i = 0; i < 20; ++i) late.asked(kNoon + seconds(i));
  int acts = 0;
  for (int64_t i = 0; i < 20; ++i) acts += late.goes_on(kNoon + seconds(i)) ? 0 : 1;
  EXPECT_EQ(acts, 20);
}

}  // namespace
}  // namespace postern::decide::detect
