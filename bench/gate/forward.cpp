// SPDX-License-Identifier: Apache-2.0
#include "bench/gate/forward.h"

#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sstream>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "sys/fd.h"

namespace postern::bench {
namespace {

constexpr uint32_t kPackets = 100'000;
constexpr size_t kFrame = 60;

// /sys shows the namespace it was mounted in, /proc/net the one we are in.
uint64_t sent(const std::string& interface) {
  std::ifstream in("/proc/net/dev");
  for (std::string line; std::getline(in, line);) {
    const size_t at = line.find(interface + ":");
    if (at == line.npos) continue;
    std::istringstream numbers(line.substr(at + interface.size() + 1));
    uint64_t n = 0;
    for (int column = 0; column < 10; ++column) numbers >> n;
    return n;
  }
  return 0;
}

// Of this thread, the soft interrupts that carry its packets on included: what else the machine does is not in it.
double cpu_ns() {
  rusage r{};
  getrusage(RUSAGE_THREAD, &r);
  return (static_cast<double>(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e6 +
          static_cast<double>(r.ru_utime.tv_usec + r.ru_stime.tv_usec)) *
         1e3;
}

class Sender {
 public:
  explicit Sender(const char* interface) : fd_(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    setsockopt(fd_.get(), SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on);
    sockaddr_ll at{};
    at.sll_family = AF_PACKET;
    at.sll_ifindex = static_cast<int>(if_nametoindex(interface));
    PN_CHECK(bind(fd_.get(), reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
  }

  // ns per packet from sub1 to up1, SYNs of random lines.
  double run(uint32_t lines) {
    return run_from([&] { return static_cast<uint32_t>(random_() % lines); });
  }
  // Every line once, so that both sides know every line's destination and meter.
  void visit_all(uint32_t lines) {
    for (uint32_t first = 0; first < lines; first += kPackets) {
      uint32_t next = first;
      (void)run_from([&] { return next++ % lines; });
    }
  }
  template <class F>
  double run_from(F&& line) {
    build(line);
    const uint64_t before = sent("up0");
    const double start = cpu_ns();
    for (uint32_t i = 0; i < kPackets; i += kBatch) {
      std::array<mmsghdr, kBatch> m{};
      std::array<iovec, kBatch> v{};
      for (uint32_t j = 0; j < kBatch; ++j) {
        v[j] = {frames_.data() + (i + j) * kFrame, kFrame};
        m[j].msg_hdr.msg_iov = &v[j];
        m[j].msg_hdr.msg_iovlen = 1;
      }
      (void)sendmmsg(fd_.get(), m.data(), kBatch, 0);
    }
    const double ns = cpu_ns() - start;
    arrived_ = sent("up0") - before;
    return ns / kPackets;
  }
  [[nodiscard]] uint64_t arrived() const { return arrived_; }

 private:
  static constexpr uint32_t kBatch = 50;
  template <class F>
  void build(F&& line) {
    frames_.assign(kPackets * kFrame, 0);
    for (uint32_t i = 0; i < kPackets; ++i) {
      uint8_t* f = frames_.data() + i * kFrame;
      std::copy(to_.begin(), to_.end(), f);
      f[11] = 9;
      f[12] = 8;
      uint8_t* ip = f + 14;
      const std::array<uint8_t, 12> head = {0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0, 0};
      std::copy(head.begin(), head.end(), ip);
      const uint32_t source = 0x0a000000 + line();
      const uint32_t destination = 0xc6120000 + (source & 0xffff);  // a line's usual server
      for (int b = 0; b < 4; ++b) {
        ip[12 + b] = static_cast<uint8_t>(source >> (24 - 8 * b));
        ip[16 + b] = static_cast<uint8_t>(destination >> (24 - 8 * b));
      }
      uint32_t sum = 0;
      for (int b = 0; b < 20; b += 2) sum += static_cast<uint32_t>(ip[b] << 8 | ip[b + 1]);
      while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
      ip[10] = static_cast<uint8_t>(~sum >> 8);
      ip[11] = static_cast<uint8_t>(~sum);
      uint8_t* tcp = ip + 20;
      tcp[0] = static_cast<uint8_t>(1 + random_() % 200);
      tcp[1] = static_cast<uint8_t>(random_());
      tcp[3] = 25;
      tcp[12] = 0x50;
      tcp[13] = 2;
    }
  }

  sys::Fd fd_;
  std::array<uint8_t, 6> to_{2, 0, 0, 0, 0, 1};
  std::vector<uint8_t> frames_;
  std::mt19937 random_{4711};
  uint64_t arrived_ = 0;
};

// A second router like ours, with the ruleset instead of the gate: both stand at once, so that runs interleave.
std::string other_router() { return far_namespace() + "-nft"; }

void make_other_router() {
  const std::string other = other_router();
  sh("ip netns add " + other + " && ip link add nsub1 type veth peer name sub0 address 02:00:00:00:00:01 netns " +
     other + " && ip link set nsub1 up && ip link add name up0 netns " + other +
     " type veth peer name nup1 address 02:00:00:00:00:02 netns " + far_namespace() + " && nsenter --net=/run/netns/" +
     far_namespace() + " ip link set nup1 up && nsenter --net=/run/netns/" + other +
     " sh -c 'ip link set lo up; ip link set sub0 up; ip link set up0 up; sysctl -qw net.ipv4.ip_forward=1 "
     "net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.sub0.rp_filter=0; ip addr add 10.255.255.254/8 dev sub0; ip addr add "
     "192.0.2.1/24 dev up0; ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev up0; ip route add default via "
     "192.0.2.2'");
}

void load_nft(uint32_t lines) {
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
  sh("nsenter --net=/run/netns/" + other_router() + " nft -f " + path + " && rm " + path);
}

}  // namespace

void forwarding(Rig& rig, Report& report, uint32_t lines) {
  Sender sender("sub1");
  constexpr int kForwardRuns = 9;
  (void)rig.fill(lines, model::Verdict::limited, true);
  const auto with_gate = [&] {
    PN_CHECK(rig.gate().attach("sub0").has_value());
    const double ns = sender.run(lines);
    PN_CHECK(rig.gate().detach_interface("sub0").has_value());
    return ns;
  };
  const auto bare = [&] { return sender.run(lines); };
  PN_CHECK(rig.gate().attach("sub0").has_value());
  sender.visit_all(lines);
  PN_CHECK(rig.gate().detach_interface("sub0").has_value());
  Row gate = interleave("forward.limited_syn.gate", "ns/packet", kForwardRuns, with_gate, bare);
  std::fprintf(stderr, "bench: last run %lu of %u packets arrived\n", sender.arrived(), kPackets);
  make_other_router();
  load_nft(lines);
  Sender other("nsub1");
  const auto with_nft = [&] { return other.run(lines); };
  other.visit_all(lines);
  Row nft = interleave("forward.limited_syn.nftables", "ns/packet", kForwardRuns, with_nft, bare);
  sh("ip netns del " + other_router());
  report.add(gate);
  report.add(nft);
  const double gate_adds = gate.ours - *gate.reference;
  const double nft_adds = nft.ours - *nft.reference;
  report.add({"forward.added_by_gate_beside_nftables", gate_adds, nft_adds, "ns/packet", gate_adds / nft_adds, 0});
  report.add({"forward.per_second.gate", 1e9 / gate.ours, 1e9 / *gate.reference, "packets/s", {}, gate.spread});
  report.add({"forward.per_second.nftables", 1e9 / nft.ours, 1e9 / *nft.reference, "packets/s", {}, nft.spread});
}

}  // namespace postern::bench
