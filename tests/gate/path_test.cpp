// SPDX-License-Identifier: Apache-2.0
// Real packets through real namespaces: subscriber (sub1) - gate (this one) - internet (up1).
#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <bpf/libbpf.h>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <set>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "gate/guard.h"
#include "gate/routing.h"
#include "sys/fd.h"
#include "tests/gate/world.h"
#include "tests/support/skip.h"

namespace postern::testing {
namespace {

using model::Verdict;

// Runs in a namespace made by `ip netns add`, on a thread of its own.
template <class F>
auto inside(const std::string& netns, F&& f) {
  decltype(f()) result{};
  std::thread([&] {
    const sys::Fd fd(open(("/run/netns/" + netns).c_str(), O_RDONLY | O_CLOEXEC));
    if (setns(fd.get(), CLONE_NEWNET) == 0) result = f();
  }).join();
  return result;
}

// Source ports of this test's own connections: what an earlier test left on the wire is not counted in this one.
std::set<uint16_t> own_ports;

// What a client of `address`:port reads first, or why it reads nothing.
std::string greeting(const std::string& address, uint16_t port, int wait_ms = 5000) {
  const bool v6 = address.contains(':');
  const sys::Fd fd(socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  // Closed by a reset: a FIN that nobody answers would be sent again during the next test and be counted there.
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  sockaddr_storage to{};
  if (v6) {
    auto& a = reinterpret_cast<sockaddr_in6&>(to);
    a.sin6_family = AF_INET6;
    a.sin6_port = htons(port);
    inet_pton(AF_INET6, address.c_str(), &a.sin6_addr);
  } else {
    auto& a = reinterpret_cast<sockaddr_in&>(to);
    a.sin_family = AF_INET;
    a.sin_port = htons(port);
    inet_pton(AF_INET, address.c_str(), &a.sin_addr);
  }
  if (connect(fd.get(), reinterpret_cast<sockaddr*>(&to), v6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in)) != 0 &&
      errno != EINPROGRESS)
    return std::strerror(errno);
  own_ports.insert(sys::local_of(fd.get()).port);
  pollfd p{fd.get(), POLLIN, 0};
  if (poll(&p, 1, wait_ms) <= 0) return "timeout";
  std::array<char, 256> text{};
  const ssize_t n = ::read(fd.get(), text.data(), text.size());
  if (n < 0) return std::strerror(errno);
  return {text.data(), static_cast<size_t>(n)};
}

// Greets every connection with `word` and the address the client meant.
class Greeter {
 public:
  Greeter(sys::Fd listener, std::string word) : listener_(std::move(listener)), word_(std::move(word)) {
    thread_ = std::thread([this] {
      while (!stop_) {
        pollfd p{listener_.get(), POLLIN, 0};
        if (poll(&p, 1, 50) <= 0) continue;
        const sys::Fd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!fd) continue;
        const std::string text = word_ + " " + to_string(sys::local_of(fd.get())) + "\r\n";
        (void)!::write(fd.get(), text.data(), text.size());
      }
    });
  }
  ~Greeter() {
    stop_ = true;
    thread_.join();
  }
  [[nodiscard]] int fd() const { return listener_.get(); }

