// SPDX-License-Identifier: Apache-2.0
#include "bench/gate/routers.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sstream>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "bench/gate/rig.h"

namespace postern::bench {
namespace {

// Packets an interface of the far namespace received. /sys shows the namespace it was mounted in, /proc/net ours.
uint64_t received(const std::string& interface) {
  const InNamespace far(far_namespace());
  std::ifstream in("/proc/thread-self/net/dev");
  for (std::string line; std::getline(in, line);) {
    const size_t at = line.find(interface + ":");
    if (at == line.npos) continue;
    std::istringstream numbers(line.substr(at + interface.size() + 1));
    uint64_t n = 0;
    for (int column = 0; column < 2; ++column) numbers >> n;
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

}  // namespace

InNamespace::InNamespace(const std::string& name) : home_(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
  const sys::Fd there(open(("/run/netns/" + name).c_str(), O_RDONLY | O_CLOEXEC));
  PN_CHECK(home_ && there && setns(there.get(), CLONE_NEWNET) == 0);
}
InNamespace::~InNamespace() { PN_CHECK(setns(home_.get(), CLONE_NEWNET) == 0); }

void wire_router(const std::string& tag) {
  const std::string far = far_namespace();
  const std::string subscriber = "sub-" + tag;
  const std::string uplink = "up-" + tag;
  sh("ip link set lo up && ip link add sub0 address 02:00:00:00:00:01 type veth peer name " + subscriber + " netns " +
     far + " && ip link add up0 type veth peer name " + uplink + " address 02:00:00:00:00:02 netns " + far +
     " && ip link set sub0 up && ip link set up0 up && nsenter --net=/run/netns/" + far + " sh -c 'ip link set " +
     subscriber + " up && ip link set " + uplink +
     " up' && sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.sub0.rp_filter=0 && "
     "ip addr add 10.255.255.254/8 dev sub0 && ip addr add 192.0.2.1/24 dev up0 && "
     "ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev up0 && ip route add default via 192.0.2.2");
}

Router::Router(const std::string& tag) : name_(far_namespace() + "-" + tag) {
  sh("ip netns add " + name_);
  const InNamespace here(name_);
  wire_router(tag);
}
Router::~Router() { sh("ip netns del " + name_); }

void Syns::random(uint32_t count, uint32_t lines) {
  frames_.assign((count_ = count) * kFrame, 0);
  for (uint32_t i = 0; i < count; ++i) {
    seed_ = seed_ * 1'664'525 + 1'013'904'223;
    write(i, static_cast<uint32_t>(uint64_t{seed_} * lines >> 32));
  }
}
void Syns::in_turn(uint32_t first, uint32_t count, uint32_t lines) {
  frames_.assign((count_ = count) * kFrame, 0);
  for (uint32_t i = 0; i < count; ++i) write(i, (first + i) % lines);
}

void Syns::write(uint32_t i, uint32_t line) {
  static constexpr std::array<uint8_t, 26> kHead = {2, 0,    0, 0, 0,  1, 0, 0, 0, 0,  0, 9, 8,
                                                    0, 0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0, 0};
  uint8_t* f = frame(i);
  std::memcpy(f, kHead.data(), kHead.size());
  uint8_t* ip = f + 14;
  const uint32_t source = 0x0a000000 + line;
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
  tcp[0] = static_cast<uint8_t>(4 + i % 200);
  tcp[1] = static_cast<uint8_t>(i >> 8);
  tcp[3] = 25;
  tcp[12] = 0x50;
  tcp[13] = 2;
}

Sender::Sender(std::string tag) : tag_(std::move(tag)) {
  const InNamespace far(far_namespace());
  fd_ = sys::Fd(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(fd_.get(), SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on);
  sockaddr_ll at{};
  at.sll_family = AF_PACKET;
  at.sll_ifindex = static_cast<int>(if_nametoindex(("sub-" + tag_).c_str()));
  PN_CHECK(bind(fd_.get(), reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
}

double Sender::send(Syns& syns) {
  constexpr uint32_t kBatch = 50;
  const double start = cpu_ns();
  for (uint32_t i = 0; i < syns.count(); i += kBatch) {
    std::array<mmsghdr, kBatch> m{};
    std::array<iovec, kBatch> v{};
    uint32_t n = 0;
    for (; n < kBatch && i + n < syns.count(); ++n) {
      v[n] = {syns.frame(i + n), Syns::kFrame};
      m[n].msg_hdr.msg_iov = &v[n];
      m[n].msg_hdr.msg_iovlen = 1;
    }
    (void)sendmmsg(fd_.get(), m.data(), n, 0);
  }
  return (cpu_ns() - start) / syns.count();
}

double Sender::run(Syns& syns) {
  constexpr int kTries = 5;  // packets that another thread of the kernel carried on are not in our time
  for (int i = 0; i < kTries; ++i) {
    const uint64_t before = received("up-" + tag_);
    const double ns = send(syns);
    if (received("up-" + tag_) - before >= syns.count()) return ns;
    usleep(20'000);
  }
  std::fprintf(stderr, "bench: packets by way of router %s do not arrive\n", tag_.c_str());
  std::exit(1);
}

}  // namespace postern::bench
