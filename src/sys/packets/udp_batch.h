// SPDX-License-Identifier: Apache-2.0
// Many datagrams with one system call (recvmmsg), for inputs that take tens of thousands a second. What the kernel
// dropped because nobody read in time is counted by it and told here (SO_RXQ_OVFL). Descriptors are non-blocking.
#pragma once

#include <memory>
#include <optional>

#include "base/codec.h"
#include "base/endpoint.h"
#include "base/result.h"

namespace postern::sys {

struct ReceiveBuffer {
  int octets = 0;  // what the kernel gave
};
// A buffer that has as much already is left alone; above net.core.rmem_max it takes CAP_NET_ADMIN.
[[nodiscard]] Result<ReceiveBuffer> prepare_for_batches(int fd, int octets_wanted);

class UdpBatch {
 public:
  UdpBatch(size_t datagrams, size_t octets_each);
  ~UdpBatch();
  UdpBatch(const UdpBatch&) = delete;
  UdpBatch& operator=(const UdpBatch&) = delete;

  struct One {
    Endpoint from;
    ByteView bytes;    // valid until the next receive()
    bool cut = false;  // longer than octets_each
  };
  // How many there are now; 0 = none.
  [[nodiscard]] Result<size_t> receive(int fd);
  [[nodiscard]] One at(size_t i) const;
  // Dropped by the kernel on this socket since it was made, as of the last datagram that said so.
  [[nodiscard]] std::optional<uint32_t> dropped() const { return dropped_; }

 private:
  struct Buffers;
  std::unique_ptr<Buffers> buffers_;
  std::optional<uint32_t> dropped_;
};

}  // namespace postern::sys