 private:
  sys::Fd listener_;
  std::string word_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

sys::Endpoint endpoint(const std::string& text) { return sys::parse_endpoint(text).value(); }

class GatePath : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!why_no_kernel_tests().empty()) return;
    enter_own_network();
    subscriber = "gate-path-s" + std::to_string(getpid());
    internet = "gate-path-i" + std::to_string(getpid());
    run("ip netns add " + subscriber + " && ip netns add " + internet + " && ip link set sub1 netns " + subscriber +
        " && ip link set up1 netns " + internet);
    run("nsenter --net=/run/netns/" + subscriber +
        " sh -c 'sysctl -qw net.ipv6.conf.sub1.accept_dad=0; ip link set lo up; ip link set sub1 up; ip addr add "
        "10.1.0.7/16 dev sub1; ip addr add 10.1.0.8/16 dev "
        "sub1; ip route add default via 10.1.255.254; ip -6 addr add 2001:db8:1:7::1/48 dev sub1 nodad; ip -6 route "
        "add default via 2001:db8:1::fffe'");
    run("nsenter --net=/run/netns/" + internet +
        " sh -c 'sysctl -qw net.ipv6.conf.up1.accept_dad=0; ip link set lo up; ip link set up1 up; ip addr add "
        "192.0.2.2/24 dev up1; ip addr add 198.51.100.25/32 "
        "dev lo; ip route add default via 192.0.2.1; ip -6 addr add 2001:db8:ff::2/64 dev up1 nodad; ip -6 addr add "
        "2001:db8:9::25/128 dev lo nodad; ip -6 route add default via 2001:db8:ff::1'");
  }
  static void TearDownTestSuite() {
    if (!subscriber.empty()) run("ip netns del " + subscriber + "; ip netns del " + internet);
  }
  void SetUp() override {
    if (const std::string why = why_no_kernel_tests(); !why.empty()) PN_SKIP(why);
    own_ports.clear();
    world = std::make_unique<World>("path");
    ASSERT_TRUE(gate::ensure_routing({.fwmark = world->options.fwmark}));
    ASSERT_TRUE(gate::ensure_routing({.fwmark = world->options.fwmark})) << "twice is once";
    ASSERT_TRUE(gate::routing_in_force({}).value());
    explainer4 = std::make_unique<Greeter>(sys::listen_tcp(endpoint("127.0.0.1:2525"), 64, true).value(), "554");
    explainer6 = std::make_unique<Greeter>(sys::listen_tcp(endpoint("[::1]:2525"), 64, true).value(), "554");
    ASSERT_TRUE(world->gate->set_explainer(explainer4->fd(), explainer6->fd()));
    mx4 = std::make_unique<Greeter>(
        inside(internet, [] { return sys::listen_tcp(endpoint("198.51.100.25:25"), 64, false).value(); }), "220");
    mx6 = std::make_unique<Greeter>(
        inside(internet, [] { return sys::listen_tcp(endpoint("[2001:db8:9::25]:25"), 64, false).value(); }), "220");
    const auto attached = world->gate->attach("sub0");
    ASSERT_TRUE(attached) << attached.error().text();
    EXPECT_TRUE(attached->egress);
    EXPECT_TRUE(attached->ethernet);
    EXPECT_TRUE(world->gate->attached_in_kernel(*attached));
    // Every IPv4 or IPv6 frame of mail the internet sees.
    capture = inside(internet, [] {
      sys::Fd fd(socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL)));
      sockaddr_ll at{};
      at.sll_family = AF_PACKET;
      at.sll_protocol = htons(ETH_P_ALL);
      at.sll_ifindex = static_cast<int>(if_nametoindex("up1"));
      EXPECT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
      return fd;
    });
  }
  void TearDown() override { EXPECT_TRUE(gate::remove_routing({})); }

  [[nodiscard]] std::string try_mail(bool v6, int wait_ms = 5000) const {
    return inside(subscriber, [&] { return greeting(v6 ? "2001:db8:9::25" : "198.51.100.25", 25, wait_ms); });
  }
  // TCP segments of this test to port 25 that reached the internet since the last call.
  [[nodiscard]] int leaked() const {
    int n = 0;
    std::array<uint8_t, 2048> f{};
    for (ssize_t size = 0; (size = recv(capture.get(), f.data(), f.size(), 0)) > 0;) {
      const bool v6 = f[12] == 0x86 && f[13] == 0xdd;
      if (!v6 && !(f[12] == 8 && f[13] == 0)) continue;
      const size_t l4 = v6 ? 54 : 34;
      if (f[v6 ? 20 : 23] == 6 && f[l4 + 2] == 0 && f[l4 + 3] == 25 &&
          own_ports.contains(static_cast<uint16_t>(f[l4] << 8 | f[l4 + 1])))
        ++n;
    }
    return n;
  }
  void set_line(Verdict verdict) {
    world->set(line(7, "10.1.0.7/32", verdict));
    world->set(line(7, "2001:db8:1:7::/64", verdict));
  }

  // Another process loads the gate, hooks it in, closes the line, and dies by kill -9 in the middle of its life.
  void killed_gate() {
    std::array<int, 2> ready{};
    ASSERT_EQ(pipe2(ready.data(), O_CLOEXEC), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto opened = gate::Gate::open(world->options);
      if (!opened) _exit(1);
      world->gate = std::make_unique<gate::Gate>(std::move(*opened));
      if (!world->gate->set_network(world->network, sys::now())) _exit(2);
      if (!world->gate->set_explainer(explainer4->fd(), explainer6->fd())) _exit(3);
      set_line(Verdict::explain);
      if (!world->gate->attach("sub0")) _exit(4);
      (void)!::write(ready[1], "x", 1);
      for (;;) pause();
    }
    close(ready[1]);
    char byte = 0;
    EXPECT_EQ(::read(ready[0], &byte, 1), 1) << "the child could not load the gate";
    close(ready[0]);
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "status " << status;
  }

  static inline std::string subscriber, internet;
  std::unique_ptr<World> world;
  std::unique_ptr<Greeter> explainer4, explainer6, mx4, mx6;
  sys::Fd capture;
};

