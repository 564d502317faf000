// SPDX-License-Identifier: Apache-2.0
#include "model/record.h"

#include <gtest/gtest.h>

namespace postern::model {
namespace {

TEST(Record, EveryAlternativeRoundTrips) {
  Session session;
  session.prefixes.value = {parse_prefix("192.0.2.10/32").value()};
  Finding finding;
  finding.levels_mnat = {{"novelty", 9702}};
  finding.evidence = {
      {Time{5}, "novelty", 1386, 1386, parse_ip("198.51.100.1").value(), 25, Outcome::unknown, "first"}};
  Policy policy;
  policy.classes["unknown"] = {};
  for (const RecordBody& body :
       {RecordBody(PolicyRevision{3, policy}), RecordBody(SubscriberChanged{}), RecordBody(SubscriberErased{}),
        RecordBody(SessionChanged{session}), RecordBody(finding), RecordBody(CaseChanged{}), RecordBody(Order{}),
        RecordBody(Receipt{}), RecordBody(PermitChanged{}), RecordBody(OperatorAction{}), RecordBody(Checkpoint{})}) {
    const Record record{7, Time{9}, SubscriberId{1}, body};
    EXPECT_EQ(decode<Record>(encode(record)).value(), record) << kind_of(body);
  }
}

}  // namespace
}  // namespace postern::model
