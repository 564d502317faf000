// SPDX-License-Identifier: Apache-2.0
// What passes an Ethernet interface, read from a ring that the kernel fills (packet(7), TPACKET_V3), in promiscuous
// mode and through a filter that runs in the kernel. Opening takes CAP_NET_RAW; whoever is handed the descriptor maps
// the ring without any right, also a second time, and goes on where the one before stopped. A ring that is full loses
// packets, which the kernel counts. Outer VLAN tags are taken off by the kernel. Nothing can be sent. One thread.
#pragma once

#include <functional>
#include <linux/filter.h>
#include <span>
#include <string>
#include <vector>

#include "base/codec.h"
#include "base/result.h"
#include "base/time.h"
#include "sys/fd.h"

namespace postern::sys {

// The kernel hands a block out after 50 ms, however little is in it: many small ones outlast a reader that is away.
inline constexpr size_t kRingBlockOctets = size_t{1} << 17;
constexpr size_t ring_blocks(size_t mebibytes) { return mebibytes * ((size_t{1} << 20) / kRingBlockOctets); }

// A ring of `blocks` blocks. Not found: there is no such interface.
[[nodiscard]] Result<Fd> open_packet_ring(const std::string& interface, size_t blocks,
                                          std::span<const sock_filter> filter);

class PacketRing {
 public:
  using See = std::function<void(Time at, ByteView octets, size_t octets_on_wire)>;

  // `blocks` as it was opened with.
  [[nodiscard]] static Result<PacketRing> map(Fd fd, size_t blocks);
  PacketRing(PacketRing&& o) noexcept;
  PacketRing& operator=(PacketRing&&) = delete;
  ~PacketRing();

  [[nodiscard]] int fd() const { return fd_.get(); }
  // Up to `blocks_max` blocks; false = there was no more.
  bool read(size_t blocks_max, const See& see);
  // Lost because the ring was full, since the last call.
  [[nodiscard]] uint64_t take_dropped();
  // What the socket has to tell (ENETDOWN: the interface went down), once; 0 = nothing.
  [[nodiscard]] int take_error();

 private:
  PacketRing(Fd fd, std::span<std::byte> memory, size_t blocks);
  [[nodiscard]] std::byte* block(size_t n) const { return memory_.data() + n * kRingBlockOctets; }

  Fd fd_;
  std::span<std::byte> memory_;
  size_t blocks_ = 0;
  size_t next_ = 0;
};

}  // namespace postern::sys
