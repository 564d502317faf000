// SPDX-License-Identifier: Apache-2.0
#include "bench/gate/forward.h"

#include <algorithm>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <fstream>
#include <linux/bpf.h>
#include <net/if.h>
#include <unistd.h>
#include <vector>

#include "base/check.h"
#include "bench/gate/routers.h"

namespace postern::bench {
namespace {

constexpr uint32_t kPackets = 5'000;  // of one run: short, so that what disturbs it disturbs its neighbours too
constexpr int kRounds = 201;

void load_nft(const Router& router, uint32_t lines) {
  const std::string path = "/tmp/gate-bench-" + std::to_string(getpid()) + ".nft";
  std::ofstream out(path);
  out << "table inet bench {\n"
         "  set met { type ipv4_addr; flags dynamic; size 2000000; }\n"
         "  map verdicts { type ipv4_addr : verdict; size 2000000; }\n"
         "  chain limited { add @met { ip saddr limit rate 60000/minute burst 60000 packets } accept; drop; }\n"
         "  chain forward { type filter hook forward priority filter; policy accept;\n"
         "    iifname \"sub0\" tcp dport 25 ip saddr vmap @verdicts\n"
         "    iifname \"sub0\" tcp dport 25 drop\n  }\n}\n";
  for (uint32_t i = 0; i < lines;) {
    out << "add element inet bench verdicts { ";
    for (uint32_t j = 0; j < 20'000 && i < lines; ++j, ++i)
      out << (j != 0 ? ", " : "") << "10." << (i >> 16) << '.' << (i >> 8 & 255) << '.' << (i & 255)
          << " : jump limited";
    out << " }\n";
  }
  out.close();
  sh("nsenter --net=/run/netns/" + router.name() + " nft -f " + path + " && rm " + path);
}

void attach_floor(const Router& router, int program) {
  const InNamespace here(router.name());
  bpf_tc_hook hook{};
  hook.sz = sizeof hook;
  hook.ifindex = static_cast<int>(if_nametoindex("sub0"));
  hook.attach_point = BPF_TC_INGRESS;
  PN_CHECK(bpf_tc_hook_create(&hook) == 0);
  bpf_tc_opts o{};
  o.sz = sizeof o;
  o.prog_fd = program;
  PN_CHECK(bpf_tc_attach(&hook, &o) == 0);
}

struct Quartiles {
  double first, median, third;
};
Quartiles quartiles_of(std::vector<double> samples) {
  std::ranges::sort(samples);
  const auto at = [&](size_t quarter) { return samples[(samples.size() - 1) * quarter / 4]; };
  return {at(1), at(2), at(3)};
}

// One way of judging: what its packets cost, and what they cost more than the bare router's of the same round.
struct Side {
  Sender sender;
  std::vector<double> ns = {};
  std::vector<double> added = {};
};

// Every round has its packets; each side carries them once, the bare router before and after the others. The order
// turns from round to round, so that a place in it favours nobody.
std::vector<double> rounds(std::vector<Side*> sides, uint32_t lines) {
  Sender bare("b");
  std::vector<double> bare_ns;
  Syns syns;
  for (int round = 0; round < kRounds; ++round) {
    syns.random(kPackets, lines);
    double mean = bare.run(syns);
    for (Side* side : sides) side->ns.push_back(side->sender.run(syns));
    mean = (mean + bare.run(syns)) / 2;
    bare_ns.push_back(mean);
    for (Side* side : sides) side->added.push_back(side->ns.back() - mean);
    std::ranges::rotate(sides, sides.begin() + 1);
  }
  return bare_ns;
}

Row row_of(const std::string& name, const Side& side, const std::vector<double>& bare) {
  std::vector<double> ratios;
  for (size_t i = 0; i < bare.size(); ++i) ratios.push_back(side.ns[i] / bare[i]);
  const Summary ratio = summarize(ratios);
  return {name, summarize(side.ns).median, summarize(bare).median, "ns/packet", ratio.median, ratio.spread};
}

// What two sides add, side by side. The spread is of the ratios of the rounds.
Row added_row(const std::string& name, const Side& ours, const Side& reference) {
  std::vector<double> ratios;
  for (size_t i = 0; i < ours.added.size(); ++i) ratios.push_back(ours.added[i] / reference.added[i]);
  const double a = summarize(ours.added).median;
  const double b = summarize(reference.added).median;
  return {name, a, b, "ns/packet", a / b, summarize(ratios).spread};
}

void visit_all(Side& side, uint32_t lines) {
  Syns syns;
  for (uint32_t first = 0; first < lines; first += 100'000) {
    syns.in_turn(first, std::min(100'000U, lines - first), lines);
    (void)side.sender.run(syns);
  }
}

void note_added(Report& report, const std::string& name, const Side& side) {
  const Quartiles q = quartiles_of(side.added);
  report.note(
      fmt::format("{} adds {:.0f} ns per packet, quartiles {:.0f} and {:.0f}", name, q.median, q.first, q.third));
}

}  // namespace

void forwarding(Rig& rig, Report& report, uint32_t lines) {
  (void)rig.fill(lines, model::Verdict::limited, true);
  PN_CHECK(rig.gate().attach("sub0").has_value());
  const Router bare_router("b");
  const Router nft_router("n");
  load_nft(nft_router, lines);
  const Router floor_router("f");
  attach_floor(floor_router, rig.floor_program());
  Side gate{.sender = Sender(std::string(kOwnTag))};
  Side nft{.sender = Sender("n")};
  Side floor{.sender = Sender("f")};
  for (Side* side : {&gate, &nft, &floor}) visit_all(*side, lines);  // knows every line, destination and meter then
  const std::vector<double> bare = rounds({&gate, &nft, &floor}, lines);
  PN_CHECK(rig.gate().detach_interface("sub0").has_value());

  const Row gate_row = row_of("forward.limited_syn.gate", gate, bare);
  const Row nft_row = row_of("forward.limited_syn.nftables", nft, bare);
  report.add(gate_row);
  report.add(nft_row);
  report.add(row_of("forward.floor", floor, bare));
  report.add(added_row("forward.added_by_gate_beside_nftables", gate, nft));
  report.add(added_row("forward.added_by_floor_beside_nftables", floor, nft));
  const auto per_second = [&](const std::string& name, const Row& r) {
    report.add({name, 1e9 / r.ours, 1e9 / *r.reference, "packets/s", {}, r.spread});
  };
  per_second("forward.per_second.gate", gate_row);
  per_second("forward.per_second.nftables", nft_row);
  note_added(report, "gate", gate);
  note_added(report, "nftables", nft);
  note_added(report, "floor", floor);
}

}  // namespace postern::bench
