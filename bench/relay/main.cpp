// SPDX-License-Identifier: Apache-2.0
// ./dev bench relay (bench/README.md)
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <string>
#include <unistd.h>
#include <vector>

#include "bench/relay/end_to_end.h"
#include "bench/relay/load.h"
#include "bench/relay/servers.h"
#include "bench/relay/thieves.h"
#include "bench/report.h"

namespace postern::bench {
namespace {

constexpr uint32_t kFew = 1'000;
constexpr uint32_t kMany = 1'000'000;
constexpr uint32_t kFill = 2'500'000;      // requests that make most of the many accounts' meters
constexpr uint32_t kPeerRequests = 5'000;  // those take a second and more for so many

std::string option(const std::vector<std::string>& arguments, std::string_view name) {
  for (size_t i = 0; i + 1 < arguments.size(); ++i)
    if (arguments[i] == name) return arguments[i + 1];
  return {};
}

uint32_t number(const std::vector<std::string>& arguments, std::string_view name, uint32_t otherwise) {
  const std::string text = option(arguments, name);
  std::from_chars(text.data(), text.data() + text.size(), otherwise);
  return otherwise;
}

// Ends the program with the reason: a bench that measured nothing has no row to show.
template <class T>
T must(Result<T> r) {
  if (r) return std::move(*r);
  std::fprintf(stderr, "bench relay: %s\n", r.error().text().c_str());
  std::exit(1);
}

// One server's runs: what else was seen of each beside its rate.
struct Subject {
  FilterServer server;
  uint32_t accounts = kFew;
  uint32_t requests = 0;  // of one run
  Questions questions = Questions::messages;
  std::vector<Load> loads = {};
  std::vector<double> cpu_us = {};
  size_t replayed = 0;
  uint32_t seed = 0;

  double rate(uint32_t connections) {
    const double before = server.cpu_us();
    loads.push_back(must(ask(server.path(), connections, requests, accounts, ++seed, questions)));
    cpu_us.push_back((server.cpu_us() - before) / requests);
    return loads.back().decisions_per_s;
  }
};

// All rows are of the same runs, in the order they were made.
void compare(Report& report, const std::string& name, Subject& ours, Subject& reference, uint32_t connections,
             int runs) {
  for (Subject* s : {&ours, &reference}) {
    s->loads.clear();
    s->cpu_us.clear();
  }
  report.add(interleave(
      "relay.decisions." + name, "decisions/s", runs, [&] { return ours.rate(connections); },
      [&] { return reference.rate(connections); }));
  const auto again = [&](const std::string& what, const char* unit, auto value) {
    ours.replayed = reference.replayed = 0;
    report.add(interleave(
        fmt::format("relay.{}.{}", what, name), unit, runs, [&] { return value(ours, ours.replayed++); },
        [&] { return value(reference, reference.replayed++); }));
  };
  again("p50", "us", [](const Subject& s, size_t i) { return s.loads[i].us_p50; });
  again("p99", "us", [](const Subject& s, size_t i) { return s.loads[i].us_p99; });
  again("p999", "us", [](const Subject& s, size_t i) { return s.loads[i].us_p999; });
  again("cpu", "us cpu/decision", [](const Subject& s, size_t i) { return s.cpu_us[i]; });
}

void decisions(Report& report, uint32_t requests, int runs) {
  Subject ours{must(FilterServer::postern(kFew))};
  Subject bare{must(FilterServer::bare())};
  for (const uint32_t connections : {1U, 10U, 100U}) {
    ours.requests = bare.requests = connections == 1 ? requests / 4 : requests;
    compare(report, fmt::format("bare.{}", connections), ours, bare, connections, runs);
  }
  report.note(fmt::format("{} decisions a run, {} runs each, interleaved; server and one client thread share {} cpus",
                          requests, runs, ::sysconf(_SC_NPROCESSORS_ONLN)));
  report.note("bare: one epoll, DUNNO to every empty line; no parser, no table of lines, no limits");
}

void accounts(Report& report, uint32_t requests, int runs) {
  Subject few{must(FilterServer::postern(kFew)), kFew, requests};
  Subject many{must(FilterServer::postern(kMany)), kMany, requests};
  // Both as they are after a while: their meters made, their tables touched.
  (void)must(ask(few.server.path(), 100, kFill / 10, kFew, 1'000'000));
  (void)must(ask(many.server.path(), 100, kFill, kMany, 1'000'000));
  compare(report, "1m_beside_1k.100", many, few, 100, runs);
  report.note("1m_beside_1k: Postern with 1,000,000 accounts; the reference is Postern with 1,000");
}

// What a provider would install from Debian for limits; slow enough that a run of theirs is a short one. Both count at
// RCPT and wave through everything else: only RCPT is asked, of them and of us. `ceiling`: what a server that does
// nothing reaches beside them on this machine.
void peers(Report& report, uint32_t requests) {
  for (const auto& [name, start] : {std::pair{"postfwd", &FilterServer::postfwd},
                                    std::pair{"policyd_rate_limit", &FilterServer::policyd_rate_limit}}) {
    auto made = start();
    if (!made) {
      report.note(fmt::format("{}: LEFT OUT, {}", name, made.error().text()));
      continue;
    }
    Subject ours{must(FilterServer::postern(kFew)), kFew, requests, Questions::recipients};
    Subject bare{must(FilterServer::bare()), kFew, requests, Questions::recipients};
    Subject peer{std::move(*made), kFew, kPeerRequests, Questions::recipients};
    for (auto& [what, server] : {std::pair<const char*, Subject&>{"decisions", ours}, {"ceiling", bare}})
      report.add(interleave(
          fmt::format("relay.{}.{}.100", what, name), "decisions/s", 3, [&] { return server.rate(100); },
          [&] { return peer.rate(100); }));
  }
}

int run(int argc, char** argv) {
  Report report("relay: policy decisions on a unix socket; RCPT, RCPT, DATA, END-OF-MESSAGE of each message",
                "[--requests N] [--messages N] [--runs N] [--seeds N] [--first-seed N] [--only "
                "decisions|peers|accounts|postfix|thieves]",
                argc, argv);
  const std::vector<std::string>& arguments = report.arguments();
  const uint32_t requests = number(arguments, "--requests", 100'000);
  const int runs = static_cast<int>(number(arguments, "--runs", 5));
  const std::string only = option(arguments, "--only");
  const auto wanted = [&](std::string_view part) { return only.empty() || only == part; };
  // Servers are forked: first, while this process is small.
  if (wanted("decisions")) decisions(report, requests, runs);
  if (wanted("peers")) peers(report, requests);
  if (wanted("accounts")) accounts(report, requests, runs);
  if (wanted("postfix")) postfix(report, number(arguments, "--messages", 1'000), runs);
  if (wanted("thieves")) {
    Theft theft;
    theft.seeds = number(arguments, "--seeds", static_cast<uint32_t>(theft.seeds));
    theft.first_seed = number(arguments, "--first-seed", static_cast<uint32_t>(theft.first_seed));
    thieves(report, theft);
  }
  return report.finish();
}

}  // namespace
}  // namespace postern::bench

int main(int argc, char** argv) { return postern::bench::run(argc, argv); }