TEST_F(GatePath, ExplainReachesTheClientAndNothingTheInternet) {
  set_line(Verdict::explain);
  EXPECT_EQ(try_mail(false), "554 198.51.100.25:25\r\n");
  EXPECT_EQ(try_mail(true), "554 [2001:db8:9::25]:25\r\n");
  EXPECT_EQ(leaked(), 0);
  EXPECT_GE(world->counter("steered"), 2U) << "a SYN sent again on a slow machine is steered again";
  EXPECT_GT(world->counter("steered_established"), 0U);
  EXPECT_EQ(world->drained().size(), 2U);
}

TEST_F(GatePath, OpenReachesTheServerAndTheOutcomeIsSeen) {
  set_line(Verdict::open);
  EXPECT_EQ(try_mail(false), "220 198.51.100.25:25\r\n");
  EXPECT_EQ(try_mail(true), "220 [2001:db8:9::25]:25\r\n");
  EXPECT_GT(leaked(), 0);
  const auto seen = world->swept();
  ASSERT_EQ(seen.size(), 2U);
  for (const auto& c : seen) EXPECT_EQ(c.contact.outcome, model::Outcome::success);
}

TEST_F(GatePath, TheGardenAnswersHttpAndResetsTls) {
  const Greeter page4(sys::listen_tcp(endpoint("127.0.0.1:2580"), 64, true).value(), "page");
  const Greeter page6(sys::listen_tcp(endpoint("[::1]:2580"), 64, true).value(), "page");
  ASSERT_TRUE(world->gate->set_garden(page4.fd(), page6.fd()));
  const auto ask = [&](const char* address, uint16_t port) {
    return inside(subscriber, [&] { return greeting(address, port); });
  };
  for (const char* p : {"10.1.0.7/32", "2001:db8:1:7::/64"}) {
    model::LineEntry e = line(7, p, Verdict::explain);
    e.hold = model::Hold::garden;
    world->set(e);
  }
  EXPECT_EQ(ask("198.51.100.25", 80), "page 198.51.100.25:80\r\n");
  EXPECT_EQ(ask("2001:db8:9::25", 80), "page [2001:db8:9::25]:80\r\n");
  EXPECT_EQ(ask("198.51.100.25", 443), "Connection refused");
  EXPECT_EQ(ask("2001:db8:9::25", 443), "Connection refused");
  EXPECT_EQ(try_mail(false), "554 198.51.100.25:25\r\n");
  EXPECT_EQ(try_mail(true), "554 [2001:db8:9::25]:25\r\n");
  EXPECT_EQ(leaked(), 0);
  EXPECT_GT(world->counter("held_steered"), 4U) << "the page's connections, every packet of them";
}

TEST_F(GatePath, RejectIsRefusedAtOnce) {
  set_line(Verdict::reject);
  EXPECT_EQ(try_mail(false), "Connection refused");
  EXPECT_EQ(try_mail(true), "Connection refused");
  EXPECT_EQ(leaked(), 0);
}

TEST_F(GatePath, OverTheLimitIsSteered) {
  auto e = line(7, "10.1.0.7/32", Verdict::limited);
  e.limits = {1, 1, 0, 0};
  world->set(e);
  EXPECT_EQ(try_mail(false), "220 198.51.100.25:25\r\n");
  EXPECT_EQ(try_mail(false), "554 198.51.100.25:25\r\n");
}

TEST_F(GatePath, BeyondTheBannersIsReset) {
  world->network.banners_per_min = 2;
  ASSERT_TRUE(world->gate->set_network(world->network, sys::now()));
  set_line(Verdict::explain);
  EXPECT_EQ(try_mail(false).substr(0, 3), "554");
  EXPECT_EQ(try_mail(false).substr(0, 3), "554");
  EXPECT_EQ(try_mail(false), "Connection refused");
  EXPECT_EQ(world->counter("over_banners"), 1U);
}

TEST_F(GatePath, DeadExplainerFailsClosed) {
  set_line(Verdict::explain);
  explainer4.reset();
  EXPECT_EQ(try_mail(false, 300), "timeout");
  EXPECT_EQ(leaked(), 0);
  EXPECT_GT(world->counter("drop_no_listener"), 0U);
}

