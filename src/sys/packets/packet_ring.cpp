// SPDX-License-Identifier: Apache-2.0
#include "sys/packets/packet_ring.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

namespace postern::sys {
namespace {

constexpr unsigned kFrameOctets = 2'048;  // the kernel asks for it; blocks are filled without gaps
constexpr unsigned kBlockWithinMs = 50;   // a block that is not full is given then

template <class T>
Status set(int fd, int level, int option, const T& value, const char* what) {
  if (::setsockopt(fd, level, option, &value, sizeof value) != 0) return fail_errno(what);
  return {};
}

Status must_be_ethernet(int fd, const std::string& interface) {
  ifreq request{};
  interface.copy(request.ifr_name, sizeof request.ifr_name - 1);
  if (::ioctl(fd, SIOCGIFHWADDR, &request) != 0) return fail_errno("ask what kind of interface " + interface + " is");
  if (request.ifr_hwaddr.sa_family == ARPHRD_ETHER || request.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK) return {};
  return fail(Errc::bad_input, interface + " is no Ethernet interface", {}, "name the one the mirror port is wired to");
}

tpacket_block_desc* head_of(std::byte* block) { return reinterpret_cast<tpacket_block_desc*>(block); }

bool is_ours(std::byte* block) {
  return (__atomic_load_n(&head_of(block)->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) != 0;
}

}  // namespace

Result<Fd> open_packet_ring(const std::string& interface, size_t blocks, std::span<const sock_filter> filter) {
  const unsigned index = ::if_nametoindex(interface.c_str());
  if (index == 0)
    return fail(Errc::not_found, fmt::format("there is no interface {}", interface), {},
                "ip link shows those there are");
  // Without a protocol nothing comes before the filter is in its place.
  Fd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail_errno("open a packet socket");
  PN_TRY_VOID(must_be_ethernet(fd.get(), interface));
  const sock_fprog program{static_cast<unsigned short>(filter.size()), const_cast<sock_filter*>(filter.data())};
  PN_TRY_VOID(set(fd.get(), SOL_SOCKET, SO_ATTACH_FILTER, program, "attach the filter"));
  PN_TRY_VOID(set(fd.get(), SOL_PACKET, PACKET_VERSION, int{TPACKET_V3}, "ask for TPACKET_V3"));
  PN_TRY_VOID(set(fd.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, 1, "leave out what is sent"));
  tpacket_req3 ring{};
  ring.tp_block_size = kRingBlockOctets;
  ring.tp_block_nr = static_cast<unsigned>(blocks);
  ring.tp_frame_size = kFrameOctets;
  ring.tp_frame_nr = static_cast<unsigned>(kRingBlockOctets / kFrameOctets * blocks);
  ring.tp_retire_blk_tov = kBlockWithinMs;
  PN_TRY_VOID(set(fd.get(), SOL_PACKET, PACKET_RX_RING, ring, "make the ring"));
  packet_mreq promiscuous{};
  promiscuous.mr_ifindex = static_cast<int>(index);
  promiscuous.mr_type = PACKET_MR_PROMISC;
  PN_TRY_VOID(set(fd.get(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, promiscuous, "be promiscuous"));
  sockaddr_ll at{};
  at.sll_family = AF_PACKET;
  at.sll_protocol = htons(ETH_P_ALL);
  at.sll_ifindex = static_cast<int>(index);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0)
    return fail_errno("listen on " + interface);
  return fd;
}

Result<PacketRing> PacketRing::map(Fd fd, size_t blocks) {
  const size_t octets = blocks * kRingBlockOctets;
  void* at = ::mmap(nullptr, octets, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (at == MAP_FAILED) return fail_errno("map the ring");
  return PacketRing(std::move(fd), {static_cast<std::byte*>(at), octets}, blocks);
}

// The kernel numbers the blocks as it begins them: who read before stopped at the lowest that is given out, or else
// waits for the one that is being filled.
PacketRing::PacketRing(Fd fd, std::span<std::byte> memory, size_t blocks)
    : fd_(std::move(fd)), memory_(memory), blocks_(blocks) {
  const auto number = [&](size_t n) { return head_of(block(n))->hdr.bh1.seq_num; };
  bool waits = false;
  for (size_t n = 0; n < blocks_; ++n) {
    const bool ours = is_ours(block(n));
    const bool better = ours ? !waits || number(n) < number(next_) : !waits && number(n) > number(next_);
    if (better) next_ = n;
    waits = waits || ours;
  }
}

PacketRing::PacketRing(PacketRing&& o) noexcept
    : fd_(std::move(o.fd_)), memory_(std::exchange(o.memory_, {})), blocks_(o.blocks_), next_(o.next_) {}

PacketRing::~PacketRing() {
  if (!memory_.empty()) ::munmap(memory_.data(), memory_.size());
}

bool PacketRing::read(size_t blocks_max, const See& see) {
  for (size_t n = 0; n < blocks_max; ++n) {
    std::byte* const here = block(next_);
    if (!is_ours(here)) return false;
    const tpacket_hdr_v1& head = head_of(here)->hdr.bh1;
    size_t at = head.offset_to_first_pkt;
    for (uint32_t i = 0; i < head.num_pkts; ++i) {
      const auto* packet = reinterpret_cast<const tpacket3_hdr*>(here + at);
      see(Time{static_cast<int64_t>(packet->tp_sec) * 1'000'000 + packet->tp_nsec / 1'000},
          {here + at + packet->tp_mac, packet->tp_snaplen}, packet->tp_len);
      at += packet->tp_next_offset;
    }
    __atomic_store_n(&head_of(here)->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    next_ = (next_ + 1) % blocks_;
  }
  return true;
}

uint64_t PacketRing::take_dropped() {
  tpacket_stats_v3 counts{};
  socklen_t size = sizeof counts;
  if (::getsockopt(fd_.get(), SOL_PACKET, PACKET_STATISTICS, &counts, &size) != 0) return 0;
  return counts.tp_drops;
}

int PacketRing::take_error() {
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

}  // namespace postern::sys
