// SPDX-License-Identifier: Apache-2.0
// Capture files to packets, as a stream: push() octets in any portions, get each whole packet. pcap
// (draft-ietf-opsawg-pcap: both byte orders, micro- and nanoseconds) and pcapng (draft-ietf-opsawg-pcapng: section,
// interface, enhanced, simple and the obsolete packet block; the rest is skipped). Pure; foreign bytes in.
//
// Limits: a packet of at most kCaptureOctetsMax captured octets, kCaptureInterfacesMax interfaces to a section; skipped
// blocks may have any length and cost no memory. After a fault nothing more can be read (there is no mark to find the
// next packet by): push() gives the error, with the octet of the file, again and again.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/codec.h"
#include "base/result.h"
#include "base/time.h"

namespace postern::wire {

inline constexpr size_t kCaptureOctetsMax = size_t{256} * 1024;
inline constexpr size_t kCaptureInterfacesMax = 4096;

struct CapturedPacket {
  Time at;  // unset: the block has none (pcapng simple packet)
  uint16_t link = 0;
  ByteView octets;               // valid during the call
  uint32_t original_octets = 0;  // on the wire; more than octets.size() when the capture cut it
};

class CaptureReader {
 public:
  using See = std::function<void(const CapturedPacket&)>;

  [[nodiscard]] Status push(ByteView chunk, const See& see);
  // The end of the file: an error when it stands inside a packet, or nothing was a capture at all.
  [[nodiscard]] Status finish() const;
  [[nodiscard]] uint64_t packets() const { return packets_; }
  [[nodiscard]] uint64_t octets() const { return consumed_; }
  [[nodiscard]] uint64_t blocks_skipped() const { return blocks_skipped_; }

 private:
  enum class Form : unsigned char { unknown, pcap, pcapng };
  struct Interface {
    uint16_t link = 0;
    uint64_t ticks_per_s = 1'000'000;
    int64_t offset_s = 0;
  };

  // Octets used of `in`; 0 = needs more.
  Result<size_t> step(ByteView in, const See& see);
  Result<size_t> begin(ByteView in);
  Result<size_t> pcap_packet(ByteView in, const See& see);
  Result<size_t> block(ByteView in, const See& see);
  Result<size_t> section(ByteView in);
  Status interface(ByteView body);
  Status enhanced(ByteView body, bool obsolete, const See& see);
  Status simple(ByteView body, const See& see);
  [[nodiscard]] std::unexpected<Error> broken(std::string what) const;
  [[nodiscard]] uint16_t u16(ByteView in, size_t at) const;
  [[nodiscard]] uint32_t u32(ByteView in, size_t at) const;

  Form form_ = Form::unknown;
  bool swapped_ = false;  // the file is big-endian
  Interface pcap_;
  std::vector<Interface> interfaces_;
  uint32_t snap_octets_ = 0;  // of interface 0: a simple packet block does not say how much it holds
  Bytes kept_;                // the beginning of what is not whole yet
  uint64_t skip_ = 0;
  uint64_t consumed_ = 0;
  uint64_t packets_ = 0;
  uint64_t blocks_skipped_ = 0;
  std::optional<Error> fault_;
};

}  // namespace postern::wire
