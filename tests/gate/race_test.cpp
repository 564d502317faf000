// SPDX-License-Identifier: Apache-2.0
// Two CPUs on one line at once: what is counted is exact, what is new is new once, what is limited is never
// over-granted.
#include <array>
#include <atomic>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <sched.h>
#include <thread>

#include "tests/gate/world.h"
#include "tests/support/skip.h"

namespace postern::testing {
namespace {

using model::Verdict;

class GateRace : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = why_no_kernel_tests(); !why.empty()) PN_SKIP(why);
    if (std::thread::hardware_concurrency() < 2) PN_SKIP("needs two CPUs");
    auto options = World::small();
    options.events_bytes = 1U << 20;
    options.pending_max = 4096;
    world = std::make_unique<World>("race", options);
    world->network.contacts_burst = 10'000;
    world->network.contacts_per_min = 600'000;
    ASSERT_TRUE(world->gate->set_network(world->network, sys::now()));
  }

  // The frame runs `times` through the ingress program without coming back to us in between. Returns the last verdict.
  [[nodiscard]] int run_many(const Frame& frame, int times) const {
    __sk_buff ctx{};
    ctx.ifindex = ctx.ingress_ifindex = world->ifindex;
    std::array<uint8_t, 2048> out{};
    LIBBPF_OPTS(bpf_test_run_opts, opts);
    opts.data_in = frame.data();
    opts.data_size_in = static_cast<uint32_t>(frame.size());
    opts.data_out = out.data();
    opts.data_size_out = out.size();
    opts.ctx_in = &ctx;
    opts.ctx_size_in = sizeof ctx;
    opts.repeat = times;
    return bpf_prog_test_run_opts(world->gate->program(gate::Gate::Hook::ingress), &opts) != 0
               ? -99
               : static_cast<int>(opts.retval);
  }

  // `f(cpu, round)` on two CPUs, each round begun by both at the same moment.
  template <class F>
  static void together(int rounds, F&& f) {
    std::array<std::atomic<int>, 2> at{};
    const auto body = [&](size_t me) {
      cpu_set_t one;
      CPU_ZERO(&one);
      CPU_SET(me, &one);
      (void)sched_setaffinity(0, sizeof one, &one);  // without it the scheduler decides; then there is less of a race
      for (int round = 1; round <= rounds; ++round) {
        at[me] = round;
        while (at[1 - me] < round) sched_yield();
        f(me, round);
      }
    };
    std::thread other(body, 1);
    std::thread(body, 0).join();
    other.join();
  }
  [[nodiscard]] model::LineSum sum_of(uint32_t line_id) const {
    model::LineSum out;
    world->gate->sums([&](const model::LineSum& s) {
      if (s.line.value == line_id) out = s;
    });
    return out;
  }

  std::unique_ptr<World> world;
};

constexpr int kTimes = 100'000;

TEST_F(GateRace, CountersAreExact) {
  world->set(line(7, "10.1.0.7/32", Verdict::drop));
  Shape data;
  data.flags = kAck;
  const Frame frame = build(data);
  together(1, [&](size_t, int) { EXPECT_EQ(run_many(frame, kTimes), kDrop); });
  EXPECT_EQ(sum_of(7).blocked, 2U * kTimes);
  EXPECT_EQ(world->counter("drop_verdict"), 2U * kTimes);
  EXPECT_TRUE(world->drained().empty());
}

// One line a round and one network each, so that no fingerprint can stand for another's.
TEST_F(GateRace, AFirstContactIsNewOnce) {
  constexpr int kLines = 400;
  std::vector<Frame> frames;
  for (int i = 0; i < kLines; ++i) {
    const std::string source = "10.1." + std::to_string(i / 200) + "." + std::to_string(1 + i % 200);
    world->set(line(static_cast<uint32_t>(1 + i), source + "/32", Verdict::drop));
    Shape syn;
    syn.source = source;
    frames.push_back(build(syn));
  }
  together(kLines, [&](size_t, int round) {
    // A slot whose lock stayed taken puts the contact off to the retry, so there are some.
    EXPECT_EQ(run_many(frames[static_cast<size_t>(round - 1)], 50), kDrop);
  });
  std::map<uint32_t, int> seen;
  for (const gate::Contact& c : world->drained()) ++seen[c.contact.line.value];
  EXPECT_EQ(seen.size(), static_cast<size_t>(kLines));
  for (const auto& [id, times] : seen) EXPECT_EQ(times, 1) << "line " << id;
  EXPECT_EQ(world->counter("contacts"), static_cast<uint64_t>(kLines));
  EXPECT_EQ(world->counter("drop_verdict"), 2U * 50 * kLines);
}

// A bucket each round, large enough that both CPUs draw from it at the same time.
TEST_F(GateRace, ConnectionTokensAreNeverOverGranted) {
  constexpr uint32_t kBurst = 2'000;
  constexpr int kSyns = 4'000;
  constexpr int kLines = 60;
  world->network.banners_per_min =
      0;  // no limit: beyond one the frame becomes a RST, and run_many() would go on with it
  ASSERT_TRUE(world->gate->set_network(world->network, sys::now()));
  std::vector<Frame> frames;
  for (uint32_t id = 1; id <= kLines; ++id) {
    Shape syn;
    syn.source = "10.1.0." + std::to_string(id);
    auto e = line(id, syn.source + "/32", Verdict::limited);
    e.limits = {1, kBurst, 0, 0};  // one a minute: what comes back meanwhile is at most one
    world->set(e);
    frames.push_back(build(syn));
  }
  together(kLines, [&](size_t, int round) { (void)run_many(frames[static_cast<size_t>(round - 1)], kSyns); });
  size_t lines = 0;
  world->gate->sums([&](const model::LineSum& sum) {
    ++lines;
    EXPECT_GE(sum.passed, kBurst) << "line " << sum.line.value;
    EXPECT_LE(sum.passed, kBurst + 1) << "line " << sum.line.value;
    EXPECT_EQ(sum.passed + sum.over_limit, 2U * kSyns) << "each is one or the other";
  });
  EXPECT_EQ(lines, static_cast<size_t>(kLines));
}

TEST_F(GateRace, NetworkTokensAreNeverOverGranted) {
  constexpr uint32_t kBurst = 5;
  constexpr int kNetworks = 40;
  for (uint32_t id = 1; id <= 20; ++id) {
    const std::string source = "10.1.0." + std::to_string(id);
    auto e = line(id, source + "/32", Verdict::limited);
    e.limits = {0, 0, 1, kBurst};
    world->set(e);
    together(kNetworks, [&](size_t me, int round) {
      Shape syn;
      syn.source = source;
      syn.destination = "198.18." + std::to_string(2 * round + static_cast<int>(me)) + ".25";
      (void)run_many(build(syn), 20);
    });
    const uint32_t granted = world->gate->in_force(e.prefix.address, sys::now()).destinations;
    EXPECT_GE(granted, 1U);
    EXPECT_LE(granted, kBurst) << "line " << id;
  }
  EXPECT_LE(world->gate->stats().pending, 20U * kBurst) << "each granted network is one contact";
}

}  // namespace
}  // namespace postern::testing
