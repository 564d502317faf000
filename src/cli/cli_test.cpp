// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "cli/client.h"
#include "cli/erase.h"
#include "cli/render.h"

namespace postern::cli {

using wire::Json;

TEST(Render, TablesAreAlignedAndClean) {
  const Json answer =
      Json::parse(
          R"({"items":[{"key":"cust-1","fixed":["192.0.2.0/24","2001:db8::/48"],"id":1},{"key":"x\u001b[2J"}],"more":true,"left":7,"next":2})",
          "t")
          .value();
  EXPECT_EQ(table(answer, {{"KEY", "key"}, {"N", "id"}, {"FIXED", "fixed"}}),
            "KEY     N  FIXED\n"
            "cust-1  1  192.0.2.0/24 2001:db8::/48\n"
            "x [2J   -  -\n"
            "7 more: --after 2\n");
  EXPECT_EQ(table(Json::object({{"items", Json::array()}}), {{"A", "a"}}), "none\n");
}

std::string csv_cell(const std::string& value) {
  Json items = Json::array();
  items.push(Json::object({{"v", value}}));
  const std::string out = csv(Json::object({{"items", items}}), {{"v", "v"}});
  EXPECT_TRUE(out.starts_with("\"v\"\r\n\"") && out.ends_with("\"\r\n")) << out;
  return out.substr(6, out.size() - 9);
}

// OWASP "CSV Injection": what begins a formula does not stand first, also not behind a blank or in its wide form.
TEST(Render, NoCellOfCsvIsAFormula) {
  for (const char* text : {"=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", " =1+1", "\t=1+1", "\r=1", "\uff1d1+1",
                           "+49 30 12345+A1", "+49=1", "+1"})
    EXPECT_TRUE(csv_cell(text).starts_with('\'')) << csv_cell(text);
  EXPECT_EQ(csv_cell("Ann \"A\" O'Hara"), "Ann \"\"A\"\" O'Hara");
  EXPECT_EQ(csv_cell("030 1234567"), "030 1234567");
}

// A telephone number opens as one: with its plus, and neither as a number nor as a sum.
TEST(Render, ATelephoneNumberStaysOne) {
  EXPECT_EQ(csv_cell("+49 30 1234567"), "+49 30 1234567");
  EXPECT_EQ(csv_cell("+49-30-1234567"), "+49 30 1234567");
  EXPECT_EQ(csv_cell("+49 (0)30 / 123 45-67"), "+49 30 123 45 67");
  EXPECT_EQ(csv_cell("+49301234567"), "+49 301234567");
  EXPECT_EQ(csv_cell("+15550100123"), "+1 5550100123");
  EXPECT_EQ(csv_cell("+3531234567"), "+353 1234567");
}

TEST(Render, FieldsIndentWhatIsInside) {
  const Json v = Json::parse(R"({"a":1,"long":null,"in":{"x":true},"list":[{"y":2,"z":3}],"none":[]})", "t").value();
  EXPECT_EQ(fields(v), "a     1\nlong  -\nin:\n  x  true\nlist:\n  - y  2\n    z  3\nnone  \n");
}

TEST(Render, AnExplanationReadsTopDown) {
  const Json v =
      Json::parse(R"({"answer":"closed","chain":[{"step":"order","at":null,"text":"order 9","record":4}]})", "t")
          .value();
  EXPECT_EQ(explanation(v), "closed\n\n-                            order        order 9  [record 4]\n");
}

TEST(Erase, SaysWhatGoesAndWhatStays) {
  const std::string text = what_erasing_does(
      Json::parse(
          R"({"subscriber":{"key":"cust\u001b1","id":7,"class_name":""},"sessions":[{"end":"open"},{"end":"stop"}],
                     "permits":[{"state":"revoked"},{"state":"active"},{"state":"active"}]})",
          "t")
          .value());
  EXPECT_NE(text.find("cust 1 (number 7, class the default)"), text.npos) << text;
  EXPECT_NE(text.find("1 live session, 2 active permits"), text.npos) << text;
  EXPECT_NE(text.find("Kept: the key cust 1"), text.npos) << text;
}

TEST(Client, CodesAndUnreachable) {
  EXPECT_EQ(exit_of(201), Exit::ok);
  EXPECT_EQ(exit_of(400), Exit::bad_input);
  EXPECT_EQ(exit_of(404), Exit::no);
  EXPECT_EQ(exit_of(503), Exit::try_again);
  EXPECT_EQ(escaped("a/b #1"), "a%2Fb%20%231");
  const auto nobody = call("/nonexistent/api.sock", {.path = "/v1/status"});
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, Errc::unavailable);
  EXPECT_EQ(error_line(Json::parse(R"({"error":{"code":"x","message":"m","where":"w","fix":"f"}})", "t").value(), 400),
            "postern: w: m (f)\n");
}

}  // namespace postern::cli
