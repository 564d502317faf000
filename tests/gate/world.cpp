// SPDX-License-Identifier: Apache-2.0
#include "tests/gate/world.h"

#include <bpf/bpf.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <linux/bpf.h>
#include <net/if.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/check.h"

namespace postern::testing {

std::string why_no_kernel_tests() {
  static std::string why;
  static bool asked = false;
  if (std::exchange(asked, true)) return why;
  if (geteuid() != 0) return why = "needs root: loads BPF programs and makes network namespaces";
  // A bpffs of this process's own: the machine may have none, and one mounted here for all would hide the pins of
  // whoever runs beside us (a second mount stacks, it is not refused).
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount("bpf", "/sys/fs/bpf", "bpf", 0, nullptr) != 0)
    return why = std::string("cannot mount a BPF file system: ") + std::strerror(errno);
  auto opened = gate::Gate::open({.pin_dir = "/sys/fs/bpf/postern-probe", .lines_max = 16, .pages_max = 1});
  why = opened ? "" : "cannot load BPF: " + opened.error().text();
  if (const auto gone = gate::Gate::detach("/sys/fs/bpf/postern-probe", {}); !gone && why.empty())
    why = "cannot remove BPF pins: " + gone.error().text();
  return why;
}

void run(const std::string& command) {
  if (std::system(command.c_str()) != 0) {
    std::fprintf(stderr, "failed: %s\n", command.c_str());
    PN_CHECK(false);
  }
}

void enter_own_network() {
  static bool done = false;
  if (done) return;
  done = true;
  PN_CHECK(unshare(CLONE_NEWNET) == 0);
  // No duplicate address detection: until it is through, a second or two, nobody's neighbours are found.
  run("sysctl -qw net.ipv6.conf.default.accept_dad=0 && ip link set lo up && ip link add sub0 type veth peer name sub1 "
      "&& ip link add up0 type veth peer name up1 && "
      "ip link set sub0 up && ip link set sub1 up && ip link set up0 up && ip link set up1 up && "
      "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.rp_filter=0 && "
      "ip addr add 10.1.255.254/16 dev sub0 && ip addr add 192.0.2.1/24 dev up0 && "
      "ip -6 addr add 2001:db8:1::fffe/48 dev sub0 nodad && ip -6 addr add 2001:db8:ff::1/64 dev up0 nodad && "
      "ip route add 8.0.0.0/24 dev sub0 && ip -6 route add 2001:db8:86dd::/48 dev sub0 && "
      "ip route add default via 192.0.2.2 && ip -6 route add default via 2001:db8:ff::2");
}

gate::Options World::small() {
  gate::Options o;
  o.lines_max = 1000;
  o.pages_max = 64;
  o.listed_max = 256;
  o.pending_max = 64;
  o.events_bytes = 1U << 16;
  return o;
}

World::World(const std::string& name, gate::Options wanted)
    : pin_dir("/sys/fs/bpf/gate-test-" + name + "-" + std::to_string(getpid())), options(std::move(wanted)) {
  enter_own_network();
  options.pin_dir = pin_dir;
  auto opened = gate::Gate::open(options);
  if (!opened) std::fprintf(stderr, "%s\n", opened.error().text().c_str());
  PN_CHECK(opened.has_value());
  gate = std::make_unique<gate::Gate>(std::move(*opened));
  ifindex = if_nametoindex("sub0");
  network.relay = {prefix("198.51.100.200/32"), prefix("2001:db8:9::200/128")};
  network.dark = {prefix("198.51.100.99/32"), prefix("2001:db8:9::99/128")};
  network.subscriber_prefixes = {prefix("10.1.0.0/16"), prefix("2001:db8:1::/48")};
  network.unknown.verdict = model::Verdict::drop;
  network.revision = 1;
  PN_CHECK(gate->set_network(network, sys::now()).has_value());
}

World::~World() {
  gate.reset();
  if (const auto gone = gate::Gate::detach(pin_dir, {"sub0"}); !gone)
    std::fprintf(stderr, "left behind: %s\n", gone.error().text().c_str());
}

Verdict World::push(gate::Gate::Hook hook, const Frame& frame, uint32_t mark) const {
  Verdict v;
  v.frame.resize(frame.size() + 512);
  __sk_buff ctx{};
  ctx.mark = mark;
  ctx.ifindex = ifindex;
  ctx.ingress_ifindex =
      if_nametoindex(hook == gate::Gate::Hook::ingress || hook == gate::Gate::Hook::ingress_bare ? "sub0" : "up0");
  LIBBPF_OPTS(bpf_test_run_opts, opts);
  opts.data_in = frame.data();
  opts.data_size_in = static_cast<uint32_t>(frame.size());
  opts.data_out = v.frame.data();
  opts.data_size_out = static_cast<uint32_t>(v.frame.size());
  opts.ctx_in = &ctx;
  opts.ctx_size_in = sizeof ctx;
  opts.ctx_out = &ctx;
  opts.ctx_size_out = sizeof ctx;
  if (const int error = bpf_prog_test_run_opts(gate->program(hook), &opts); error != 0) {
    std::fprintf(stderr, "test run: %s\n", std::strerror(-error));
    PN_CHECK(false);
  }
  v.action = static_cast<int>(opts.retval);
  v.frame.resize(opts.data_size_out);
  v.mark = ctx.mark;
  return v;
}

Verdict World::from_line(const Shape& s) const {
  return push(s.ethernet ? gate::Gate::Hook::ingress : gate::Gate::Hook::ingress_bare, build(s));
}
Verdict World::to_line(const Shape& s) const {
  return push(s.ethernet ? gate::Gate::Hook::egress : gate::Gate::Hook::egress_bare, build(s));
}

void World::set(const model::LineEntry& entry) {
  const auto results = apply({}, {entry});
  if (results.size() != 1 || results[0].state != model::ReceiptState::in_force) {
    std::fprintf(stderr, "refused: %s\n", results.empty() ? "" : results[0].detail.c_str());
    PN_CHECK(false);
  }
}

std::vector<gate::EntryResult> World::apply(std::vector<Prefix> removed, std::vector<model::LineEntry> set) {
  model::LineDelta d;
  d.removed = std::move(removed);
  d.set = std::move(set);
  return gate->apply(d, sys::now());
}

std::vector<gate::Contact> World::drained() {
  std::vector<gate::Contact> out;
  gate->drain(sys::now(), [&](const gate::Contact& c) { out.push_back(c); });
  return out;
}
std::vector<gate::Contact> World::swept(Duration later) {
  std::vector<gate::Contact> out;
  gate->sweep_pending(sys::now(), [&](const gate::Contact& c) { out.push_back(c); }, later);
  return out;
}

model::LineEntry line(uint32_t id, const std::string& text, model::Verdict verdict) {
  model::LineEntry e;
  e.prefix = prefix(text);
  e.line = {id};
  e.class_name = "residential";
  e.verdict = verdict;
  e.revision = 1;
  e.order = {id};
  return e;
}

Prefix prefix(const std::string& text) { return parse_prefix(text).value(); }

}  // namespace postern::testing