TEST_F(GatePath, LostRouteRuleFailsClosed) {
  set_line(Verdict::explain);
  ASSERT_TRUE(gate::remove_routing({}));
  EXPECT_FALSE(gate::routing_in_force({}).value());
  EXPECT_NE(try_mail(false, 300).substr(0, 3), "220");
  EXPECT_NE(try_mail(true, 300).substr(0, 3), "220");
}

TEST_F(GatePath, KeepsBlockingWithNobodyAlive) {
  const auto options = world->options;
  world->gate.reset();
  ASSERT_TRUE(gate::Gate::detach(options.pin_dir, {"sub0"}));
  EXPECT_EQ(try_mail(false), "220 198.51.100.25:25\r\n") << "nothing of the first gate is left";
  killed_gate();
  (void)leaked();
  EXPECT_EQ(try_mail(false).substr(0, 3), "554") << "the listener is the supervisor's and still there";
  EXPECT_EQ(try_mail(true).substr(0, 3), "554");
  explainer4.reset();
  EXPECT_EQ(try_mail(false, 300), "timeout");
  EXPECT_EQ(leaked(), 0);
  auto again = gate::Gate::open(options);
  ASSERT_TRUE(again) << again.error().text();
  world->gate = std::make_unique<gate::Gate>(std::move(*again));
  ASSERT_TRUE(world->gate->attach("sub0"));
  explainer4 = std::make_unique<Greeter>(sys::listen_tcp(endpoint("127.0.0.1:2525"), 64, true).value(), "554");
  ASSERT_TRUE(world->gate->set_explainer(explainer4->fd(), explainer6->fd()));
  EXPECT_EQ(try_mail(false).substr(0, 3), "554");
}

TEST_F(GatePath, AnotherSourceOfTheSameLinkIsNotTheLine) {
  set_line(Verdict::open);
  const auto r = inside(subscriber, [] { return Frame{}; });
  EXPECT_TRUE(r.empty());
  run("nsenter --net=/run/netns/" + subscriber + " ip route change default via 10.1.255.254 src 10.1.0.8");
  EXPECT_EQ(try_mail(false, 300), "timeout");
  run("nsenter --net=/run/netns/" + subscriber + " ip route change default via 10.1.255.254 src 10.1.0.7");
  EXPECT_EQ(leaked(), 0);
}

