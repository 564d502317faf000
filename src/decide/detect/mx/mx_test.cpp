// SPDX-License-Identifier: Apache-2.0
#include "decide/detect/mx/mx.h"

#include <gtest/gtest.h>

namespace postern::decide::detect::mx {
namespace {

TEST(Mx, NamesCountByWhatTheySay) {
  const model::ClassPolicy residential;
  const Context context{Time{1}, &residential};
  Detector::State state;
  EXPECT_EQ(Detector::see(state, model::MailLookup{{1}, {}, true, false}, context), 1'386);
  EXPECT_EQ(Detector::see(state, model::MailLookup{{1}, {}, true, true}, context), 2'772);
  EXPECT_EQ(Detector::see(state, model::MailLookup{{1}, {}, false, true}, context), 346);
  EXPECT_EQ(Detector::see(state, model::FirstContact{}, context), 0);
  EXPECT_EQ(Detector::see(state, model::MailLookup{{1}, {}, true, true}, {Time{1}, &residential, true}), 0);
}

TEST(Mx, DrainsThreeTimesTheNormalRate) {
  const model::ClassPolicy residential;
  const auto after = [&](Duration d) { return Detector::level({9'702, Time{1}}, {Time{1} + d, &residential}); };
  EXPECT_EQ(after({}), 9'702);
  EXPECT_EQ(after(seconds(600)), 6'702);
  EXPECT_EQ(after(days(4'000)), 0);
  EXPECT_EQ(after(seconds(-5)), 9'702);
}

}  // namespace
}  // namespace postern::decide::detect::mx
