// SPDX-License-Identifier: Apache-2.0
#include "tell/api/api.h"

#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>

#include "wire/form.h"

namespace postern::tell::api {

namespace {
using wire::Json;

const Time kNow = parse_time("2026-11-22T12:00:00Z").value();

class FakeView : public View {
 public:
  model::Policy policy_;
  std::map<uint32_t, model::Subscriber> subscribers_;
  std::map<uint64_t, model::Session> sessions_;
  Status verdict_;

  const model::Policy& policy() const override { return policy_; }
  uint32_t revision() const override { return 3; }
  size_t lines() const override { return sessions_.size(); }
  Json status() const override { return Json::object({{"observations", 5}}); }
  const model::Subscriber* subscriber(model::SubscriberId id) const override {
    const auto found = subscribers_.find(id.value);
    return found == subscribers_.end() ? nullptr : &found->second;
  }
  const model::Subscriber* subscriber(std::string_view key) const override {
    for (const auto& [id, s] : subscribers_)
      if (s.key == key) return &s;
    return nullptr;
  }
  std::string_view class_of_line(model::SubscriberId id) const override {
    const model::Subscriber* s = subscriber(id);
    return s == nullptr ? std::string_view() : std::string_view(s->class_name);
  }
  void for_each_subscriber(const std::function<void(const model::Subscriber&)>& f) const override {
    for (const auto& [id, s] : subscribers_) f(s);
  }
  const model::Session* session(model::SessionId id) const override {
    const auto found = sessions_.find(id.value);
    return found == sessions_.end() ? nullptr : &found->second;
  }
  void for_each_session(const std::function<void(const model::Session&)>& f) const override {
    for (const auto& [id, s] : sessions_) f(s);
  }
  std::string_view class_of(const model::Session&) const override { return "residential"; }
  Json watch(model::SubscriberId, Time) const override { return {}; }
  Json account(std::string_view name, Time) const override {
    if (name != "erika@isp.example") return {};
    return Json::object({{"owner", "cust-1"}, {"state", "held"}, {"seen", "41 strangers"}});
  }
  void for_each_case(const std::function<void(const model::Case&)>& f) const override {
    for (const model::Case& c : cases_) f(c);
  }
  Json governor(Time) const override { return Json::object({{"stopped", false}}); }
  Status validate(const model::Observation&) const override { return verdict_; }
  std::vector<model::Case> cases_;
};

class ApiTest : public testing::Test {
 protected:
  std::string directory_ = [] {
    std::string form = (std::filesystem::temp_directory_path() / "postern-api-XXXXXX").string();
    return std::string(::mkdtemp(form.data()));
  }();
  store::Journal journal_ = store::Journal::open(directory_, store::MasterKey::of({})).value();
  FakeView view_;
  std::array<uint8_t, 32> secret_{1, 2, 3};
  tables::ReferenceKey references_{secret_};
  std::vector<model::Observation> commands_;
  Api api_{Parts{view_, journal_, references_, [this](model::Observation o) { return obey(std::move(o)); },
                 [](const model::Case&) { return std::string("please look at your devices"); },
                 [] { return Result<Json>(Json::object({{"attached", true}})); }, nullptr}};

  ~ApiTest() override { std::filesystem::remove_all(directory_); }

  void write(uint32_t subject, model::RecordBody body) {
    model::Record r;
    r.at = kNow - hours(1);
    r.subject.value = subject;
    r.body = std::move(body);
    ASSERT_TRUE(journal_.append({&r, 1}));
  }
  Result<Json> obey(model::Observation o) {
    commands_.push_back(o);
    if (auto* grant = std::get_if<model::GrantPermit>(&o.body)) {
      grant->permit.id.value = 1;
      write(grant->permit.subscriber.value, model::PermitChanged{grant->permit});
    }
    return Json::object({{"sequence", journal_.last_sequence()}});
  }
  Response call(const std::string& method, const std::string& path, const std::string& query = "", Json body = {}) {
    return api_.handle({method, path, wire::form_values(query), std::move(body), "ops", kNow});
  }
  std::string said(const Response& r) { return r.body.dump(); }