TEST_F(GatePath, TaggedFramesAreJudgedByTheirTags) {
  auto e = line(7, "10.1.0.7/32", Verdict::drop);
  e.access = "sub0";
  e.vlan_outer = 100;
  e.vlan_inner = 7;
  world->set(e);
  const auto send = [&](std::vector<uint16_t> tags) {
    Shape s;
    s.tags = std::move(tags);
    const Frame f = build(s);
    inside(subscriber, [&] {
      const sys::Fd fd(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
      sockaddr_ll to{};
      to.sll_family = AF_PACKET;
      to.sll_ifindex = static_cast<int>(if_nametoindex("sub1"));
      return sendto(fd.get(), f.data(), f.size(), 0, reinterpret_cast<sockaddr*>(&to), sizeof to);
    });
  };
  send({100, 7});  // the outer tag arrives in metadata, the inner in the frame
  EXPECT_EQ(world->counter("drop_verdict"), 1U);
  send({100, 8});
  send({101, 7});
  send({});
  EXPECT_EQ(world->counter("drop_verdict"), 1U);
  EXPECT_EQ(world->counter("drop_wrong_access"), 3U);
}

TEST_F(GatePath, ForeignFiltersStay) {
  bpf_tc_hook hook{};
  hook.sz = sizeof hook;
  hook.ifindex = static_cast<int>(world->ifindex);
  hook.attach_point = BPF_TC_INGRESS;
  bpf_tc_opts opts{};
  opts.sz = sizeof opts;
  opts.handle = 7;
  opts.priority = 60'000;
  opts.prog_fd = world->gate->program(gate::Gate::Hook::egress);
  ASSERT_EQ(bpf_tc_attach(&hook, &opts), 0);
  ASSERT_TRUE(world->gate->attach("sub0"));
  ASSERT_TRUE(world->gate->detach_interface("sub0"));
  opts.prog_fd = 0;
  opts.prog_id = opts.flags = 0;
  EXPECT_EQ(bpf_tc_query(&hook, &opts), 0) << "somebody else's filter is gone";
  EXPECT_EQ(std::system("tc filter show dev sub0 ingress | grep -q pn_tc_ingress"), 1 << 8);
  EXPECT_EQ(try_mail(false), "220 198.51.100.25:25\r\n") << "detached";
  opts.prog_id = opts.prog_fd = opts.flags = 0;
  EXPECT_EQ(bpf_tc_detach(&hook, &opts), 0);
}

TEST_F(GatePath, TheGuardDropsWhatTheGateDidNotPass) {
  set_line(Verdict::open);
  ASSERT_TRUE(gate::load_guard({.pass_mark = world->options.pass_mark, .uplink_interfaces = {"up0", "wan*"}}));
  EXPECT_TRUE(gate::guard_in_force().value());
  EXPECT_EQ(try_mail(false).substr(0, 3), "220");
  EXPECT_EQ(try_mail(true).substr(0, 3), "220");
  (void)leaked();
  ASSERT_TRUE(world->gate->detach_interface("sub0"));
  EXPECT_EQ(try_mail(false, 300), "timeout");
  EXPECT_EQ(leaked(), 0);
  ASSERT_TRUE(gate::remove_guard());
  EXPECT_FALSE(gate::guard_in_force().value());
  EXPECT_EQ(try_mail(false).substr(0, 3), "220");
}

// Before any filter is attached, with the relay behind an interface that is nobody's uplink.
TEST_F(GatePath, TheGuardAloneLetsTheRelayWork) {
  ASSERT_TRUE(world->gate->detach_interface("sub0"));
  const std::string relay = "gate-path-r" + std::to_string(getpid());
  run("ip netns add " + relay + " && ip link add svc0 type veth peer name svc1 netns " + relay +
      " && ip link set svc0 up && ip addr add 203.0.113.1/24 dev svc0 && ip addr add 2001:db8:5e::1/64 dev svc0 nodad"
      " && ip route add 198.51.100.200/32 via 203.0.113.2 && ip route add 2001:db8:9::200/128 via 2001:db8:5e::2"
      " && nsenter --net=/run/netns/" +
      relay +
      " sh -c 'ip link set lo up; ip link set svc1 up; ip addr add 203.0.113.2/24 dev svc1; ip addr add "
      "198.51.100.200/32 dev lo; ip addr add 2001:db8:5e::2/64 dev svc1 nodad; ip addr add 2001:db8:9::200/128 dev lo; "
      "ip route add default via 203.0.113.1 src 198.51.100.200; ip -6 route add default via 2001:db8:5e::1 src "
      "2001:db8:9::200'");
  {
    const Greeter relay4(
        inside(relay, [] { return sys::listen_tcp(endpoint("198.51.100.200:25"), 64, false).value(); }), "relay");
    const Greeter relay6(
        inside(relay, [] { return sys::listen_tcp(endpoint("[2001:db8:9::200]:25"), 64, false).value(); }), "relay");
    ASSERT_TRUE(gate::load_guard({.pass_mark = world->options.pass_mark,
                                  .uplink_interfaces = {"up0"},
                                  .subscriber_interfaces = {"sub*"},
                                  .relay = world->network.relay}));
    (void)leaked();
    EXPECT_EQ(try_mail(false, 300), "timeout");
    EXPECT_EQ(try_mail(true, 300), "timeout");
    // A line with the relay's address, which routes elsewhere: its SYN would go out, the answer to the relay.
    run("nsenter --net=/run/netns/" + subscriber +
        " sh -c 'ip addr add 198.51.100.200/32 dev lo; ip route change default via 10.1.255.254 src 198.51.100.200'");
    EXPECT_EQ(try_mail(false, 300), "timeout");
    run("nsenter --net=/run/netns/" + subscriber +
        " sh -c 'ip addr del 198.51.100.200/32 dev lo; ip route replace default via 10.1.255.254 src 10.1.0.7'");
    EXPECT_EQ(leaked(), 0);
    for (const char* address : {"198.51.100.200", "2001:db8:9::200"})
      EXPECT_EQ(inside(subscriber, [&] { return greeting(address, 25, 5000); }).substr(0, 5), "relay") << address;
    for (const char* address : {"198.51.100.25", "2001:db8:9::25"})
      EXPECT_EQ(inside(relay, [&] { return greeting(address, 25, 5000); }).substr(0, 3), "220") << address;
    EXPECT_GT(leaked(), 0);
    ASSERT_TRUE(gate::remove_guard());
  }
  run("ip link del svc0 && ip netns del " + relay);
}

}  // namespace
}  // namespace postern::testing
