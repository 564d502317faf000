// SPDX-License-Identifier: Apache-2.0
#include "edge/relay/judge.h"

#include <algorithm>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <tuple>

namespace postern::edge::relay {
namespace {

const Time kAt{1'796'000'400'000'000};
const Prefix kNet4 = parse_prefix("10.64.0.0/16").value();
const Prefix kNet6 = parse_prefix("2001:db8:100::/40").value();
const fold::PortBlocks kBlocks{.outside = parse_prefix("198.51.100.1/32").value(),
                               .inside = parse_prefix("100.64.0.0/29").value(),
                               .first_port = 1'024,
                               .ports = 8'000};

Limits limits(uint32_t messages, uint32_t recipients, uint32_t kilobytes, uint32_t domains) {
  Limits out{.invalid_percent = 30, .recipients_per_message = 5};
  out.most[0] = {messages, recipients, kilobytes, 0, domains};
  return out;
}

class JudgeTest : public testing::Test {
 protected:
  JudgeTest()
      : memory_(SharedMemory::make("judge-test").value()),
        meters_(Meters::open(memory_, {.meters_max = 64, .messages_max = 64}, {5}).value()) {
    make();
  }
  void make() {
    judge_ = std::make_unique<Judge>(config_, meters_, [this](const IpAddress& a) -> std::optional<model::LineEntry> {
      if (!published_) return std::nullopt;
      for (const auto& [prefix, entry] : lines_)
        if (prefix.contains(a)) return entry;
      return model::LineEntry{};
    });
  }
  void line(const char* prefix, uint32_t number, model::Reason reason = model::Reason::class_policy) {
    model::LineEntry e;
    e.prefix = parse_prefix(prefix).value();
    e.line = {number};
    e.class_name = "residential";
    e.reason = reason;
    lines_.emplace_back(e.prefix, e);
  }
  static Ask ask(const char* client, std::string_view message, std::string_view recipient = "a@far.example") {
    return {.client = parse_ip(client).value(), .port = 587, .account = {}, .recipient = recipient, .message = message};
  }
  Rule rcpt(const Ask& a, Time at = kAt) { return judge_->recipient(a, at).rule; }
  uint32_t used(uint64_t key, Quantity q) {
    Meter* m = meters_.find(key);
    return m == nullptr ? 0 : m->used(Window::hour, q, static_cast<uint32_t>(kAt.unix_seconds()));
  }
  uint32_t of_line(uint32_t number, Quantity q) { return used(judge_->key_of_line(number), q); }

  Config config_{.provider = "Lab ISP",
                 .url = "https://help.example",
                 .relay_host = "relay.example",
                 .subscriber_prefixes = {kNet4, kNet6},
                 .trusted = {parse_prefix("192.0.2.20").value()},
                 .classes = {{"residential", limits(3, 10, 100, 4)}},
                 .otherwise = limits(1, 1, 1, 1),
                 .account = limits(2, 8, 50, 4)};
  sys::Fd memory_;
  Meters meters_;
  std::vector<std::pair<Prefix, model::LineEntry>> lines_;
  bool published_ = true;
  std::unique_ptr<Judge> judge_;
};

TEST_F(JudgeTest, WhoMaySend) {
  line("10.64.0.7/32", 7);
  line("2001:db8:107::/48", 7);
  EXPECT_EQ(rcpt(ask("10.64.0.7", "i1")), Rule::passes);
  EXPECT_EQ(rcpt(ask("2001:db8:107::5", "i2")), Rule::passes);
  EXPECT_EQ(of_line(7, Quantity::messages), 2U) << "both families are one line";
  EXPECT_EQ(rcpt(ask("10.64.0.8", "i3")), Rule::no_session);
  EXPECT_EQ(rcpt(ask("198.51.100.9", "i4")), Rule::auth_needed);
  EXPECT_EQ(rcpt(ask("2001:db8:ffff::1", "i5")), Rule::auth_needed);
  EXPECT_EQ(rcpt(ask("192.0.2.20", "i6")), Rule::trusted);
  EXPECT_EQ(rcpt(ask("::1", "i7")), Rule::trusted);
  Ask nobody = ask("10.64.0.7", "i8");
  nobody.client = {};
  EXPECT_EQ(rcpt(nobody), Rule::auth_needed) << "an address that cannot be read is off-net";
  lines_.front().second.expires = kAt;
  EXPECT_EQ(rcpt(ask("10.64.0.7", "i9")), Rule::no_session);
  published_ = false;
  EXPECT_EQ(rcpt(ask("10.64.0.8", "i10")), Rule::unmetered) << "no table at all: limits fail open";
  EXPECT_EQ(rcpt(ask("198.51.100.9", "i11")), Rule::auth_needed);
}

TEST_F(JudgeTest, Accounts) {
  line("10.64.0.7/32", 7);
  Ask a = ask("198.51.100.9", "i1");
  a.account = "Owner@isp.example";
  EXPECT_EQ(rcpt(a), Rule::tls_needed);
  a.tls = true;
  EXPECT_EQ(rcpt(a), Rule::passes);
  a.client = parse_ip("10.64.0.7").value();
  a.message = "i2";
  a.account = "owner@ISP.example";
  EXPECT_EQ(rcpt(a), Rule::passes);
  EXPECT_EQ(used(judge_->key_of_account("OWNER@isp.example"), Quantity::messages), 2U);
  EXPECT_EQ(of_line(7, Quantity::messages), 1U) << "on-net both are metered";
  a.message = "i3";
  const Answer over = judge_->recipient(a, kAt);
  EXPECT_EQ(over.rule, Rule::over);
  EXPECT_TRUE(over.of_account);
  EXPECT_EQ(of_line(7, Quantity::messages), 1U) << "what was refused is not counted";
}

TEST_F(JudgeTest, BehindANatByFormula) {
  line("100.64.0.3/32", 3);
  line("2001:db8:f0:34::/64", 4);
  config_.nats = {{{kBlocks},
                   {{.outside = parse_prefix("198.51.100.2/32").value(),
                     .inside = parse_prefix("2001:db8:f0::/56").value(),
                     .ea_bits = 8,
                     .psid_offset = 6}}},
                  nullptr,
                  {}};
  make();
  const auto behind = [](const char* address, uint16_t port, std::string_view message) {
    Ask a = ask(address, message);
    a.client_port = port;
    return a;
  };
  EXPECT_EQ(rcpt(behind("198.51.100.1", 1'024 + 3 * 8'000, "i1")), Rule::passes);
  EXPECT_EQ(of_line(3, Quantity::messages), 1U);
  EXPECT_EQ(rcpt(behind("198.51.100.1", 1'024 + 2 * 8'000, "i2")), Rule::no_session) << "a line that is not online";
  EXPECT_EQ(rcpt(behind("198.51.100.1", 100, "i3")), Rule::shared) << "nobody's port";
  const Answer shared = judge_->recipient(behind("198.51.100.1", 0, "i4"), kAt);
  EXPECT_EQ(shared.rule, Rule::shared) << "no port told";
  EXPECT_EQ(judge_->reply(shared, kAt).code, 450);
  EXPECT_EQ(rcpt(behind("198.51.100.2", 0x04d0, "i5")), Rule::passes) << "a port set: bits 6 to 13 are 0x34";
  EXPECT_EQ(of_line(4, Quantity::messages), 1U);
  EXPECT_EQ(judge_->stats().behind_nat, 2U);
  EXPECT_EQ(judge_->stats().shared, 2U);
  EXPECT_EQ(meters_.used(), 2U) << "nobody else's limits were touched";
  published_ = false;
  EXPECT_EQ(rcpt(behind("198.51.100.1", 100, "i6")), Rule::unmetered) << "no table at all: limits fail open";
}

TEST_F(JudgeTest, AccountsBehindANat) {
  line("100.64.0.3/32", 3);
  config_.nats = {{{kBlocks}, {}}, nullptr, {}};
  config_.honey_accounts = {"bait"};
  make();
  Ask a = ask("198.51.100.1", "i1");
  a.tls = true;
  a.account = "bait";
  a.client_port = 100;
  EXPECT_EQ(rcpt(a), Rule::held);
  a.account = "owner";
  a.client_port = 1'024 + 3 * 8'000;
  EXPECT_EQ(rcpt(a), Rule::passes);
  a.client_port = 100;
  a.message = "i2";
  EXPECT_EQ(rcpt(a), Rule::passes) << "whose line it is, is not known; the account is";
  EXPECT_EQ(of_line(3, Quantity::messages), 1U);
  auto uses = judge_->uses().take(9);
  std::ranges::sort(uses, {}, [](const model::AccountUse& u) { return to_string(u.source); });
  ASSERT_EQ(uses.size(), 2U);
  EXPECT_EQ(to_string(uses[0].source), "100.64.0.3") << "the line's own address";
  EXPECT_EQ(uses[0].line.value, 3U);
  EXPECT_EQ(to_string(uses[1].source), "198.51.100.1");
  EXPECT_EQ(uses[1].line.value, 0U);
  EXPECT_FALSE(uses[0].honey || uses[1].honey) << "nobody is suspect for an address that lines share";
}

TEST_F(JudgeTest, BehindANatThatLogs) {
  line("100.64.0.3/32", 3);
  line("100.64.0.4/32", 4);
  const IpAddress outside = parse_ip("198.51.100.1").value();
  const Endpoint relay{parse_ip("203.0.113.25").value(), 587};
  fold::NatLog log({Prefix::host(outside)}, 16);
  const auto given = [&](uint32_t n, uint16_t port, const Endpoint& to, Time at) {
    return log.see({.at = at,
                    .protocol = 6,
                    .inside = IpAddress::v4(0x64400000U + n),
                    .outside = outside,
                    .first_port = port,
                    .last_port = port,
                    .exporter = parse_ip("10.0.0.1").value(),
                    .to = to});
  };
  config_.nats = {{}, &log, seconds(4)};
  config_.relay = {Prefix::host(relay.address)};
  make();
  const auto at_port = [](uint16_t port, std::string_view message) {
    Ask a = ask("198.51.100.1", message);
    a.client_port = port;
    return a;
  };
  ASSERT_TRUE(given(3, 5'000, relay, kAt - seconds(2)));
  ASSERT_TRUE(given(4, 5'000, {parse_ip("192.0.2.9").value(), 443}, kAt - seconds(1)));
  EXPECT_EQ(rcpt(at_port(5'000, "i1")), Rule::passes) << "told apart by where it goes";
  EXPECT_EQ(of_line(3, Quantity::messages), 1U);
  EXPECT_EQ(rcpt(at_port(5'001, "i2")), Rule::shared) << "not logged, or not yet";
  ASSERT_TRUE(given(4, 5'000, {relay.address, 25}, kAt));
  EXPECT_EQ(rcpt(at_port(5'000, "i3")), Rule::shared) << "two candidates";
  ASSERT_TRUE(given(4, 6'000, relay, kAt - seconds(60)));
  log.lost({parse_ip("10.0.0.1").value(), kAt - seconds(30), kAt - seconds(20)});
  EXPECT_EQ(rcpt(at_port(6'000, "i4")), Rule::shared) << "a gap in the log";
  EXPECT_EQ(of_line(4, Quantity::messages), 0U);
}

TEST_F(JudgeTest, AuthOnPort25) {
  Ask a = ask("198.51.100.9", "i1");
  a.account = "owner";
  a.tls = true;
  a.port = 25;
  EXPECT_EQ(rcpt(a), Rule::passes);
  EXPECT_EQ(rcpt(a), Rule::passes);
  EXPECT_EQ(meters_.find(judge_->key_of_account("owner"))->auth_on_25, 1U) << "one message";
  auto told = judge_->uses().take_limits();
  ASSERT_EQ(told.size(), 1U) << "its owner, once a day";
  EXPECT_EQ(told[0].account, "owner");
  EXPECT_EQ(told[0].what, "auth_on_25");
  EXPECT_EQ(told[0].percent, 0U);
  config_.refuse_auth_on_25 = true;
  make();
  a.message = "i2";
  EXPECT_EQ(rcpt(a), Rule::auth_on_25);
  EXPECT_NE(judge_->reply(judge_->recipient(a, kAt), kAt).text.find("relay.example, port 587"), std::string::npos);
  EXPECT_EQ(judge_->recipient(a, kAt + hours(24)).rule, Rule::auth_on_25);
  a.account = "erika@isp";
  judge_->hold({"erika@isp"});
  EXPECT_EQ(rcpt(a), Rule::auth_on_25);
  told = judge_->uses().take_limits();
  ASSERT_EQ(told.size(), 2U) << "on each day, and nobody who has a held account";
  EXPECT_EQ(told[1].percent, 100U);
}

TEST_F(JudgeTest, EachLimit) {
  line("10.64.0.7/32", 7);
  const auto nth = [](int n) { return fmt::format("u{}@d{}.example", n, n % 3); };
  for (int n = 0; n < 5; ++n) EXPECT_EQ(rcpt(ask("10.64.0.7", "i1", nth(n))), Rule::passes);
  EXPECT_EQ(rcpt(ask("10.64.0.7", "i1", nth(5))), Rule::too_many_recipients);
  for (int n = 0; n < 5; ++n) EXPECT_EQ(rcpt(ask("10.64.0.7", "i2", nth(n))), Rule::passes);
  const Answer over = judge_->recipient(ask("10.64.0.7", "i3", nth(0)), kAt);
  EXPECT_EQ(over.rule, Rule::over);
  EXPECT_EQ(over.what, Quantity::recipients);
  EXPECT_GT(over.again_in_s, 0U);
  const Reply said = judge_->reply(over, kAt);
  EXPECT_EQ(said.code, 450);
  EXPECT_EQ(
      said.text.rfind("Lab ISP: Your line reached its limit of 10 recipients within one hour: try again after 20", 0),
      0U)
      << said.text;
  EXPECT_EQ(rcpt(ask("10.64.0.7", "i3", nth(0)), kAt + seconds(over.again_in_s)), Rule::passes);
}

TEST_F(JudgeTest, Domains) {
  line("10.64.0.7/32", 7);
  for (int n = 0; n < 4; ++n) EXPECT_EQ(rcpt(ask("10.64.0.7", "i1", fmt::format("u@d{}.example", n))), Rule::passes);
  EXPECT_EQ(judge_->recipient(ask("10.64.0.7", "i1", "u@d9.example"), kAt).what, Quantity::domains);
  EXPECT_EQ(rcpt(ask("10.64.0.7", "i1", "v@D3.EXAMPLE")), Rule::passes) << "a domain it knows";
}

TEST_F(JudgeTest, SizeCountsAtTheEnd) {
  line("10.64.0.7/32", 7);
  Ask a = ask("10.64.0.7", "i1");
  a.size = 60 * 1'024;
  EXPECT_EQ(rcpt(a), Rule::passes);
  EXPECT_EQ(of_line(7, Quantity::kilobytes), 0U) << "only promised";
  a.recipients = 1;
  EXPECT_EQ(judge_->data(a, kAt).rule, Rule::passes);
  a.size = 60 * 1'024 + 1;
  EXPECT_EQ(judge_->end(a, kAt).rule, Rule::passes);
  EXPECT_EQ(of_line(7, Quantity::kilobytes), 61U);
  a = ask("10.64.0.7", "i2");
  a.size = 50 * 1'024;
  EXPECT_EQ(judge_->recipient(a, kAt).what, Quantity::kilobytes) << "the promise does not fit";
  a.size = 0;
  EXPECT_EQ(rcpt(a), Rule::passes) << "no promise";
  a.size = 50 * 1'024;
  a.recipients = 1;
  EXPECT_EQ(judge_->end(a, kAt).rule, Rule::over);
  EXPECT_EQ(of_line(7, Quantity::kilobytes), 61U);
  a = ask("10.64.0.7", "i3");
  a.size = 101 * 1'024;
  EXPECT_EQ(rcpt(a), Rule::too_large) << "no waiting makes it fit";
}

TEST_F(JudgeTest, RecipientsThatDoNotExist) {
  config_.classes["residential"] = Limits{.invalid_percent = 30};
  make();
  line("10.64.0.7/32", 7);
  for (int m = 0; m < 4; ++m) {
    const std::string instance = fmt::format("i{}", m);
    for (int n = 0; n < 5; ++n) EXPECT_EQ(rcpt(ask("10.64.0.7", instance)), Rule::passes);
    if (m == 3) continue;  // gave up before DATA
    Ask a = ask("10.64.0.7", instance);
    a.recipients = 4;
    EXPECT_EQ(judge_->data(a, kAt).rule, Rule::passes);
    EXPECT_EQ(judge_->end(a, kAt).rule, Rule::passes);
  }
  EXPECT_EQ(of_line(7, Quantity::invalid), 3U);
  EXPECT_EQ(rcpt(ask("10.64.0.7", "i5")), Rule::passes) << "3 of 20 are few";
  judge_->sweep(kAt + minutes(11));
  EXPECT_EQ(judge_->stats().invalid, 9U) << "five of i3 and one of i5: no message came for them";
  const Answer over = judge_->recipient(ask("10.64.0.7", "i6"), kAt + minutes(11));
  EXPECT_EQ(over.rule, Rule::over);
  EXPECT_EQ(over.what, Quantity::invalid);
}

TEST_F(JudgeTest, AHeldLineKeepsAPart) {
  config_.restricted_percent = 34;
  make();
  line("10.64.0.7/32", 7, model::Reason::restriction);
  EXPECT_EQ(rcpt(ask("10.64.0.7", "i1")), Rule::passes);
  const Answer over = judge_->recipient(ask("10.64.0.7", "i2"), kAt);
  EXPECT_EQ(over.rule, Rule::over);
  EXPECT_EQ(over.most, 1U) << "a third of 3, and never 0";
  line("10.64.0.8/32", 8);
  lines_.back().second.hold = model::Hold::garden;
  EXPECT_EQ(rcpt(ask("10.64.0.8", "i3")), Rule::passes);
  EXPECT_EQ(rcpt(ask("10.64.0.8", "i4")), Rule::over);
}

TEST_F(JudgeTest, AMessageWhoseBeginningWasMissedCountsOnce) {
  line("10.64.0.7/32", 7);
  Ask a = ask("10.64.0.7", "i1");
  a.recipients = 3;
  EXPECT_EQ(judge_->data(a, kAt).rule, Rule::passes);
  a.size = 2'048;
  EXPECT_EQ(judge_->end(a, kAt).rule, Rule::passes);
  EXPECT_EQ(of_line(7, Quantity::messages), 1U);
  EXPECT_EQ(of_line(7, Quantity::recipients), 3U);
  EXPECT_EQ(of_line(7, Quantity::kilobytes), 2U);
  EXPECT_EQ(of_line(7, Quantity::invalid), 0U);
  a.message = "i2";
  EXPECT_EQ(judge_->end(a, kAt).rule, Rule::passes);
  EXPECT_EQ(of_line(7, Quantity::messages), 2U);
  EXPECT_EQ(of_line(7, Quantity::recipients), 6U);
}

TEST_F(JudgeTest, TheLineChangesHandsWithinAMessage) {
  line("10.64.0.7/32", 7);
  EXPECT_EQ(rcpt(ask("10.64.0.7", "i1")), Rule::passes);
  lines_.front().second.line = {8};
  Ask a = ask("10.64.0.7", "i1");
  a.recipients = 1;
  a.size = 1'024;
  EXPECT_EQ(judge_->end(a, kAt).rule, Rule::passes);
  EXPECT_EQ(of_line(8, Quantity::kilobytes), 0U) << "nobody pays for the one before";
}

Ask signed_in(const char* client, std::string_view message, std::string_view recipient, std::string_view account) {
  return {.client = parse_ip(client).value(),
          .port = 587,
          .account = account,
          .tls = true,
          .recipient = recipient,
          .message = message};
}

TEST_F(JudgeTest, AClassTogether) {
  line("10.64.0.7/32", 7);
  line("10.64.0.8/32", 8);
  config_.classes["residential"] = Limits{.class_recipients = {3, 0}};
  config_.account = config_.classes["residential"];
  config_.account_class = "residential";
  make();
  EXPECT_EQ(rcpt(ask("10.64.0.7", "i1")), Rule::passes);
  EXPECT_EQ(rcpt(signed_in("10.64.0.8", "i2", "a@far.example", "erika@isp")), Rule::passes) << "once, by its line";
  EXPECT_EQ(rcpt(signed_in("198.51.100.9", "i3", "a@far.example", "erika@isp")), Rule::passes);
  const Answer over = judge_->recipient(ask("10.64.0.8", "i4"), kAt);
  EXPECT_EQ(over.rule, Rule::over);
  EXPECT_TRUE(over.of_class);
  EXPECT_NE(judge_->reply(over, kAt).text.find("All lines of your kind together reached their limit of 3 recipients"),
            std::string::npos);
  const Meter* sum = meters_.find(judge_->key_of_class("residential"));
  ASSERT_NE(sum, nullptr);
  EXPECT_EQ(sum->line, kClassLine);
  EXPECT_EQ(sum->text(), "residential");
  EXPECT_TRUE(judge_->uses().take_limits().empty()) << "nobody's in particular";
  for (const model::AccountUse& use : judge_->uses().take(10)) EXPECT_EQ(use.refused, 0U);
  EXPECT_EQ(rcpt(ask("10.64.0.8", "i4"), kAt + hours(2)), Rule::passes);
}

TEST_F(JudgeTest, AMessageThatItsAskerKeeps) {
  line("10.64.0.7/32", 7);
  Message mine;
  const Ask nameless = ask("10.64.0.7", "");
  EXPECT_EQ(judge_->recipient(nameless, mine, kAt).rule, Rule::passes);
  EXPECT_EQ(judge_->recipient(nameless, mine, kAt).rule, Rule::passes);
  judge_->settle(mine, 1, kAt);
  Ask end = nameless;
  end.recipients = 1;
  end.size = 2'000;
  EXPECT_EQ(judge_->end(end, mine, kAt).rule, Rule::passes);
  EXPECT_EQ(of_line(7, Quantity::messages), 1U);
  EXPECT_EQ(of_line(7, Quantity::recipients), 2U);
  EXPECT_EQ(of_line(7, Quantity::kilobytes), 2U);
  EXPECT_EQ(of_line(7, Quantity::invalid), 1U);
  EXPECT_EQ(judge_->recipient(nameless, mine, kAt).rule, Rule::passes);
  EXPECT_EQ(of_line(7, Quantity::messages), 2U) << "the next one";
  judge_->sweep(kAt + hours(2));
  EXPECT_EQ(judge_->stats().invalid, 1U) << "nobody else looks after it";
}

TEST_F(JudgeTest, WhatAnAccountDidIsToldOnceForEachSource) {
  line("10.64.0.7/32", 7);
  config_.account = {};
  make();
  EXPECT_EQ(rcpt(signed_in("10.64.0.7", "m1", "a@far.example", "Erika@isp")), Rule::passes);
  EXPECT_EQ(rcpt(signed_in("10.64.0.7", "m1", "b@far.example", "erika@isp")), Rule::passes);
  EXPECT_EQ(rcpt(signed_in("198.51.100.9", "m2", "A@far.example", "erika@isp")), Rule::passes);
  judge_->final_word("erika@isp", "a@far.example", false, kAt);
  judge_->final_word("erika@isp", "a@far.example", false, kAt);  // the second word on it says nothing new
  judge_->final_word("erika@isp", "b@far.example", true, kAt);
  judge_->final_word("nobody@isp", "b@far.example", false, kAt);
  judge_->login_failed("erika@isp", 5);
  judge_->login_failed("guessed@isp", 500);
  std::vector<model::AccountUse> uses = judge_->uses().take(100);
  ASSERT_EQ(uses.size(), 3U);
  std::ranges::sort(uses, {}, [](const model::AccountUse& u) { return std::tuple(bool(u.source), u.recipients); });
  EXPECT_EQ(uses[0].failed, 1U);
  EXPECT_EQ(uses[0].delivered, 1U);
  EXPECT_EQ(uses[0].login_failures, 5U);
  EXPECT_EQ(uses[1].recipients, 1U);
  EXPECT_EQ(uses[1].new_recipients, 0U);
  EXPECT_FALSE(uses[1].line);
  EXPECT_EQ(uses[2].account, "erika@isp");
  EXPECT_EQ(uses[2].line, model::SubscriberId{7});
  EXPECT_EQ(uses[2].new_recipients, 2U);
  EXPECT_TRUE(judge_->uses().take(100).empty());
}

TEST_F(JudgeTest, AHeldAccountIsPutOffAndNothingElse) {
  judge_->hold({"erika@isp"});
  const Ask ask = signed_in("198.51.100.9", "m1", "a@far.example", "Erika@isp");
  const Answer held = judge_->recipient(ask, kAt);
  EXPECT_EQ(held.rule, Rule::held);
  EXPECT_EQ(judge_->reply(held, kAt).code, 450);
  EXPECT_EQ(rcpt(signed_in("198.51.100.9", "m2", "a@far.example", "otto@isp")), Rule::passes);
  judge_->hold({});
  EXPECT_EQ(rcpt(ask), Rule::passes);
  EXPECT_EQ(judge_->stats().held, 1U);
}

TEST_F(JudgeTest, WhatAnAccountBeganBeforeItWasHeldIsNotTaken) {
  Ask ask = signed_in("198.51.100.9", "m1", "a@far.example", "erika@isp");
  EXPECT_EQ(rcpt(ask), Rule::passes);
  ask.recipients = 1;
  ask.size = 1'000;
  EXPECT_EQ(judge_->data(ask, kAt).rule, Rule::passes);
  judge_->hold({"erika@isp"});
  EXPECT_EQ(judge_->end(ask, kAt).rule, Rule::held);
  judge_->hold({});
  EXPECT_EQ(rcpt(ask), Rule::passes);
}

TEST_F(JudgeTest, AHoneyAccountMarksThePlaceItIsUsedFrom) {
  config_.honey_accounts = {"honey@isp"};
  make();
  EXPECT_EQ(rcpt(signed_in("198.51.100.9", "m1", "a@far.example", "honey@isp")), Rule::held);
  EXPECT_EQ(rcpt(signed_in("198.51.100.77", "m2", "a@far.example", "erika@isp")), Rule::passes);
  EXPECT_EQ(rcpt(signed_in("198.51.101.9", "m3", "a@far.example", "otto@isp")), Rule::passes);
  const auto uses = judge_->uses().take(100);
  ASSERT_EQ(uses.size(), 2U);
  for (const auto& u : uses) EXPECT_EQ(u.honey, u.account == "erika@isp");
  EXPECT_EQ(judge_->stats().honey, 1U);
}

TEST_F(JudgeTest, ALimitIsToldNearAndReachedOncePerWindow) {
  line("10.64.0.7/32", 7);
  Limits wide;
  wide.most[0] = {10, 100, 0, 0, 0};
  config_.classes["residential"] = wide;
  make();
  for (int i = 0; i < 14; ++i) (void)rcpt(ask("10.64.0.7", std::to_string(i)));
  auto told = judge_->uses().take_limits();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].percent, 80U);
  EXPECT_EQ(told[0].what, "messages");
  EXPECT_EQ(told[1].percent, 100U);
  EXPECT_EQ(told[1].most, 10U);
  EXPECT_EQ(told[1].line, model::SubscriberId{7});
  (void)rcpt(ask("10.64.0.7", "again"), kAt + hours(3));
  EXPECT_TRUE(judge_->uses().take_limits().empty());
}

TEST(Uses, HaveABoundAndSaySo) {
  Uses uses;
  for (uint64_t i = 0; i < kUsesMax; ++i) ASSERT_NE(uses.of(i + 1, "a", {}), nullptr);
  EXPECT_EQ(uses.of(0, "b", {}), nullptr);
  EXPECT_NE(uses.of(1, "a", {}), nullptr);
  EXPECT_EQ(uses.dropped(), 1U);
  EXPECT_EQ(uses.take(1'000).size(), 1'000U);
}

}  // namespace
}  // namespace postern::edge::relay