  // cust-1 was closed by class, knocked on seven networks, and has a case; cust-2 claims nothing.
  void a_case() {
    view_.policy_.classes["unknown"] = {};
    view_.policy_.classes["residential"] = {};
    for (uint32_t i : {1u, 2u}) {
      model::Subscriber s;
      s.id.value = i;
      s.key = "cust-" + std::to_string(i);
      s.contact.value.mail = s.key + "@example.net";
      view_.subscribers_[i] = s;
      write(i, model::SubscriberChanged{s});
    }
    model::Session session;
    session.id.value = 4;
    session.subscriber.value = 1;
    session.nas = "nas1";
    session.prefixes.value = {parse_prefix("192.0.2.7/32").value(), parse_prefix("2001:db8:7::/48").value()};
    session.since = kNow - hours(2);
    session.heard = kNow - minutes(1);
    view_.sessions_[4] = session;
    write(1, model::SessionChanged{session});
    write(0, model::PolicyRevision{3, view_.policy_});
    model::Order order;
    order.id.value = 9;
    order.subject.value = 1;
    order.session.value = 4;
    order.because = "class residential, policy revision 3";
    order.since = kNow - hours(2);
    write(1, order);
    write(1, model::Receipt{model::OrderId{9}, "gate", model::ReceiptState::in_force, "", kNow - hours(2)});
    model::Finding finding;
    finding.id.value = 2;
    finding.line.value = 1;
    finding.stage = model::Stage::case_;
    finding.score_mnat = 9'400;
    finding.first_contacts = 7;
    finding.at = kNow - minutes(5);
    finding.evidence = {{kNow - minutes(6), "novelty", 1'900, 9'400, parse_ip("198.51.100.5").value(), 25,
                         model::Outcome::unknown, "first contact with 198.51.100.0/24"}};
    write(1, finding);
    model::Case c;
    c.id.value = 1;
    c.line.value = 1;
    c.opened = kNow - minutes(5);
    c.changed = c.opened;
    c.findings = {model::FindingId{2}};
    c.score_mnat = 9'400;
    c.summary = "7 mail networks never contacted before";
    write(1, model::CaseChanged{c, "score"});
  }
  std::vector<std::string> steps(const Json& told) {
    std::vector<std::string> out;
    for (const Json& step : *told["chain"].items()) out.push_back(step["step"].text());
    return out;
  }
};
}  // namespace

TEST_F(ApiTest, ErrorsSayCodeWhereAndFix) {
  EXPECT_EQ(call("GET", "/nothing").status, 404);
  EXPECT_EQ(call("GET", "/v1/nothing").status, 404);
  EXPECT_EQ(call("PUT", "/v1/status").status, 400);
  const Response missing = call("GET", "/v1/subscribers/cust-9");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.body["error"]["code"], Json("not_found"));
  EXPECT_FALSE(missing.body["error"]["fix"].text().empty());
  EXPECT_EQ(call("GET", "/v1/permits", "limit=0").status, 400);
  EXPECT_EQ(call("GET", "/v1/sessions/who", "address=x").body["error"]["where"], Json("address"));
  EXPECT_EQ(call("POST", "/v1/gate/detach").status, 503);
  EXPECT_EQ(call("GET", "/v1/gate").body.dump(), "{\"attached\":true}");
}

TEST_F(ApiTest, Status) {
  a_case();
  const Response r = call("GET", "/v1/status");
  EXPECT_EQ(r.status, 200) << said(r);
  EXPECT_EQ(r.body["policy_revision"], Json(3));
  EXPECT_EQ(r.body["journal"]["cases_open"], Json(1));
  EXPECT_EQ(r.body["gate"]["attached"], Json(true));
}

