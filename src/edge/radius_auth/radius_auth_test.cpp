// SPDX-License-Identifier: Apache-2.0
#include "edge/radius_auth/radius_auth.h"

#include <gtest/gtest.h>

namespace postern::edge::radius_auth {
namespace {

class RadiusAuthTest : public ::testing::Test {
 protected:
  sys::HttpResponse ask(const std::string& query, const std::string& from = "127.0.0.1",
                        const std::string& path = "/v1/authorize") {
    return auth_.answer({.method = "GET", .path = path, .query = query, .peer = {*parse_ip(from), 4711}});
  }
  RadiusAuth auth_{{.allow = {*parse_prefix("127.0.0.0/8")},
                    .garden = {"Filter-Id = \"100% garden\"", "26.9.1 = \"ip:inacl=g\"", "Session-Timeout = 3600"}}};
};

TEST_F(RadiusAuthTest, UntilTheBrainSpokeNothingIsSaid) {
  EXPECT_EQ(ask("user=cust-1").status, 503);
  auth_.take({});
  EXPECT_EQ(ask("user=cust-1").status, 204);
  EXPECT_EQ(auth_.stats().no_list, 1U);
}

TEST_F(RadiusAuthTest, HeldLinesGetTheGarden) {
  auth_.take({"cust 1", "cust-2"});
  EXPECT_EQ(ask("user=cust-1").status, 204);
  const auto told = ask("user=cust+1");
  EXPECT_EQ(told.status, 200);
  EXPECT_EQ(told.body, R"({"reply:Class":{"op":":=","do_xlat":false,"value":["postern-garden"]},)"
                       R"("reply:Filter-Id":{"op":":=","do_xlat":false,"value":["100% garden"]},)"
                       R"("reply:Attr-26.9.1":{"op":":=","do_xlat":false,"value":["ip:inacl=g"]},)"
                       R"("reply:Session-Timeout":{"op":":=","do_xlat":false,"value":["3600"]}})");
  auth_.take({"cust-2"});
  EXPECT_EQ(ask("user=cust%201").status, 204);
}

TEST_F(RadiusAuthTest, StrangersAndNonsense) {
  auth_.take({"cust-1"});
  EXPECT_EQ(ask("user=cust-1", "192.0.2.1").status, 403);
  EXPECT_EQ(ask("").status, 400);
  EXPECT_EQ(ask("user=").status, 400);
  EXPECT_EQ(ask("user=" + std::string(254, 'x')).status, 400);
  EXPECT_EQ(ask("user=cust-1", "127.0.0.1", "/").status, 404);
}

}  // namespace
}  // namespace postern::edge::radius_auth
