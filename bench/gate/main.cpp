// SPDX-License-Identifier: Apache-2.0
// ./dev bench gate: what a packet pays. See README.md beside this for what each row is compared with.
#include <bpf/bpf.h>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <string>

#include "bench/gate/forward.h"
#include "bench/gate/rig.h"
#include "bench/report.h"
#include "gate/bpf/gate_abi.h"
#include "sys/clock.h"
#include "sys/fd.h"

namespace postern::bench {
namespace {

constexpr int kRuns = 9;
using model::Verdict;
using Target = Rig::Target;

std::string size_name(uint32_t lines) { return lines >= 1'000'000 ? "1m" : lines >= 100'000 ? "100k" : "1k"; }

// The decision beside a bare program. Warm = the lines have seen these destinations before, as they have in steady
// state; then the caches are flushed, so that each packet finds its line cold.
Row decision(Rig& rig, const std::string& name, const Traffic& traffic, Target target, bool seen_before) {
  return interleave(
      name, "ns/packet", kRuns,
      [&] {
        rig.shuffle(traffic);
        if (seen_before && traffic.governed) (void)rig.run(target, false);
        return rig.run(target, true);
      },
      [&] {
        rig.shuffle(traffic);
        return rig.run(Target::bare, true);
      });
}

// The decision alone: what the driver and a program that only returns take is subtracted within each run.
Measure alone(Rig& rig, uint32_t lines, Target target) {
  return [&rig, lines, target] {
    rig.shuffle({.lines = lines});
    const double bare = rig.run(Target::bare, true);
    (void)rig.run(target, false);
    return rig.run(target, true) - bare;
  };
}

// The same program and table for packets of a million lines and of a thousand of them, in turn, so that both see the
// processor at the same clock; and the floor, which pays for one cold place in memory and does nothing with it.
void cold_beside_warm(Rig& rig, Report& report) {
  constexpr uint32_t kMany = 1'000'000;
  constexpr uint32_t kFew = 1'000;
  const auto row = [&](const std::string& name, const Measure& ours, const Measure& reference) {
    report.add(interleave(name, "ns/decision", kRuns, ours, reference));
  };
  row("gate.limited_1m_beside_1k", alone(rig, kMany, Target::gate), alone(rig, kFew, Target::gate));
  row("gate.floor_1m_beside_1k", alone(rig, kMany, Target::floor), alone(rig, kFew, Target::floor));
  row("gate.limited_beside_floor.1m", alone(rig, kMany, Target::gate), alone(rig, kMany, Target::floor));
}

void decisions(Rig& rig, Report& report, uint32_t lines) {
  const std::string n = "." + size_name(lines);
  const double seconds_taken = rig.fill(lines, Verdict::open, true);
  if (lines == 1'000'000) report.add({"gate.load" + n, seconds_taken, {}, "s", {}, 0});
  report.add(decision(rig, "gate.innocent_tcp" + n, {.lines = lines, .governed = false}, Target::gate, false));
  report.add(decision(rig, "gate.innocent_tcp_vlan" + n, {.lines = lines, .governed = false, .vlan = true},
                      Target::gate, false));
  report.add(
      decision(rig, "gate.innocent_udp" + n, {.lines = lines, .governed = false, .udp = true}, Target::gate, false));
  report.add(decision(rig, "gate.open" + n, {.lines = lines}, Target::gate, true));
  (void)rig.fill(lines, Verdict::limited, true);
  report.add(decision(rig, "gate.limited" + n, {.lines = lines}, Target::gate, true));
  report.add(
      decision(rig, "gate.limited_new_network" + n, {.lines = lines, .new_networks = true}, Target::gate, false));
  if (lines == 1'000'000) cold_beside_warm(rig, report);
  rig.fill_trie(lines);
  report.add(decision(rig, "gate.limited_on_lpm_trie" + n, {.lines = lines}, Target::trie, true));
  (void)rig.fill(lines, Verdict::limited, false);
  report.add(decision(rig, "gate.limited_by_route" + n, {.lines = lines}, Target::gate, true));
  (void)rig.fill(lines, Verdict::explain, true);
  report.add(decision(rig, "gate.explained" + n, {.lines = lines}, Target::gate, true));
  if (lines == 1'000)
    for (const auto& [name, count] : rig.gate().stats().counters)
      if (name == "steered" || name == "drop_not_assigned") report.note(fmt::format("explained: {} {}", name, count));
  (void)rig.fill(lines, Verdict::reject, true);
  report.add(decision(rig, "gate.rejected" + n, {.lines = lines}, Target::gate, true));
  // Others restricted: one line in 10,000, as on a network that is kept; then one in each /24, the worst there is.
  for (const uint32_t every : {10'000U, 256U}) {
    if (lines <= every) continue;
    (void)rig.fill(lines, Verdict::explain, true);
    rig.hold(lines, every);
    report.add(decision(rig, every == 256 ? "gate.innocent_tcp_beside_held" + n : "gate.innocent_tcp_some_held" + n,
                        {.lines = lines, .governed = false, .never = every}, Target::gate, false));
  }
}

// "Name:   number" out of a file of /proc.
double number_of(const std::string& path, const std::string& name) {
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(name + ":")) return std::stod(line.substr(name.size() + 1));
  return 0;
}

// What the kernel holds for the pinned tables, and what this process holds beside them.
double table_megabytes(const std::string& pin_dir) {
  double bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(fmt::format("{}/abi-{}", pin_dir, PN_ABI_VERSION))) {
    const sys::Fd fd(bpf_obj_get(entry.path().c_str()));
    bytes += number_of("/proc/self/fdinfo/" + std::to_string(fd.get()), "memlock");
  }
  return bytes / 1e6;
}
double own_megabytes() { return number_of("/proc/self/status", "RssAnon") / 1e3; }

// From the call that carries the order to the first packet judged by it.
Row order_to_enforcement(Rig& rig) {
  bool open = false;
  return repeat("gate.order_to_enforcement.1m", "us", 101, [&] {
    model::LineDelta d;
    model::LineEntry e;
    e.prefix = parse_prefix("10.0.3.7/32").value();
    e.line = {3 * 256 + 8};
    e.verdict = (open = !open) ? Verdict::open : Verdict::drop;
    d.set.push_back(e);
    const Duration before = sys::monotonic();
    (void)rig.gate().apply(d, sys::now());
    const double us = static_cast<double>((sys::monotonic() - before).us);
    return rig.gate().in_force(e.prefix.address, sys::now()).verdict == e.verdict ? us : -1.0;
  });
}

int run_all(int argc, char** argv) {
  Report report("gate: what a packet pays", "[--quick] [--no-forward | --only-forward]", argc, argv);
  bool quick = false;
  bool forward = true;
  bool decide = true;
  for (const std::string& a : report.arguments()) {
    quick |= a == "--quick";
    forward &= a != "--no-forward";
    decide &= a != "--only-forward";
  }
  enter_namespace();
  {
    Rig rig;
    const double before = own_megabytes();
    for (const uint32_t lines : {1'000U, 100'000U, 1'000'000U}) {
      if (!decide || (quick && lines == 100'000U)) continue;
      decisions(rig, report, lines);
    }
    if (decide) report.add({"gate.memory_kernel.1m", table_megabytes(rig.pin_dir()), {}, "MB", {}, 0});
    if (decide) report.add({"gate.memory_loader.1m", own_megabytes() - before, {}, "MB", {}, 0});
    if (decide) report.add(order_to_enforcement(rig));
    if (forward) forwarding(rig, report, quick ? 100'000 : 1'000'000);
  }
  leave_namespace();
  report.note("reference of the decision rows: a bare program that only returns, same packets, same driver");
  report.note("packets: 10,000 random lines, 64 to 1514 bytes; caches flushed before every run; 9 runs A-B-A");
  return report.finish();
}

}  // namespace
}  // namespace postern::bench

int main(int argc, char** argv) { return postern::bench::run_all(argc, argv); }