TEST_F(ApiTest, ImportIsOneCommandOrAnErrorWithItsRow) {
  const auto body = [](const char* text) { return Json::parse(text, "t").value(); };
  const Response bad = call("POST", "/v1/subscribers", "", body(R"({"rows":[{"key":"a"},{"key":"b","fixed":["x"]}]})"));
  EXPECT_EQ(bad.status, 400);
  EXPECT_TRUE(bad.body["error"]["where"].text().starts_with("rows[1].fixed[0]")) << said(bad);
  EXPECT_EQ(call("POST", "/v1/subscribers", "", body(R"({"rows":[{"key":""}]})")).status, 400);
  EXPECT_EQ(call("POST", "/v1/subscribers", "", body("{}")).status, 400);
  EXPECT_TRUE(commands_.empty());
  const Response good = call("POST", "/v1/subscribers", "", body(R"({"file":"s.csv","rows":[{"id":7,"key":"a"}]})"));
  EXPECT_EQ(good.status, 201) << said(good);
  ASSERT_EQ(commands_.size(), 1u);
  const auto& import = std::get<model::ImportSubscribers>(commands_[0].body);
  EXPECT_EQ(import.operator_name, "ops");
  EXPECT_EQ(import.rows[0].key, "a");
  EXPECT_FALSE(import.rows[0].id);
}

TEST_F(ApiTest, AnImportInPartsThatStopsIsTold) {
  const auto send = [&](const char* text) {
    return call("POST", "/v1/subscribers", "", Json::parse(text, "t").value());
  };
  EXPECT_EQ(send(R"({"file":"s.csv","rows":[{"key":"a"},{"key":"b"}],"first":1,"total":3})").status, 201);
  const auto& part = std::get<model::ImportSubscribers>(commands_.back().body);
  EXPECT_EQ(part.first, 1u);
  EXPECT_EQ(part.total, 3u);
  const Response stopped = call("GET", "/v1/status");
  EXPECT_EQ(stopped.body["unfinished_import"]["rows_in"], Json(2)) << said(stopped);
  EXPECT_EQ(stopped.body["unfinished_import"]["file"], Json("s.csv"));
  EXPECT_EQ(send(R"({"file":"s.csv","rows":[{"key":"c"},{"key":"d"}],"first":3,"total":3})").status, 400);
  EXPECT_EQ(send(R"({"file":"s.csv","rows":[{"key":"c"}],"first":0,"total":3})").status, 400);
  EXPECT_EQ(send(R"({"file":"s.csv","rows":[{"key":"c"}],"first":3,"total":3})").status, 201);
  EXPECT_TRUE(call("GET", "/v1/status").body["unfinished_import"].is_null());
}

TEST_F(ApiTest, WhatTheEngineRefusesIsNoCommand) {
  a_case();
  view_.verdict_ = fail(Errc::conflict, "no", "x", "y");
  EXPECT_EQ(call("DELETE", "/v1/subscribers/cust-1").status, 409);
  EXPECT_TRUE(commands_.empty());
}

TEST_F(ApiTest, PermitsNeedTermsAndAnEnd) {
  a_case();
  const auto grant = [&](const char* text) { return call("POST", "/v1/permits", "", Json::parse(text, "t").value()); };
  EXPECT_EQ(grant(R"({"subscriber":"cust-1","for":"30d"})").body["error"]["where"], Json("terms_version"));
  EXPECT_EQ(grant(R"({"subscriber":"cust-1","terms_version":"1"})").body["error"]["where"], Json("expires"));
  EXPECT_EQ(grant(R"({"subscriber":"cust-9","terms_version":"1","for":"30d"})").status, 404);
  EXPECT_EQ(grant(R"({"subscriber":"cust-1","terms_version":"1","for":"30d","forr":1})").status, 400);
  EXPECT_EQ(grant(R"({"subscriber":"cust-1","terms_version":"1","expires":"2020-01-01"})").status, 400);
  EXPECT_TRUE(commands_.empty());
  const Response r =
      grant(R"({"subscriber":"cust-1","terms_version":"2026-1","for":"30d","limits":{"connections_per_min":30}})");
  EXPECT_EQ(r.status, 201) << said(r);
  EXPECT_EQ(r.body["permit"]["expires"], Json("2026-12-22T12:00:00Z"));
  EXPECT_EQ(r.body["permit"]["subscriber_key"], Json("cust-1"));
  // Said: 30; the rest is what a small office needs.
  EXPECT_EQ(r.body["permit"]["limits"].dump(),
            R"({"connections_per_min":30,"connections_burst":30,"networks_per_hour":120,"networks_burst":120})");
  EXPECT_EQ(call("GET", "/v1/permits").body["items"].items()->size(), 1u);
  EXPECT_EQ(call("GET", "/v1/permits", "subscriber=cust-2").body["items"].items()->size(), 0u);
  EXPECT_EQ(call("DELETE", "/v1/permits/1", "why=abuse%20seen").status, 200);
  EXPECT_EQ(std::get<model::RevokePermit>(commands_.back().body).why, "abuse seen");
  EXPECT_EQ(call("DELETE", "/v1/permits/2").status, 404);
}

