// SPDX-License-Identifier: Apache-2.0
#include "decide/detect/scan/scan.h"

#include <gtest/gtest.h>

namespace postern::decide::detect::scan {
namespace {

TEST(Scan, TwoStepsAreACaseAndAnHourHalves) {
  const model::ClassPolicy home;
  const Context context{Time{1}, &home};
  Detector::State state;
  EXPECT_EQ(Detector::see(state, model::PortScan{}, context), 4'605);
  EXPECT_GE(2 * kTenHostsMnat, 9'200);
  EXPECT_EQ(Detector::see(state, model::FirstContact{}, context), 0);
  EXPECT_EQ(Detector::level({9'210, Time{1}}, {Time{1} + hours(1), &home}), 4'605);
  Entry entry;
  entry.port = 445;
  entry.at = Time{1};
  EXPECT_EQ(Detector::explain(std::vector{entry, entry}, context),
            "20 hosts or more on port 445 that did not answer, within 1 min");
}

}  // namespace
}  // namespace postern::decide::detect::scan
