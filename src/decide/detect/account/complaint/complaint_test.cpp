// SPDX-License-Identifier: Apache-2.0
#include "decide/detect/account/complaint/complaint.h"

#include <gtest/gtest.h>

namespace postern::decide::detect::account::complaint {
namespace {

const model::ClassPolicy kClass;
const Time kNow = Time{} + days(20'000);

TEST(AccountComplaint, ReportersByDayAndTrapsOnce) {
  const Context context{kNow, &kClass};
  Detector::State state;
  model::Complaint c{.reporter = "a.example", .source = {}, .sent = kNow, .account = "erika"};
  EXPECT_EQ(Detector::see(state, c, context), 2'300);
  EXPECT_EQ(Detector::see(state, c, context), 0);
  c.sent = kNow + days(1);
  EXPECT_EQ(Detector::see(state, c, context), 2'300);
  const model::TrapHit trap{.trap = "x@isp.example", .source = {}, .sent = kNow, .account = "erika"};
  EXPECT_EQ(Detector::see(state, trap, context), 4'600);
  EXPECT_EQ(Detector::see(state, trap, context), 0);
  EXPECT_EQ(Detector::see(state, model::AccountUse{}, context), 0);
}

TEST(AccountComplaint, InWords) {
  const Entry complaint{.mnat = kWordMnat};
  const Entry trap{.mnat = kTrapMnat};
  EXPECT_EQ(Detector::explain(std::vector{complaint, trap, trap}, {}),
            "1 complaint of a receiver, 2 mails to trap addresses");
  EXPECT_EQ(Detector::explain({}, {}), "");
  EXPECT_EQ(Detector::note(trap), "mail to a trap address");
}

}  // namespace
}  // namespace postern::decide::detect::account::complaint