TEST_F(ApiTest, WhoHadAnAddress) {
  a_case();
  EXPECT_EQ(call("GET", "/v1/sessions/who", "address=192.0.2.7").body["answer"], Json("found"));
  EXPECT_EQ(call("GET", "/v1/sessions/who", "address=2001:db8:7:1::1").body["sessions"].items()->front()["name"],
            Json("cust-1"));
  EXPECT_EQ(call("GET", "/v1/sessions/who", "address=192.0.2.7&at=2026-11-22T09:00:00Z").body["answer"],
            Json("nobody"));
  model::Session other = view_.sessions_[4];
  other.id.value = 5;
  other.subscriber.value = 2;
  write(2, model::SessionChanged{other});
  const Response r = call("GET", "/v1/sessions/who", "address=192.0.2.7");
  EXPECT_EQ(r.body["answer"], Json("ambiguous"));
  EXPECT_EQ(r.body["sessions"].items()->size(), 2u);
}

TEST_F(ApiTest, ExplainTellsTheChainByAddressIdAndReference) {
  a_case();
  const std::vector<std::string> whole{"session", "policy", "observation", "finding", "case", "order", "receipt"};
  const auto ask = [&](const std::string& what) { return call("GET", "/v1/explain", "what=" + what); };
  const Response address = ask("192.0.2.7");
  EXPECT_EQ(address.status, 200) << said(address);
  EXPECT_EQ(steps(address.body), whole);
  EXPECT_NE(address.body["answer"].text().find("port 25 is closed and every attempt is told why, because class "
                                               "residential, policy revision 3; gate says in_force"),
            std::string::npos)
      << address.body["answer"].text();
  EXPECT_EQ(steps(ask("2001:db8:7::9").body), whole);
  EXPECT_EQ(steps(ask("cust-1").body), whole);
  EXPECT_EQ(steps(ask("case:1").body), whole);
  EXPECT_EQ(steps(ask("session:4").body), whole);
  EXPECT_EQ(steps(ask("order%209").body), (std::vector<std::string>{"session", "order", "receipt"}));
  EXPECT_EQ(steps(ask("finding:2").body), (std::vector<std::string>{"observation", "finding"}));
  const std::string reference =
      references_.make({model::SubscriberId{1}, model::Reason::class_policy, 3, kNow.unix_day()});
  const Response by_reference = ask(reference);
  EXPECT_EQ(by_reference.status, 200) << said(by_reference);
  EXPECT_EQ(steps(by_reference.body).front(), "reference");
  EXPECT_EQ(steps(by_reference.body).size(), whole.size() + 2);
  const std::string both = by_reference.body["answer"].text();
  EXPECT_TRUE(
      both.starts_with("on 2026-11-22: refused, reason class_policy, policy revision 3 (in force since "
                       "2026-11-22T11:00:00Z); order 9: explain because class residential"))
      << both;
  EXPECT_NE(both.find("; now: cust-1 (on line): port 25 is closed"), both.npos) << both;
  const std::string old =
      references_.make({model::SubscriberId{1}, model::Reason::class_policy, 2, kNow.unix_day() - 9});
  const std::string unknown = ask(old).body["answer"].text();
  EXPECT_TRUE(
      unknown.starts_with("on 2026-11-13: refused, reason class_policy, policy revision 2 (not in this journal); "
                          "no order of the line that old"))
      << unknown;
  const std::string gone = references_.make({model::SubscriberId{7}, model::Reason::class_policy, 3, kNow.unix_day()});
  EXPECT_TRUE(ask(gone).body["answer"].text().ends_with("; now: the line is gone"));
  EXPECT_EQ(steps(ask("192.0.2.99").body), (std::vector<std::string>{"policy"}));
  EXPECT_EQ(ask("case:7").status, 404);
  EXPECT_EQ(ask("nobody-knows").status, 404);
  EXPECT_EQ(ask("").status, 400);
}

