// SPDX-License-Identifier: Apache-2.0
// Many IPv6 lines of several prefix lengths: each address is its own line's, before and after changes.
#include <fmt/format.h>
#include <set>

#include "tests/gate/world.h"
#include "tests/support/skip.h"

namespace postern::testing {
namespace {

using model::Verdict;

constexpr uint32_t kLines = 100'000;

Verdict verdict_of(uint32_t id) { return id % 3 == 0 ? Verdict::open : Verdict::drop; }

// A /56 or a /64 for each line; every hundredth line is one address inside the /64 before it.
std::string prefix_of(uint32_t id) {
  if (id % 100 == 2) return fmt::format("2001:db8:{:x}:{:x}::99/128", 0x1000 + ((id - 1) >> 16), (id - 1) & 0xffff);
  if (id % 2 == 1) return fmt::format("2001:db8:{:x}:{:x}::/64", 0x1000 + (id >> 16), id & 0xffff);
  return fmt::format("2001:db8:{:x}:{:x}::/56", 0x1800 + (id >> 8), (id & 0xff) << 8);
}
std::string address_of(uint32_t id) {
  if (id % 100 == 2) return prefix_of(id).substr(0, prefix_of(id).find('/'));
  if (id % 2 == 1) return fmt::format("2001:db8:{:x}:{:x}::7", 0x1000 + (id >> 16), id & 0xffff);
  return fmt::format("2001:db8:{:x}:{:x}::7", 0x1800 + (id >> 8), (id & 0xff) << 8 | (id * 7 & 0xff));
}

class GateLines6 : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = why_no_kernel_tests(); !why.empty()) PN_SKIP(why);
    auto options = World::small();
    options.lines_max = kLines + 1000;
    world = std::make_unique<World>("lines6", options);
    run("ip -6 route replace 2001:db8:1000::/36 dev sub0");
    world->network.subscriber_prefixes.push_back(prefix("2001:db8:1000::/36"));
    ASSERT_TRUE(world->gate->set_network(world->network, sys::now()));
  }
  // What the program does with the line's SYN, and what the loader says of its address.
  void expect_line(uint32_t id, uint32_t owner) const {
    Shape syn;
    syn.source = address_of(id);
    syn.destination = "2001:db8:9::25";
    EXPECT_EQ(world->from_line(syn).action, verdict_of(owner) == Verdict::open ? kPass : kDrop) << syn.source;
    EXPECT_EQ(world->gate->in_force(parse_ip(syn.source).value(), sys::now()).line.value, owner) << syn.source;
  }
  std::unique_ptr<World> world;
};

TEST_F(GateLines6, EachAddressIsItsOwnLines) {
  std::vector<model::LineEntry> all;
  all.reserve(kLines);
  for (uint32_t id = 1; id <= kLines; ++id) all.push_back(line(id, prefix_of(id), verdict_of(id)));
  ASSERT_TRUE(world->gate->replace_all(all, sys::now()).empty());
  EXPECT_EQ(world->gate->stats().lines, kLines);
  EXPECT_EQ(world->gate->stats().prefixes6, kLines);
  std::set<uint32_t> sample;
  for (uint32_t id = 1; id <= kLines; id += 61) sample.insert(id);
  for (uint32_t id = 2; id <= kLines; id += 5'000) sample.insert({id, id - 1});  // an address and the /64 around it
  for (const uint32_t id : sample) expect_line(id, id);
  uint64_t counted = 0;
  world->gate->sums([&](const model::LineSum& s) {
    counted += s.passed + s.blocked;
    EXPECT_EQ(s.passed + s.blocked, 1U) << "line " << s.line.value;
    EXPECT_TRUE(sample.contains(s.line.value));
  });
  EXPECT_EQ(counted, sample.size());
  Shape nobody;
  nobody.source = "2001:db8:1fff::7";
  nobody.destination = "2001:db8:9::25";
  EXPECT_EQ(world->from_line(nobody).action, kDrop);
  EXPECT_EQ(world->counter("unknown"), 1U);

  // Without the single addresses their /64 has them, and nothing else has moved.
  std::vector<Prefix> gone;
  for (uint32_t id = 2; id <= kLines; id += 100) gone.push_back(prefix(prefix_of(id)));
  (void)world->apply(gone, {});
  EXPECT_EQ(world->gate->stats().prefixes6, kLines - gone.size());
  for (const uint32_t id : sample) expect_line(id, id % 100 == 2 ? id - 1 : id);
}

}  // namespace
}  // namespace postern::testing
