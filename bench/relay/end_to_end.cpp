// SPDX-License-Identifier: Apache-2.0
#include "bench/relay/end_to_end.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"
#include "bench/relay/postfix.h"
#include "bench/relay/servers.h"

namespace postern::bench {
namespace {

constexpr uint32_t kAccounts = 1'000;
constexpr double kPolicyCpuBar = 32;  // us a message
constexpr double kMilterCpuBar = 200;

PN_ENUM(Way, plain, bare_policy, policy, bare_milter, milter)
constexpr size_t kWays = pn_names_of_Way.size();

// What was seen of one way, run by run.
struct Seen {
  std::vector<double> rate;
  std::vector<double> server_cpu;  // us a message, of the process that is asked
  std::vector<double> all_cpu;     // and of all of Postfix
};

template <class T>
T must(Result<T> r) {
  if (r) return std::move(*r);
  std::fprintf(stderr, "bench relay: %s\n", r.error().text().c_str());
  std::exit(1);
}

// Run by run beside the peer of the same round: the machine was the same then.
Row beside(std::string name, std::string unit, const std::vector<double>& ours, const std::vector<double>& peer) {
  std::vector<double> ratios;
  for (size_t i = 0; i < ours.size(); ++i) ratios.push_back(ours[i] / peer[i]);
  const Summary ratio = summarize(ratios);
  return {std::move(name), summarize(ours).median, summarize(peer).median, std::move(unit), ratio.median, ratio.spread};
}

// What ours costs above a server that does nothing: waking up for a question is most of what either costs.
Row added(std::string name, double bar, const std::vector<double>& ours, const std::vector<double>& peer) {
  std::vector<double> more;
  for (size_t i = 0; i < ours.size(); ++i) more.push_back(ours[i] - peer[i]);
  const Summary seen = summarize(more);
  return {std::move(name),   seen.median, bar, "us cpu/message above bare (the reference is the bar)",
          seen.median / bar, seen.spread};
}

}  // namespace

void postfix(Report& report, uint32_t messages, int runs) {
  std::array<std::optional<FilterServer>, kWays> servers;
  const auto server = [&](Way way) -> std::optional<FilterServer>& { return servers[static_cast<size_t>(way)]; };
  server(Way::bare_policy).emplace(must(FilterServer::bare()));
  server(Way::policy).emplace(must(FilterServer::postern(kAccounts)));
  server(Way::bare_milter).emplace(must(FilterServer::bare_milter()));
  server(Way::milter).emplace(must(FilterServer::postern_milter(kAccounts)));
  auto made = Postfix::start({{},
                              {server(Way::bare_policy)->path(), {}},
                              {server(Way::policy)->path(), {}},
                              {{}, server(Way::bare_milter)->path()},
                              {{}, server(Way::milter)->path()}});
  if (!made) return report.note(fmt::format("postfix: LEFT OUT, {}", made.error().text()));
  std::array<Seen, kWays> seen;
  for (size_t n = 0; n < static_cast<size_t>(runs) * kWays; ++n) {
    const size_t way = (n + n / kWays) % kWays;  // each round begins with another
    const auto asked_cpu = [&] { return servers[way] ? servers[way]->cpu_us() : 0; };
    const double asked_before = asked_cpu();
    const double postfix_before = made->cpu_us();
    seen[way].rate.push_back(must(made->send(way, messages)));
    const double asked = asked_cpu() - asked_before;
    seen[way].server_cpu.push_back(asked / messages);
    seen[way].all_cpu.push_back((made->cpu_us() - postfix_before + asked) / messages);
  }
  const auto of = [&](Way way) -> const Seen& { return seen[static_cast<size_t>(way)]; };
  const std::string rate = "messages/s";
  report.add(beside("relay.postfix.policy_beside_bare", rate + " (bar of the ratio: .97)", of(Way::policy).rate,
                    of(Way::bare_policy).rate));
  report.add(beside("relay.postfix.milter_beside_bare", rate + " (bar of the ratio: .97)", of(Way::milter).rate,
                    of(Way::bare_milter).rate));
  for (size_t way = 1; way < kWays; ++way)
    report.add(beside(fmt::format("relay.postfix.{}_beside_plain", to_string(static_cast<Way>(way))), rate,
                      seen[way].rate, of(Way::plain).rate));
  report.add(beside("relay.postfix.cpu.policy_beside_bare", "us cpu/message", of(Way::policy).server_cpu,
                    of(Way::bare_policy).server_cpu));
  report.add(beside("relay.postfix.cpu.milter_beside_bare", "us cpu/message", of(Way::milter).server_cpu,
                    of(Way::bare_milter).server_cpu));
  report.add(added("relay.postfix.cpu_added.policy", kPolicyCpuBar, of(Way::policy).server_cpu,
                   of(Way::bare_policy).server_cpu));
  report.add(added("relay.postfix.cpu_added.milter", kMilterCpuBar, of(Way::milter).server_cpu,
                   of(Way::bare_milter).server_cpu));
  for (size_t way = 1; way < kWays; ++way)
    report.add(beside(fmt::format("relay.postfix.all_cpu.{}_beside_plain", to_string(static_cast<Way>(way))),
                      "us cpu/message", seen[way].all_cpu, of(Way::plain).all_cpu));
  report.note(
      fmt::format("postfix: {} messages of one recipient and 4 kB a run, a session each, {} rounds of all ways; "
                  "smtp-source, Postfix and what it asks share the processors",
                  messages, runs));
  report.note(
      "postfix: all_cpu is that of Postfix and of what it asks; bare_milter asks for the steps Postern asks for");
}

}  // namespace postern::bench