// What was seen of an account, step by step, as of a line; also the account that only a person touched, or nobody.
TEST_F(ApiTest, ExplainTellsOfAMailAccountWhatItsHoldRestsOn) {
  model::AccountChanged held;
  held.account.id = model::account_id("erika@isp.example");
  held.account.owner.value = 1;
  held.account.state = model::AccountState::held;
  held.account.because = "12 recipients it never wrote to";
  held.finding.id.value = 7;
  held.finding.at = kNow - hours(2);
  held.finding.score_mnat = 12'300;
  held.finding.stage = model::Stage::case_;
  held.finding.evidence = {{kNow - hours(2), "recipients", 1'386, 2'772, parse_ip("198.51.100.0").value(), 0,
                            model::Outcome::unknown, "a recipient it never wrote to"},
                           {kNow - hours(2), "delivery", 2'100, 2'100, {}, 0, model::Outcome::failure, "no such user"}};
  held.why = "held: 12 recipients it never wrote to";
  write(1, held);
  held.finding = {};
  held.why = "hook: sent";
  write(1, held);
  const auto ask = [&](const std::string& what) { return call("GET", "/v1/explain", "what=" + what); };
  const Response told = ask("Erika@isp.example");
  EXPECT_EQ(told.status, 200) << said(told);
  EXPECT_EQ(steps(told.body),
            (std::vector<std::string>{"observation", "observation", "finding", "account", "account"}));
  EXPECT_EQ(told.body["answer"].text(),
            "erika@isp.example, mail account of cust-1: held, because 12 recipients it never wrote to; seen now: 41 "
            "strangers");
  const std::string text = said(told);
  for (const char* part : {"recipients: a recipient it never wrote to; from 198.51.100.0/24: +1.3 = 2.7",
                           "delivery: no such user: +2.1 = 2.1", "score 12.3"})
    EXPECT_NE(text.find(part), text.npos) << part << "\n" << text;
  EXPECT_EQ(steps(ask("account:erika@isp.example").body).size(), 5u);
  EXPECT_EQ(ask("otto@isp.example").status, 404);
}

TEST_F(ApiTest, SubscriberShowAndListsPage) {
  a_case();
  const Response one = call("GET", "/v1/subscribers/cust-1");
  EXPECT_EQ(one.body["subscriber"]["contact"]["mail"], Json("cust-1@example.net"));
  EXPECT_EQ(one.body["sessions"].items()->size(), 1u);
  EXPECT_EQ(one.body["cases"].items()->size(), 1u);
  EXPECT_EQ(call("GET", "/v1/subscribers/#2").body["subscriber"]["key"], Json("cust-2"));
  const Response page = call("GET", "/v1/subscribers", "limit=1");
  EXPECT_EQ(page.body["more"], Json(true));
  EXPECT_EQ(page.body["left"], Json(1));
  EXPECT_EQ(page.body["next"], Json(1));
  EXPECT_TRUE(call("GET", "/v1/subscribers", "limit=1&after=1").body["next"].is_null());
  EXPECT_EQ(call("GET", "/v1/subscribers", "limit=1&after=1").body["items"].items()->front()["key"], Json("cust-2"));
  EXPECT_EQ(call("GET", "/v1/cases/1").body["history"].items()->size(), 1u);
  EXPECT_EQ(call("GET", "/v1/sessions").body["items"].items()->size(), 1u);
}

