// SPDX-License-Identifier: Apache-2.0
#include "wire/json.h"

#include <gtest/gtest.h>

#include "model/record.h"
#include "wire/json_convert.h"

namespace postern::wire {

TEST(Json, PrintsAndParsesBack) {
  Json v = Json::object({{"n", 7}, {"s", "a\"b\\c\n\x01ä"}, {"t", true}, {"none", nullptr}});
  v.set("list", Json::array());
  Json list = Json::array();
  list.push(1);
  list.push("x");
  v.set("list", list);
  EXPECT_EQ(v.dump(), R"({"n":7,"s":"a\"b\\c\n\u0001ä","t":true,"none":null,"list":[1,"x"]})");
  EXPECT_EQ(Json::parse(v.dump(), "x").value(), v);
  EXPECT_EQ(Json::parse(v.pretty(), "x").value(), v);
  EXPECT_EQ(Json::object({{"a", Json::object()}}).pretty(), "{\n  \"a\": {}\n}\n");
  EXPECT_EQ(v["n"].text(), "7");
  EXPECT_TRUE(v["nothing"]["at all"].is_null());
}

TEST(Json, BadTextHasLineAndColumn) {
  const auto bad = Json::parse("{\"a\":1,\n \"b\" 2}", "request body");
  ASSERT_FALSE(bad);
  EXPECT_TRUE(bad.error().where.starts_with("request body:2:")) << bad.error().where;
  EXPECT_FALSE(Json::parse("", "x"));
  EXPECT_FALSE(Json::parse("{\"a\":1,\"a\":2}", "x"));
  EXPECT_FALSE(Json::parse("1.5", "x"));
  EXPECT_FALSE(Json::parse("99999999999999999999", "x"));
  EXPECT_FALSE(Json::parse("\"\xff\"", "x"));
  EXPECT_FALSE(Json::parse("{} x", "x"));
  EXPECT_EQ(Json::parse(std::string(40, '[') + std::string(40, ']'), "x").error().code, Errc::limit);
  EXPECT_TRUE(Json::parse("\"" + std::string(40, '[') + "\"", "x"));
  EXPECT_EQ(Json::parse("[1,2,3]", "x", 4).error().code, Errc::limit);
}

TEST(Json, NounsByTheirFields) {
  model::Session s;
  s.id.value = 3;
  s.prefixes.value = {parse_prefix("192.0.2.0/24").value()};
  s.since = parse_time("2026-11-22T10:00:00Z").value();
  const Json j = to_json(s);
  EXPECT_EQ(j["id"], Json(3));
  EXPECT_TRUE(j["subscriber"].is_null());
  EXPECT_EQ(j["source"], Json("radius"));
  EXPECT_EQ(j["since"], Json("2026-11-22T10:00:00Z"));
  EXPECT_TRUE(j["until"].is_null());
  EXPECT_EQ(j["prefixes"].dump(), R"(["192.0.2.0/24"])");
  EXPECT_EQ(from_json<model::Session>(j, "x").value(), s);
  s.prefixes.erased = true;
  EXPECT_TRUE(to_json(s)["prefixes"].is_null());

  EXPECT_EQ(to_json(model::Stage::case_), Json("case"));
  model::CaseChanged changed;
  changed.case_.id.value = 9;
  EXPECT_EQ(to_json(changed)["case"]["id"], Json(9));
  EXPECT_EQ(to_json(minutes(10)), Json("10m"));
}

TEST(Json, ForeignValuesAreRefusedWithTheirPath) {
  const auto error = [](std::string_view text) {
    const auto v = from_json<std::vector<model::Subscriber>>(Json::parse(text, "x").value(), "rows");
    return v ? std::string("taken") : v.error().text();
  };
  EXPECT_EQ(error(R"([{"key":"a"},{"key":"b","contact":{"mail":"m"}}])"), "taken");
  EXPECT_TRUE(error(R"([{"key":"a"},{"key":7}])").starts_with("rows[1].key: this must be a text"));
  EXPECT_TRUE(error(R"([{"fixed":["192.0.2.1/24"]}])").starts_with("rows[0].fixed[0]: "));
  EXPECT_NE(error(R"([{"kee":"a"}])").find("known are: id, key, "), std::string::npos);
  EXPECT_TRUE(error(R"([{"id":-1}])").starts_with("rows[0].id: "));
  EXPECT_TRUE(error(R"({})").starts_with("rows: this must be a list"));
  EXPECT_EQ(from_json<model::Verdict>(Json("limited"), "v").value(), model::Verdict::limited);
  EXPECT_NE(from_json<model::Verdict>(Json("shut"), "v").error().text().find("open, limited"), std::string::npos);
}

}  // namespace postern::wire
