// SPDX-License-Identifier: Apache-2.0
#include "bench/watch/alarms.h"

#include <cmath>
#include <fmt/format.h>
#include <map>

#include "bench/watch/judge.h"
#include "bench/watch/stored.h"
#include "rehearse/population/population.h"

namespace postern::bench {
namespace {

using rehearse::Population;
using rehearse::PopulationConfig;
using rehearse::PopulationEvent;
using rehearse::Zombie;
using rehearse::ZombieKind;

constexpr Time kMonday = Time{} + seconds(1'767'571'200);
constexpr double kOperatorsNumber = 1;  // false cases a day, as it ships
constexpr uint32_t kZombieEvery = 20;   // of each pace and kind, so many lines

// The population's events to deeds, as the live inputs fold them. Who held an address is taken from the truth: what
// attribution loses is its own bench's.
class Folded {
 public:
  Folded(const Population& population, const model::Policy& policy, std::function<void(const Deed&)> sink,
         fold::PortScans::Sink scan)
      : population_(population),
        policy_(policy),
        sink_(std::move(sink)),
        flows_(
            [this](const IpAddress& a) {
              const uint32_t line =
                  a.family == Family::v4 && a.v4_host_order() >> 28 == 15 ? a.v4_host_order() & 0xfffffff : 0;
              if (line == 0) return fold::MailFlows::Line{};
              return fold::MailFlows::Line{line, class_of(line).destination_memory};
            },
            [this](const fold::MailConnection& c) { on_connection(c); }),
        scans_(std::move(scan)) {}

  [[nodiscard]] const model::ClassPolicy& class_of(uint32_t line) const {
    return policy_.classes.at(std::string(population_.class_of(line)));
  }

  void see(const PopulationEvent& e) {
    if (const auto* flow = std::get_if<model::Flow>(&e.what)) {
      if (!fold::is_mail_port(flow->source_port) && !fold::is_mail_port(flow->destination_port)) {
        const bool asks = flow->source == population_.source_of(e.line).address;
        if (asks &&
            fold::PortScans::is_unanswered(flow->protocol, flow->source_port, flow->destination_port, flow->tcp_flags))
          scans_.see(e.line, *flow);
        return;
      }
      model::Flow own = *flow;
      const bool there = fold::is_mail_port(own.destination_port);
      (there ? own.source : own.destination) = IpAddress::v4(15U << 28 | e.line);
      flows_.see(own);
    } else if (const auto* question = std::get_if<model::DnsQuestion>(&e.what)) {
      flows_.advance(e.at);
      const uint64_t name = fold::mail_name(question->type, question->name);
      if (name == 0 || !names_.first(e.line, name, e.at)) return;
      Deed d = deed_of(e);
      d.is_name = true;
      d.mx = question->type == fold::kDnsMx;
      d.not_there = question->rcode == 3;
      d.name = name;
      sink_(d);
    } else if (const auto* contact = std::get_if<model::FirstContact>(&e.what)) {
      flows_.advance(e.at);
      Deed d = deed_of(e);
      d.blocked = true;
      d.destination = contact->destination;
      d.first = true;
      sink_(d);
    }
  }

 private:
  [[nodiscard]] Deed deed_of(const PopulationEvent& e) const {
    Deed d;
    d.at = d.begun = e.at;
    d.line = e.line;
    d.source = population_.source_of(e.line).address;
    d.declared = population_.declared(e.line);
    return d;
  }
  void on_connection(const fold::MailConnection& c) {
    Deed d;
    d.at = c.known;
    d.begun = c.begun;
    d.line = c.line;
    d.declared = population_.declared(c.line);
    d.outcome = c.outcome;
    d.port = c.port;
    d.source = population_.source_of(c.line).address;
    d.destination = c.destination;
    d.first = c.first;
    sink_(d);
  }

  const Population& population_;
  const model::Policy& policy_;
  std::function<void(const Deed&)> sink_;
  fold::MailFlows flows_;
  fold::MailNames names_;
  fold::PortScans scans_;
};

// Zombies of one kind and pace.
struct Tally {
  double lines = 0;
  double found = 0;
  std::vector<double> seconds;  // from the first contact to the case
};

struct Counted {
  uint64_t cases = 0;
  uint64_t evidence = 0;
  uint64_t blocks = 0;
  int32_t alone_mnat = 0;  // the highest score that opened a case in the end
  int32_t together_mnat = 0;
  std::map<rehearse::LineKind, uint64_t> of_kind;
  std::map<std::string, uint64_t> theirs;
};

// One seed: benign lines only count as false.
void run(PopulationConfig config, const model::Policy& policy, Counted& counted,
         std::map<std::string, Tally>& zombies) {
  std::map<uint32_t, std::string> infected;
  for (const Zombie& z : config.zombies) infected[z.line] = fmt::format("{}.x{}", to_string(z.kind), z.slower);
  Population population(std::move(config));
  std::vector<Named> rules = baselines();
  Folded* folded_at = nullptr;
  Ours ours(policy, [&](uint32_t line) -> const model::ClassPolicy& { return folded_at->class_of(line); });
  Folded folded(
      population, policy,
      [&](const Deed& d) {
        ours.see(d);
        for (Named& r : rules) r.rule->see(d);
      },
      [&](const fold::ScanStep& s) { ours.scan(s); });
  folded_at = &folded;
  ours.set_lines(population.lines());
  PopulationEvent e;
  std::map<uint32_t, Time> begun;
  while (population.next(e)) {
    if (e.zombie) begun.try_emplace(e.line, e.at);
    folded.see(e);
  }
  counted.together_mnat = std::max(counted.together_mnat, ours.thresholds().together_mnat);
  counted.alone_mnat = std::max(counted.alone_mnat, ours.thresholds().alone_mnat);
  for (const auto& [line, found] : ours.found()) {
    if (infected.contains(line)) continue;
    ++counted.cases;
    ++counted.of_kind[population.kind_of(line)];
  }
  for (const auto& [line, found] : ours.with_evidence()) counted.evidence += infected.contains(line) ? 0 : 1;
  for (const auto& [line, found] : ours.blocks()) counted.blocks += infected.contains(line) ? 0 : 1;
  for (const Named& r : rules)
    for (const auto& [line, found] : r.rule->found())
      counted.theirs[std::string(r.name)] += infected.contains(line) ? 0 : 1;
  for (const auto& [line, at] : ours.scanners()) {
    if (infected.contains(line) || ours.found().contains(line)) continue;
    ++counted.cases;
    ++counted.evidence;
  }
  for (const auto& [line, what] : infected) {
    Tally& tally = zombies[what];
    tally.lines += 1;
    Time at;
    if (const auto it = ours.found().find(line); it != ours.found().end()) at = it->second.at;
    if (const auto it = ours.scanners().find(line); it != ours.scanners().end())
      at = at ? std::min(at, it->second) : it->second;
    if (!at || !begun.contains(line)) continue;
    tally.found += 1;
    tally.seconds.push_back(static_cast<double>((at - begun.at(line)).us) / 1e6);
  }
}

// Lines of every kind, now and then one taken over, at each pace.
std::vector<Zombie> zombies_over(uint32_t lines, uint64_t seed) {
  rehearse::Chance chance{rehearse::mark_of(seed, 0x20b1e)};
  std::vector<Zombie> out;
  for (const ZombieKind kind : {ZombieKind::direct, ZombieKind::submission, ZombieKind::worm})
    for (const uint32_t slower : {1U, 10U, 100U})
      for (uint32_t i = 0; i < kZombieEvery; ++i) {
        Zombie z;
        z.line = 1 + static_cast<uint32_t>(chance.below(lines));
        z.kind = kind;
        z.begin = kMonday + chance.within(days(2));
        // Eight networks in seven minutes; a worm at ten hosts a second.
        z.every = kind == ZombieKind::worm ? milliseconds(100) : seconds(52);
        z.slower = slower;
        z.contacts = 200;
        z.failing = kind == ZombieKind::direct ? .5 : 0;
        out.push_back(z);
      }
  return out;
}

void add_rows(Report& report, const std::string& view, const Counted& counted, const Runs& runs) {
  const auto line_days =
      static_cast<double>(runs.lines) * static_cast<double>(runs.days) * static_cast<double>(runs.seeds);
  const double network_days = line_days / 100'000;
  const auto a_day = [&](uint64_t n) { return static_cast<double>(n) / network_days; };
  const auto name = [&](std::string_view what) { return fmt::format("watch.false.{}.{}", view, what); };
  const std::string unit = "a day among 100,000 lines";
  const auto bounded = [&](std::string_view what, uint64_t n) {
    const double upper = upper_95(n, static_cast<uint64_t>(line_days)) * 100'000;
    report.add({name(what), a_day(n), std::nullopt, unit, std::nullopt, 0});
    report.add({name(fmt::format("{}_upper95", what)), upper, kOperatorsNumber, unit, upper / kOperatorsNumber, 0});
  };
  bounded("cases", counted.cases);
  bounded("cases_with_evidence", counted.evidence);
  report.add({name("blocks"), a_day(counted.blocks), 0, unit, std::nullopt, 0});
  report.add({name("score_alone"), counted.alone_mnat / 1e3, 9.2, "nats open a case at the end", std::nullopt, 0});
  report.add(
      {name("score_together"), counted.together_mnat / 1e3, 9.2, "nats open a case at the end", std::nullopt, 0});
  for (const auto& [kind, n] : counted.of_kind)
    report.add({name(fmt::format("cases_of.{}", to_string(kind))), a_day(n), std::nullopt, unit, std::nullopt, 0});
  for (const auto& [rule, n] : counted.theirs) report.add({name(rule), a_day(n), std::nullopt, unit, std::nullopt, 0});
}

}  // namespace

double upper_95(uint64_t k, uint64_t n) {
  if (n == 0 || k >= n) return 1;
  // The share at which seeing k or fewer has the probability of 5 %.
  const auto at_most_k = [&](double p) {
    double sum = 0;
    const auto trials = static_cast<double>(n);
    for (uint64_t i = 0; i <= k; ++i) {
      const auto x = static_cast<double>(i);
      sum += std::exp(std::lgamma(trials + 1) - std::lgamma(x + 1) - std::lgamma(trials - x + 1) + x * std::log(p) +
                      (trials - x) * std::log1p(-p));
    }
    return sum;
  };
  double low = static_cast<double>(k) / static_cast<double>(n);
  double high = 1;
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2;
    (at_most_k(middle) > .05 ? low : high) = middle;
  }
  return high;
}

void alarms(Report& report, const Runs& runs) {
  const model::Policy policy = policy_for("10.0.0.0/8", "residential");
  for (const bool closed : {false, true}) {
    Counted counted;
    std::map<std::string, Tally> zombies;
    for (uint64_t seed = runs.first_seed; seed < runs.first_seed + runs.seeds; ++seed) {
      PopulationConfig config;
      config.seed = seed;
      config.residential = runs.lines;
      config.begin = kMonday;
      config.length = days(runs.days);
      config.closed = closed ? 1 : 0;
      config.outages = rehearse::usual_outages(seed, config.begin, config.length);
      config.zombies = zombies_over(runs.lines, seed);
      run(std::move(config), policy, counted, zombies);
    }
    const std::string view = closed ? "gate" : "flows";
    add_rows(report, view, counted, runs);
    for (auto& [what, tally] : zombies) {
      const std::string name = fmt::format("watch.zombies.{}.{}", view, what);
      report.add(
          {name, tally.found, std::nullopt, fmt::format("of {} found in the week", tally.lines), std::nullopt, 0});
      if (tally.seconds.empty()) continue;
      std::ranges::sort(tally.seconds);
      report.add({name + ".seconds", tally.seconds[tally.seconds.size() / 2], std::nullopt,
                  "s from its first contact to the case, median", std::nullopt, 0});
    }
  }
  report.note(
      fmt::format("false cases: {} residential lines, {} days, {} seeds from {}, DNS seen; the reference is the "
                  "operator's number; bound "
                  "by Clopper and Pearson over line-days; flows = nothing is closed, gate = port 25 of every line is; "
                  "cases without evidence beyond novelty are questions to the "
                  "customer, never restrictions",
                  runs.lines, runs.days, runs.seeds, runs.first_seed));
}

}  // namespace postern::bench