TEST_F(ApiTest, PagesOfTheJournalMeetWithoutGapOrRepetition) {
  a_case();
  for (uint64_t i = 2; i <= 5; ++i) {
    model::Case c;
    c.id.value = i;
    c.line.value = 1 + i % 2;
    write(c.line.value, model::CaseChanged{c, "score"});
    model::Session s = view_.sessions_[4];
    s.id.value = 10 + i;
    s.since = kNow - hours(static_cast<int64_t>(i) * 3 / 2);
    write(1, model::SessionChanged{s});
  }
  const auto walk = [&](const std::string& path, const std::string& query) {
    std::vector<std::string> ids;
    std::string after = query + "&limit=2";
    for (int round = 0; round < 9; ++round) {
      const Response r = call("GET", path, after);
      EXPECT_EQ(r.status, 200) << said(r);
      for (const Json& item : *r.body["items"].items()) ids.push_back(item["id"].text());
      if (r.body["more"] != Json(true)) break;
      after = query;
      after += "&limit=2&after=" + r.body["next"].text();
    }
    return ids;
  };
  EXPECT_EQ(walk("/v1/cases", ""), (std::vector<std::string>{"5", "4", "3", "2", "1"}));
  EXPECT_EQ(walk("/v1/cases", "subscriber=cust-1"), (std::vector<std::string>{"4", "2", "1"}));
  // The newest first by when they began; 4 and 11 … are an hour and more apart.
  EXPECT_EQ(walk("/v1/sessions", "subscriber=cust-1"), (std::vector<std::string>{"4", "12", "13", "14", "15"}));
  EXPECT_EQ(walk("/v1/sessions", "all=1"), (std::vector<std::string>{"15", "14", "13", "12", "4"}));
  EXPECT_EQ(call("GET", "/v1/sessions", "all=1&subscriber=cust-1").status, 400);
  EXPECT_EQ(call("GET", "/v1/sessions", "subscriber=cust-1&after=99").status, 404);
  EXPECT_EQ(call("GET", "/v1/cases", "after=x").status, 400);
}
TEST_F(ApiTest, OrdersForSeveralCasesAreCarriedOutOneByOne) {
  a_case();
  const Response r = call("POST", "/v1/cases/1,2/release", "", Json::object({{"text", "false alarm"}}));
  ASSERT_EQ(r.status, 201) << said(r);
  EXPECT_EQ(r.body["done"], Json(2));
  ASSERT_EQ(commands_.size(), 1U) << "one action in the audit";
  const auto& both = std::get<model::CasesCommand>(commands_[0].body);
  EXPECT_EQ(both.cases, (std::vector<model::CaseId>{{1}, {2}}));
  EXPECT_EQ(both.which, "");
  EXPECT_EQ(both.order.verb, model::CaseVerb::release);
  EXPECT_EQ(both.order.text, "false alarm");
  view_.verdict_ = fail(Errc::conflict, "the line is not restricted");
  const Response no = call("POST", "/v1/cases/1,2/release");
  EXPECT_EQ(no.body["refused"], Json(2));
  EXPECT_EQ(commands_.size(), 1U);
  EXPECT_EQ(call("POST", "/v1/cases/1,x/release").status, 400);
  EXPECT_EQ(call("POST", "/v1/cases/1,2/repent").status, 404);
}

TEST_F(ApiTest, EveryVerbReachesTheEngine) {
  a_case();
  for (const std::string_view verb : model::pn_names_of_CaseVerb) {
    const Json body = Json::object({{"text", "because"}, {"for", "48h"}, {"says", "disputes"}});
    const Response r = call("POST", "/v1/cases/1/" + std::string(verb), "", body);
    ASSERT_EQ(r.status, 201) << verb << said(r);
    const auto& o = std::get<model::CaseCommand>(commands_.back().body);
    EXPECT_EQ(to_string(o.verb), verb);
    EXPECT_EQ(o.operator_name, "ops");
    EXPECT_EQ(o.says,
              o.verb == model::CaseVerb::says ? model::CustomerStatus::disputes : model::CustomerStatus::silent);
    EXPECT_EQ(o.until, o.verb == model::CaseVerb::extend ? kNow + hours(48) : Time{});
  }
  EXPECT_EQ(call("POST", "/v1/cases/1/says", "", Json::object({{"says", "nonsense"}})).status, 400);
}

