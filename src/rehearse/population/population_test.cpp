// SPDX-License-Identifier: Apache-2.0
#include "rehearse/population/population.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <set>

namespace postern::rehearse {
namespace {

constexpr Time kBegin = Time{} + seconds(1'767'571'200);  // a Monday, 00:00 UTC

PopulationConfig config(uint64_t seed) {
  return {.seed = seed, .residential = 20'000, .business = 300, .hosting = 100, .begin = kBegin, .length = days(1)};
}

uint64_t sum_of(PopulationConfig c) {
  Population population(std::move(c));
  PopulationEvent e;
  uint64_t sum = 0;
  while (population.next(e)) {
    sum = mark_of(sum, static_cast<uint64_t>(e.at.us) ^ (uint64_t{e.line} << 40) ^ e.what.index());
    if (const auto* flow = std::get_if<model::Flow>(&e.what))
      sum = mark_of(sum, flow->destination.v4_host_order() ^ (uint64_t{flow->source_port} << 32) ^ flow->tcp_flags);
  }
  return sum;
}

TEST(Population, TheSeedIsAllThereIs) {
  EXPECT_EQ(sum_of(config(1)), sum_of(config(1)));
  EXPECT_NE(sum_of(config(1)), sum_of(config(2)));
}

TEST(Population, InOrderOfTimeAndLittleHeld) {
  Population population(config(3));
  PopulationEvent e;
  Time last = kBegin;
  size_t most = 0;
  uint64_t events = 0;
  while (population.next(e)) {
    EXPECT_LE(last, e.at);
    last = e.at;
    most = std::max(most, population.held());
    ++events;
  }
  EXPECT_LT(last, kBegin + days(1));
  EXPECT_GT(events, 50'000U);
  // Tasks of lines that mail, deliveries that wait, flows begun: not what was.
  EXPECT_LT(most, 3 * size_t{population.lines()});
}

TEST(Population, WhoSharesFilesAsksManyOfWhomSomeAnswer) {
  PopulationConfig c = config(5);
  const uint64_t without = sum_of(c);
  c.file_sharers = .05;
  Population population(c);
  std::map<uint32_t, std::array<uint64_t, 2>> peers;  // by line: not answered, answered
  PopulationEvent e;
  while (population.next(e)) {
    const auto* flow = std::get_if<model::Flow>(&e.what);
    if (flow == nullptr || flow->destination_port < 6'000 || flow->source != population.source_of(e.line).address)
      continue;
    EXPECT_TRUE(population.shares_files(e.line));
    ++peers[e.line][flow->tcp_flags == 2 ? 0 : 1];
  }
  EXPECT_GT(peers.size(), 600U);
  EXPECT_LT(peers.size(), 1'400U);
  uint64_t asked = 0;
  uint64_t answered = 0;
  for (const auto& [line, n] : peers) {
    asked += n[0] + n[1];
    answered += n[1];
  }
  EXPECT_GT(asked, peers.size() * 300);
  EXPECT_GT(answered * 10, asked);
  EXPECT_LT(answered * 2, asked);
  EXPECT_EQ(sum_of(config(5)), without) << "the others do what they did";
}

TEST(Population, EveryKindIsThereAndSendsAsItShould) {
  Population population(config(4));
  std::map<LineKind, uint32_t> lines;
  for (uint32_t line = 1; line <= population.lines(); ++line) ++lines[population.kind_of(line)];
  EXPECT_EQ(lines.size(), pn_enum_size(LineKind{}));
  std::map<LineKind, std::array<uint64_t, 2>> asked;  // first contacts: not answered, answered
  std::set<std::pair<uint32_t, Prefix>> met;
  uint64_t homes = 0;
  uint64_t mx_of_clients = 0;
  PopulationEvent e;
  while (population.next(e)) {
    const LineKind kind = population.kind_of(e.line);
    EXPECT_NE(kind, LineKind::silent);
    const auto* question = std::get_if<model::DnsQuestion>(&e.what);
    mx_of_clients += question != nullptr && question->type == 15 && kind == LineKind::mail_client ? 1 : 0;
    const auto* flow = std::get_if<model::Flow>(&e.what);
    if (flow == nullptr || flow->begin != e.at || flow->source != population.source_of(e.line).address) continue;
    homes += population.class_of(e.line) == "residential" ? 1 : 0;
    if (met.emplace(e.line, destination_network(flow->destination)).second) ++asked[kind][flow->tcp_flags == 2 ? 0 : 1];
  }
  const auto failing = [&](LineKind k) {
    return static_cast<double>(asked[k][0]) / static_cast<double>(asked[k][0] + asked[k][1] + 1);
  };
  // Of real senders of an ISP 5.4 % fail.
  EXPECT_GT(failing(LineKind::mail_server), .02);
  EXPECT_LT(failing(LineKind::mail_server), .12);
  EXPECT_LT(failing(LineKind::mail_client), .03);
  EXPECT_GT(failing(LineKind::stuck_device), .9);
  EXPECT_GT(homes, 10'000U);
  EXPECT_LT(homes, 200'000U);
  EXPECT_LT(mx_of_clients, 200U) << "people do not ask for MX, mail programs do when an account is set up";
}

TEST(Population, AddressesAndPortBlocksAreLines) {
  Population population(config(5));
  std::set<std::pair<IpAddress, uint16_t>> taken;
  for (uint32_t line = 1; line <= population.lines(); ++line) {
    const Population::Source s = population.source_of(line);
    EXPECT_EQ(population.line_of(s.address, s.first_port), line);
    EXPECT_EQ(population.line_of(s.address, s.last_port), line);
    EXPECT_TRUE(taken.insert({s.address, s.first_port}).second);
  }
  EXPECT_EQ(population.source_of(1).address, population.source_of(16).address) << "CGN";
  EXPECT_EQ(population.line_of(population.source_of(1).address, 80), 0U);
  EXPECT_EQ(population.line_of(*parse_ip("192.0.2.1"), 2'000), 0U);
  PopulationEvent e;
  while (population.next(e)) {
    const auto* flow = std::get_if<model::Flow>(&e.what);
    if (flow == nullptr) continue;
    const uint32_t there = population.line_of(flow->source, flow->source_port);
    const uint32_t back = population.line_of(flow->destination, flow->destination_port);
    EXPECT_TRUE(there == e.line || back == e.line);
  }
}

TEST(Population, AClosedLineIsSeenByTheGate) {
  PopulationConfig c = config(6);
  c.closed = 1;
  Population population(c);
  std::map<uint32_t, uint32_t> contacts;
  PopulationEvent e;
  while (population.next(e)) {
    if (const auto* contact = std::get_if<model::FirstContact>(&e.what)) {
      EXPECT_EQ(contact->line.value, e.line);
      EXPECT_EQ(contact->outcome, model::Outcome::unknown);
      ++contacts[e.line];
    } else if (const auto* flow = std::get_if<model::Flow>(&e.what); flow && flow->destination_port == 25) {
      EXPECT_NE(population.class_of(e.line), "residential");
    }
  }
  const auto refused = std::ranges::count_if(
      contacts, [&](const auto& c1) { return population.kind_of(c1.first) == LineKind::self_hoster && c1.second > 1; });
  EXPECT_GT(refused, 0) << "a mail server that is refused tries the next MX host";
}

TEST(Population, ZombiesGoOnBesideTheirLine) {
  PopulationConfig c = config(7);
  c.zombies = {
      {.line = 10, .begin = kBegin + hours(1), .every = seconds(5), .contacts = 50},
      {.line = 11, .begin = kBegin + hours(1), .every = seconds(5), .slower = 100, .contacts = 50, .failing = 1}};
  Population population(c);
  std::map<uint32_t, std::vector<Time>> asked;
  uint64_t answered_11 = 0;
  PopulationEvent e;
  while (population.next(e)) {
    EXPECT_EQ(e.zombie, e.zombie && (e.line == 10 || e.line == 11));
    if (!e.zombie) continue;
    if (const auto* q = std::get_if<model::DnsQuestion>(&e.what)) asked[e.line].push_back(q->at);
    const auto* flow = std::get_if<model::Flow>(&e.what);
    answered_11 += flow != nullptr && e.line == 11 && flow->tcp_flags != 2 ? 1 : 0;
  }
  EXPECT_EQ(asked[10].size(), 50U);
  EXPECT_EQ(answered_11, 0U);
  const Duration fast = asked[10].back() - asked[10].front();
  const Duration slow = asked[11].back() - asked[11].front();
  EXPECT_GT(slow, fast * 40);
}

TEST(Population, AnOutageIsEverybodys) {
  PopulationConfig c = config(8);
  c.outages = {{kBegin + hours(9), kBegin + hours(10), -1}};
  Population population(c);
  std::array<uint64_t, 24> answered{};
  PopulationEvent e;
  while (population.next(e)) {
    const auto* flow = std::get_if<model::Flow>(&e.what);
    if (flow != nullptr && flow->tcp_flags != 2 && population.line_of(flow->source, flow->source_port) == e.line)
      ++answered[static_cast<size_t>((e.at - kBegin).seconds() / 3600)];
  }
  EXPECT_EQ(answered[9], 0U);
  EXPECT_GT(answered[8], 100U);
}

}  // namespace
}  // namespace postern::rehearse
