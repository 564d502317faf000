// SPDX-License-Identifier: Apache-2.0
// Links that are not plain Ethernet frames: a real tun device, where packets begin at the IP header, and packets that
// the kernel has put together.
#include <array>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/fd.h"
#include "tests/gate/world.h"
#include "tests/support/skip.h"

namespace postern::testing {
namespace {

using model::Verdict;

constexpr int kWaitMs = 3000;

class GateTun : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = why_no_kernel_tests(); !why.empty()) PN_SKIP(why);
    world = std::make_unique<World>("tun");
    tun = sys::Fd(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));  // belongs to the namespace it is opened in
    if (!tun) PN_SKIP("kernel:tun: /dev/net/tun cannot be opened");
    ifreq r{};
    std::strncpy(r.ifr_name, "tun7", sizeof r.ifr_name - 1);
    r.ifr_flags = IFF_TUN | IFF_NO_PI;
    ASSERT_EQ(ioctl(tun.get(), TUNSETIFF, &r), 0) << std::strerror(errno);
    run("ip link set tun7 up && ip route add 10.7.0.0/24 dev tun7 && ip -6 route add 2001:db8:7::/64 dev tun7");
    world->network.subscriber_prefixes.push_back(prefix("10.7.0.0/24"));
    world->network.subscriber_prefixes.push_back(prefix("2001:db8:7::/64"));
    ASSERT_TRUE(world->gate->set_network(world->network, sys::now()));
    const auto attached = world->gate->attach("tun7");
    ASSERT_TRUE(attached) << attached.error().text();
    EXPECT_FALSE(attached->ethernet);
    EXPECT_TRUE(attached->egress);
    EXPECT_TRUE(world->gate->attached_in_kernel(*attached));
  }
  void TearDown() override { world.reset(); }  // the device goes with its descriptor

  void set(Verdict verdict) const {
    world->set(line(7, "10.7.0.7/32", verdict));
    world->set(line(7, "2001:db8:7::/64", verdict));
  }
  static Shape syn(bool v6) {
    Shape s;
    s.ethernet = false;
    s.source = v6 ? "2001:db8:7::7" : "10.7.0.7";
    s.destination = v6 ? "2001:db8:9::25" : "198.51.100.25";
    return s;
  }
  void write_packet(const Shape& shape) const {
    const Frame f = build(shape);
    ASSERT_EQ(write(tun.get(), f.data(), f.size()), static_cast<ssize_t>(f.size()));
  }
  // The next TCP packet the kernel sends to the subscriber; what it says on its own account (IPv6) is passed over.
  [[nodiscard]] std::optional<Seen> next_tcp(int wait_ms = kWaitMs) const {
    using clock = std::chrono::steady_clock;
    const auto until = clock::now() + std::chrono::milliseconds(wait_ms);
    Frame f(2048);
    while (clock::now() < until) {
      pollfd p{tun.get(), POLLIN, 0};
      if (poll(&p, 1, 50) <= 0) continue;
      const ssize_t n = ::read(tun.get(), f.data(), f.size());
      if (n < 40 || f[f[0] >> 4 == 6 ? 6 : 9] != 6) continue;
      return read(Frame(f.begin(), f.begin() + n), 0);
    }
    return {};
  }
  // The answer of a mail server, in by the uplink; up1 is in this namespace too, so its frame arrives at up0.
  static void answer_from_uplink(bool v6) {
    Shape s;
    s.source = syn(v6).destination;
    s.destination = syn(v6).source;
    s.source_port = 25;
    s.destination_port = 40'000;
    s.flags = kSyn | kAck;
    Frame f = build(s);
    const sys::Fd fd(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
    ifreq mac{};
    std::strncpy(mac.ifr_name, "up0", sizeof mac.ifr_name - 1);
    ASSERT_EQ(ioctl(fd.get(), SIOCGIFHWADDR, &mac), 0);
    std::memcpy(f.data(), mac.ifr_hwaddr.sa_data, 6);
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_ifindex = static_cast<int>(if_nametoindex("up1"));
    ASSERT_EQ(sendto(fd.get(), f.data(), f.size(), 0, reinterpret_cast<sockaddr*>(&to), sizeof to),
              static_cast<ssize_t>(f.size()));
  }
  [[nodiscard]] bool counts(std::string_view name, uint64_t wanted) const {
    for (int i = 0; i < kWaitMs / 10 && world->counter(name) < wanted; ++i) usleep(10'000);
    return world->counter(name) == wanted;
  }

  sys::Fd tun;
  std::unique_ptr<World> world;
};

TEST_F(GateTun, AClosedLineIsRefusedOnTheWire) {
  set(Verdict::reject);
  for (const bool v6 : {false, true}) {
    write_packet(syn(v6));
    const auto reset = next_tcp();
    ASSERT_TRUE(reset) << (v6 ? "IPv6" : "IPv4");
    EXPECT_EQ(reset->flags, kRst | kAck);
    EXPECT_EQ(reset->source, syn(v6).destination);
    EXPECT_EQ(reset->source_port, 25);
    EXPECT_EQ(reset->destination, syn(v6).source);
    EXPECT_EQ(reset->destination_port, 40'000);
    EXPECT_EQ(reset->acknowledgement, 1001U);
    EXPECT_TRUE(reset->checksums_ok);
  }
  EXPECT_EQ(world->drained().size(), 2U);
  EXPECT_EQ(world->counter("reset"), 2U);
  Shape foreign = syn(false);
  foreign.source = "10.1.0.7";  // routes to another interface
  write_packet(foreign);
  EXPECT_TRUE(counts("drop_spoofed_source", 1));
}

TEST_F(GateTun, AnswersFromPort25ReachOpenLinesOnly) {
  for (const bool v6 : {false, true}) {
    set(Verdict::drop);
    const uint64_t before = world->counter("drop_inbound");
    answer_from_uplink(v6);
    EXPECT_TRUE(counts("drop_inbound", before + 1)) << (v6 ? "IPv6" : "IPv4");
    set(Verdict::open);
    answer_from_uplink(v6);
    const auto seen = next_tcp();
    ASSERT_TRUE(seen) << (v6 ? "IPv6" : "IPv4");
    EXPECT_EQ(seen->flags, kSyn | kAck);
    EXPECT_EQ(seen->source_port, 25);
    EXPECT_FALSE(next_tcp(100)) << "only the one that was let through";
  }
}

class GateGro : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = why_no_kernel_tests(); !why.empty()) PN_SKIP(why);
    world = std::make_unique<World>("gro");
  }
  [[nodiscard]] int push_merged(const Shape& shape, uint32_t segments) const {
    const Frame frame = build(shape);
    __sk_buff ctx{};
    ctx.ifindex = ctx.ingress_ifindex = world->ifindex;
    ctx.gso_segs = segments;
    ctx.gso_size = segments > 1 ? 500 : 0;
    std::array<uint8_t, 4096> out{};
    LIBBPF_OPTS(bpf_test_run_opts, opts);
    opts.data_in = frame.data();
    opts.data_size_in = static_cast<uint32_t>(frame.size());
    opts.data_out = out.data();
    opts.data_size_out = out.size();
    opts.ctx_in = &ctx;
    opts.ctx_size_in = sizeof ctx;
    EXPECT_EQ(bpf_prog_test_run_opts(world->gate->program(gate::Gate::Hook::ingress), &opts), 0);
    return static_cast<int>(opts.retval);
  }
  std::unique_ptr<World> world;
};

// The other counters count such a packet once; how often that was so is told.
TEST_F(GateGro, MergedPacketsAreCounted) {
  world->set(line(7, "10.1.0.7/32", Verdict::drop));
  Shape data;
  data.flags = kAck;
  data.payload = 1500;
  EXPECT_EQ(push_merged(data, 1), kDrop);
  EXPECT_EQ(world->counter("gro"), 0U);
  EXPECT_EQ(push_merged(data, 3), kDrop);
  EXPECT_EQ(world->counter("gro"), 1U);
  EXPECT_EQ(world->counter("drop_verdict"), 2U);
  data.destination_port = 443;
  EXPECT_EQ(push_merged(data, 3), kPass);
  EXPECT_EQ(world->counter("gro"), 1U) << "not governed, so none of our business";
}

}  // namespace
}  // namespace postern::testing