TEST_F(ApiTest, OpenCasesAreFoundByWhatTheyAre) {
  model::Case c;
  for (const auto& [id, state] : {std::pair(1, model::CaseState::contacted), std::pair(2, model::CaseState::restricted),
                                  std::pair(3, model::CaseState::restricted)}) {
    c.id.value = static_cast<uint64_t>(id);
    c.state = state;
    c.customer = id == 3 ? model::CustomerStatus::disputes : model::CustomerStatus::silent;
    view_.cases_.push_back(c);
  }
  EXPECT_EQ(call("GET", "/v1/cases", "state=restricted").body["items"].items()->size(), 2U);
  const Response one = call("GET", "/v1/cases", "state=restricted&customer=disputes");
  ASSERT_EQ(one.body["items"].items()->size(), 1U) << said(one);
  EXPECT_EQ(one.body["items"].items()->front()["id"], Json(3));
  EXPECT_EQ(call("GET", "/v1/cases", "state=gone").status, 400);
}

TEST_F(ApiTest, AFilterNamesManyAndTheAuditHasOneOrder) {
  view_.policy_.classes["residential"] = view_.policy_.classes["business"] = {};
  model::Case c;
  for (uint32_t id = 1; id <= 4; ++id) {
    view_.subscribers_[id].class_name = id == 4 ? "business" : "residential";
    c.id.value = id;
    c.line.value = id;
    c.state = id == 1 ? model::CaseState::contacted : model::CaseState::restricted;
    view_.cases_.push_back(c);
    write(id, model::CaseChanged{c, "test"});
  }
  const auto order = [&](Json where) {
    return call("POST", "/v1/cases/where/release", "", Json::object({{"text", "false alarm"}, {"where", where}}));
  };
  const Response done = order(Json::object({{"state", "restricted"}, {"class", "residential"}}));
  ASSERT_EQ(done.status, 201) << said(done);
  EXPECT_EQ(done.body["done"], Json(2));
  EXPECT_EQ(done.body["items"].items()->front()["id"], Json(2));
  ASSERT_EQ(commands_.size(), 1U);
  const auto& o = std::get<model::CasesCommand>(commands_[0].body);
  EXPECT_EQ(o.cases, (std::vector<model::CaseId>{{2}, {3}}));
  EXPECT_EQ(o.which, "state=restricted,class=residential");
  EXPECT_EQ(o.order.verb, model::CaseVerb::release);
  EXPECT_EQ(order(Json::object({{"state", "opened"}})).status, 404);
  EXPECT_EQ(order(Json::object({{"class", "gone"}})).status, 400);
  EXPECT_EQ(order({}).status, 400);
  // What none may do is said for each, and nothing is ordered.
  view_.verdict_ = fail(Errc::conflict, "not now");
  const Response refused = call("POST", "/v1/cases/2,3/release");
  EXPECT_EQ(refused.body["refused"], Json(2)) << said(refused);
  EXPECT_EQ(commands_.size(), 1U);
}

TEST_F(ApiTest, NotesAreReadWhetherSealedOrNot) {
  model::Case c;
  c.id.value = 1;
  c.line.value = 1;
  write(1, model::CaseChanged{c, "test"});
  write(1, model::CaseNote{c.id, "old", "from before"});
  write(1, model::CaseNoted{c.id, "ops", {"called twice"}});
  const Response shown = call("GET", "/v1/cases/1");
  const auto* notes = shown.body["notes"].items();
  ASSERT_EQ(notes->size(), 2U);
  EXPECT_EQ(notes->at(0)["text"], Json("called twice"));
  EXPECT_EQ(notes->at(1)["text"], Json("from before"));
}

}  // namespace postern::tell::api
