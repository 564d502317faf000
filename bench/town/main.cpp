// SPDX-License-Identifier: Apache-2.0
// ./dev bench town [--json FILE] [--seeds N] [--lines N] [--days N]
// Casework on virtual customers (rehearse/customers): what each way of going about it costs the customers and everybody
// else. Arm A is what ships, with restriction and plug on; the others differ in one thing. Every arm of a seed has the
// same people, who fall ill at the same times.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fmt/format.h>
#include <functional>
#include <string>
#include <vector>

#include "bench/report.h"
#include "rehearse/customers/customers.h"

namespace postern::bench {
namespace {

using model::CaseRules;
using rehearse::Told;
using rehearse::Town;

uint64_t number(const std::vector<std::string>& arguments, std::string_view name, uint64_t otherwise) {
  for (size_t i = 0; i + 1 < arguments.size(); ++i)
    if (arguments[i] == name)
      std::from_chars(arguments[i + 1].data(), arguments[i + 1].data() + arguments[i + 1].size(), otherwise);
  return otherwise;
}

struct Arm {
  const char* name;
  CaseRules rules;
};

std::vector<Arm> arms() {
  CaseRules ships;
  ships.restrict_mode = ships.plug_mode = model::Mode::on;
  CaseRules told = ships;
  told.restrict_mode = told.plug_mode = model::Mode::off;
  CaseRules no_plug = ships;
  no_plug.plug_mode = model::Mode::off;
  CaseRules garden = ships;
  garden.restriction = model::Hold::garden;
  CaseRules soon = ships;
  soon.deadline = soon.block_deadline = hours(12);
  CaseRules climb = ships;
  climb.escalate_every = hours(4);
  return {{"a_as_shipped_on", ships}, {"b_told_only", told},    {"c_no_plug", no_plug},
          {"d_garden_first", garden}, {"e_deadline_12h", soon}, {"f_next_channel_4h", climb}};
}

struct Measure {
  const char* name;
  const char* unit;
  std::function<double(const Told&)> of;
};

double in_hours(Duration d) { return static_cast<double>(d.seconds()) / 3600; }

std::vector<Measure> measures() {
  return {
      {"to_contact.median", "h", [](const Told& t) { return in_hours(t.to_contact.median); }},
      {"to_contact.p90", "h", [](const Told& t) { return in_hours(t.to_contact.p90); }},
      {"to_cure.median", "h", [](const Told& t) { return in_hours(t.to_cure.median); }},
      {"to_cure.p90", "h", [](const Told& t) { return in_hours(t.to_cure.p90); }},
      {"cured", "lines", [](const Told& t) { return static_cast<double>(t.cured); }},
      {"let_out", "connections", [](const Told& t) { return static_cast<double>(t.let_out); }},
      {"restricted", "lines", [](const Told& t) { return static_cast<double>(t.restrictions); }},
      {"disconnected", "lines", [](const Told& t) { return static_cast<double>(t.disconnections); }},
      {"held_when_well", "line-h", [](const Told& t) { return in_hours(t.held_well); }},
      {"cut_when_well", "line-h", [](const Told& t) { return in_hours(t.cut_well); }},
      {"never_ill_held", "lines", [](const Told& t) { return static_cast<double>(t.never_ill_held); }},
      {"calls", "calls", [](const Told& t) { return static_cast<double>(t.calls); }},
      {"promises_missed", "cases", [](const Told& t) { return static_cast<double>(t.promises_missed); }},
  };
}

Row row_of(const Measure& m, const char* arm, const std::vector<Told>& ours, const std::vector<Told>& reference) {
  std::vector<double> values;
  std::vector<double> others;
  std::vector<double> ratios;
  for (size_t i = 0; i < ours.size(); ++i) {
    values.push_back(m.of(ours[i]));
    others.push_back(m.of(reference[i]));
    if (others.back() != 0) ratios.push_back(values.back() / others.back());
  }
  Row row{.name = fmt::format("town.{}.{}", arm, m.name), .unit = m.unit};
  const Summary mine = summarize(values);
  row.ours = mine.median;
  row.spread = mine.spread;
  if (&ours == &reference) return row;
  row.reference = summarize(others).median;
  if (ratios.size() == ours.size()) {
    const Summary both = summarize(ratios);
    row.ratio = both.median;
    row.spread = both.spread;
  }
  return row;
}

// What people compare: a column for each arm.
void side_by_side(const std::vector<std::vector<Told>>& all) {
  std::string head = fmt::format("\n{:<18}", "medians");
  for (const Arm& arm : arms()) head += fmt::format(" {:>17}", arm.name);
  std::printf("%s  unit\n", head.c_str());
  for (const Measure& m : measures()) {
    std::string line = fmt::format("{:<18}", m.name);
    for (const std::vector<Told>& told : all) {
      std::vector<double> values;
      for (const Told& t : told) values.push_back(m.of(t));
      line += fmt::format(" {:>17.1f}", summarize(values).median);
    }
    std::printf("%s  %s\n", line.c_str(), m.unit);
  }
}

int run(Report& report) {
  const std::vector<std::string>& arguments = report.arguments();
  const uint64_t seeds = std::max<uint64_t>(1, number(arguments, "--seeds", 3));
  Town town;
  town.lines = static_cast<uint32_t>(number(arguments, "--lines", town.lines));
  town.ill = std::max(1U, town.lines / 25);
  town.innocent = std::max(1U, town.lines / 100);
  town.days = static_cast<int64_t>(number(arguments, "--days", static_cast<uint64_t>(town.days)));
  std::vector<std::vector<Told>> all;
  size_t broken = 0;
  for (const Arm& arm : arms()) {
    std::vector<Told>& told = all.emplace_back();
    for (uint64_t seed = 1; seed <= seeds; ++seed) {
      town.seed = seed;
      told.push_back(rehearse::live(town, arm.rules, {}));
      for (const std::string& law : told.back().broken) std::fprintf(stderr, "%s: BROKEN %s\n", arm.name, law.c_str());
      broken += told.back().broken.size();
    }
  }
  for (size_t i = 0; i < all.size(); ++i)
    for (const Measure& m : measures()) report.add(row_of(m, arms()[i].name, all[i], all[0]));
  report.note(
      fmt::format("{} seeds of {} lines, {} days; reference = arm a; a ratio only where a is never 0; {} laws "
                  "broken",
                  seeds, town.lines, town.days, broken));
  report.note(
      fmt::format("{} lines fall ill in each town; to_cure is of those that were cured: an arm that cures only the "
                  "willing looks fast, "
                  "let_out says what the others went on with",
                  town.ill));
  const int done = report.finish();
  side_by_side(all);
  return broken == 0 ? done : 1;
}

}  // namespace
}  // namespace postern::bench

int main(int argc, char** argv) {
  postern::bench::Report report("casework on virtual customers: time to contact, time to cure, harm, for each arm",
                                "[--seeds N] [--lines N] [--days N]", argc, argv);
  return postern::bench::run(report);
}
