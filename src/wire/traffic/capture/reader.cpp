// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/capture/reader.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>

namespace postern::wire {
namespace {

constexpr size_t kPcapHeadOctets = 24;
constexpr size_t kPcapPacketHeadOctets = 16;
constexpr size_t kBlockHeadOctets = 8;
constexpr size_t kBlockOctetsMin = 12;
// Whole blocks are kept for a packet and what stands about it; all others are skipped as they come.
constexpr size_t kBlockOctetsMax = kCaptureOctetsMax + 4096;

constexpr uint32_t kSectionBlock = 0x0a0d0d0a;
constexpr uint32_t kInterfaceBlock = 1;
constexpr uint32_t kObsoletePacketBlock = 2;
constexpr uint32_t kSimplePacketBlock = 3;
constexpr uint32_t kEnhancedPacketBlock = 6;
constexpr uint32_t kByteOrder = 0x1a2b3c4d;

uint32_t little(ByteView in, size_t at, size_t n) {
  uint32_t v = 0;
  for (size_t i = 0; i < n; ++i) v |= uint32_t{static_cast<uint8_t>(in[at + i])} << (8 * i);
  return v;
}
uint32_t big(ByteView in, size_t at, size_t n) {
  uint32_t v = 0;
  for (size_t i = 0; i < n; ++i) v = v << 8 | static_cast<uint8_t>(in[at + i]);
  return v;
}

size_t padded(size_t n) { return (n + 3) & ~size_t{3}; }

// if_tsresol: a power of ten, or of two with the high bit; finer than we can hold is nobody's clock.
std::optional<uint64_t> ticks_of(uint8_t resolution) {
  const unsigned power = resolution & 0x7fU;
  if ((resolution & 0x80U) != 0) return power > 63 ? std::nullopt : std::optional(uint64_t{1} << power);
  if (power > 18) return std::nullopt;
  uint64_t ticks = 1;
  for (unsigned i = 0; i < power; ++i) ticks *= 10;
  return ticks;
}

Time time_of(uint64_t ticks, uint64_t ticks_per_s, int64_t offset_s) {
  __extension__ using Wide = __int128;
  const Wide us = Wide{ticks} * 1'000'000 / ticks_per_s + Wide{offset_s} * 1'000'000;
  const Wide most = std::numeric_limits<int64_t>::max();
  return {static_cast<int64_t>(std::clamp<Wide>(us, -most, most))};
}

}  // namespace

std::unexpected<Error> CaptureReader::broken(std::string what) const {
  return fail(Errc::bad_input, std::move(what), fmt::format("capture, octet {}", consumed_));
}
uint16_t CaptureReader::u16(ByteView in, size_t at) const {
  return static_cast<uint16_t>(swapped_ ? big(in, at, 2) : little(in, at, 2));
}
uint32_t CaptureReader::u32(ByteView in, size_t at) const { return swapped_ ? big(in, at, 4) : little(in, at, 4); }

Status CaptureReader::push(ByteView chunk, const See& see) {
  if (fault_) return std::unexpected(*fault_);
  // Only what was left over is copied; whole packets of a chunk are seen where they lie.
  if (!kept_.empty()) {
    kept_.insert(kept_.end(), chunk.begin(), chunk.end());
    chunk = kept_;
  }
  size_t at = 0;
  while (at < chunk.size()) {
    if (skip_ > 0) {
      const auto n = static_cast<size_t>(std::min<uint64_t>(skip_, chunk.size() - at));
      skip_ -= n;
      consumed_ += n;
      at += n;
      continue;
    }
    const Result<size_t> used = step(chunk.subspan(at), see);
    if (!used) {
      fault_ = used.error();
      kept_.clear();
      return std::unexpected(*fault_);
    }
    if (*used == 0) break;
    at += *used;
    consumed_ += *used;
  }
  kept_ = Bytes(chunk.begin() + static_cast<ptrdiff_t>(at), chunk.end());
  return {};
}

Status CaptureReader::finish() const {
  if (fault_) return std::unexpected(*fault_);
  if (!kept_.empty() || skip_ > 0)
    return broken("the file ends inside a packet: it was cut, or is still being written");
  if (form_ == Form::unknown) return broken("an empty file is no capture");
  return {};
}

Result<size_t> CaptureReader::step(ByteView in, const See& see) {
  switch (form_) {
    case Form::unknown:
      return begin(in);
    case Form::pcap:
      return pcap_packet(in, see);
    case Form::pcapng:
      return block(in, see);
  }
  return 0;
}

Result<size_t> CaptureReader::begin(ByteView in) {
  constexpr uint32_t kMicroseconds = 0xa1b2c3d4;
  constexpr uint32_t kNanoseconds = 0xa1b23c4d;
  if (in.size() < 4) return 0;
  if (big(in, 0, 4) == kSectionBlock) {
    form_ = Form::pcapng;
    return section(in);
  }
  swapped_ = big(in, 0, 4) == kMicroseconds || big(in, 0, 4) == kNanoseconds;
  const uint32_t magic = u32(in, 0);
  if (magic != kMicroseconds && magic != kNanoseconds)
    return fail(Errc::bad_input, fmt::format("begins with {:08x}: neither pcap nor pcapng", big(in, 0, 4)), "capture",
                "packed files are to be unpacked first");
  if (in.size() < kPcapHeadOctets) return 0;
  if (u16(in, 4) != 2) return broken(fmt::format("pcap version {}, needs 2", u16(in, 4)));
  form_ = Form::pcap;
  pcap_.ticks_per_s = magic == kNanoseconds ? 1'000'000'000 : 1'000'000;
  pcap_.link = u16(in, swapped_ ? 22 : 20);  // the upper half says whether frames end with their checksum
  return kPcapHeadOctets;
}

Result<size_t> CaptureReader::pcap_packet(ByteView in, const See& see) {
  if (in.size() < kPcapPacketHeadOctets) return 0;
  const uint32_t octets = u32(in, 8);
  const uint32_t fraction = u32(in, 4);
  if (octets > kCaptureOctetsMax)
    return broken(fmt::format("a packet of {} octets, at most {}", octets, kCaptureOctetsMax));
  if (fraction >= pcap_.ticks_per_s) return broken(fmt::format("a fraction of a second of {}", fraction));
  if (in.size() - kPcapPacketHeadOctets < octets) return 0;
  ++packets_;
  see({.at = time_of(u32(in, 0) * pcap_.ticks_per_s + fraction, pcap_.ticks_per_s, 0),
       .link = pcap_.link,
       .octets = in.subspan(kPcapPacketHeadOctets, octets),
       .original_octets = u32(in, 12)});
  return kPcapPacketHeadOctets + octets;
}

Result<size_t> CaptureReader::section(ByteView in) {
  if (in.size() < kBlockOctetsMin) return 0;
  if (big(in, 8, 4) != kByteOrder && little(in, 8, 4) != kByteOrder)
    return broken("a section header without its byte order mark");
  swapped_ = big(in, 8, 4) == kByteOrder;
  const uint32_t octets = u32(in, 4);
  if (octets < 28 || octets % 4 != 0) return broken(fmt::format("a section header of {} octets", octets));
  if (in.size() < 16) return 0;
  if (u16(in, 12) != 1) return broken(fmt::format("pcapng version {}, needs 1", u16(in, 12)));
  interfaces_.clear();
  skip_ = octets - kBlockOctetsMin;
  return kBlockOctetsMin;
}

Result<size_t> CaptureReader::block(ByteView in, const See& see) {
  if (in.size() < kBlockHeadOctets) return 0;
  if (big(in, 0, 4) == kSectionBlock) return section(in);
  const uint32_t type = u32(in, 0);
  const uint32_t octets = u32(in, 4);
  if (octets < kBlockOctetsMin || octets % 4 != 0) return broken(fmt::format("a block of {} octets", octets));
  const bool wanted = type == kInterfaceBlock || type == kObsoletePacketBlock || type == kSimplePacketBlock ||
                      type == kEnhancedPacketBlock;
  if (!wanted) {
    ++blocks_skipped_;
    skip_ = octets - kBlockHeadOctets;
    return kBlockHeadOctets;
  }
  if (octets > kBlockOctetsMax)
    return broken(fmt::format("a packet block of {} octets, at most {}", octets, kBlockOctetsMax));
  if (in.size() < octets) return 0;
  if (u32(in, octets - 4) != octets) return broken("a block that says its length twice, and differently");
  const ByteView body = in.subspan(kBlockHeadOctets, octets - kBlockOctetsMin);
  if (type == kInterfaceBlock) {
    PN_TRY_VOID(interface(body));
  } else if (type == kSimplePacketBlock) {
    PN_TRY_VOID(simple(body, see));
  } else {
    PN_TRY_VOID(enhanced(body, type == kObsoletePacketBlock, see));
  }
  return octets;
}

Status CaptureReader::interface(ByteView body) {
  constexpr uint16_t kResolution = 9;
  constexpr uint16_t kOffset = 14;
  if (body.size() < 8) return broken("an interface block without its link type");
  if (interfaces_.size() == kCaptureInterfacesMax) return broken("more interfaces than anyone captures on");
  Interface i{.link = u16(body, 0)};
  if (interfaces_.empty()) snap_octets_ = u32(body, 4);
  size_t at = 8;
  while (body.size() - at >= 4) {
    const uint16_t code = u16(body, at);
    const size_t length = u16(body, at + 2);
    at += 4;
    if (code == 0) break;
    if (length > body.size() - at) return broken("an interface option that goes past its block");
    if (code == kResolution && length == 1) {
      const auto ticks = ticks_of(static_cast<uint8_t>(body[at]));
      if (!ticks) return broken("an interface with a time resolution nobody has");
      i.ticks_per_s = *ticks;
    } else if (code == kOffset && length == 8) {
      const uint64_t low = u32(body, at + (swapped_ ? 4 : 0));
      const uint64_t high = u32(body, at + (swapped_ ? 0 : 4));
      i.offset_s = static_cast<int64_t>(high << 32 | low);
    }
    at += std::min(padded(length), body.size() - at);
  }
  interfaces_.push_back(i);
  return {};
}

Status CaptureReader::enhanced(ByteView body, bool obsolete, const See& see) {
  constexpr size_t kHead = 20;
  if (body.size() < kHead) return broken("a packet block shorter than its head");
  const uint32_t number = obsolete ? u16(body, 0) : u32(body, 0);
  if (number >= interfaces_.size())
    return broken(fmt::format("a packet of interface {}, which was not described", number));
  const Interface& i = interfaces_[number];
  const uint32_t octets = u32(body, 12);
  if (octets > kCaptureOctetsMax || octets > body.size() - kHead)
    return broken(fmt::format("a packet of {} octets in a block of {}", octets, body.size()));
  ++packets_;
  see({.at = time_of(uint64_t{u32(body, 4)} << 32 | u32(body, 8), i.ticks_per_s, i.offset_s),
       .link = i.link,
       .octets = body.subspan(kHead, octets),
       .original_octets = u32(body, 16)});
  return {};
}

Status CaptureReader::simple(ByteView body, const See& see) {
  if (body.size() < 4) return broken("a packet block shorter than its head");
  if (interfaces_.empty()) return broken("a packet of interface 0, which was not described");
  const uint32_t original = u32(body, 0);
  size_t octets = std::min<size_t>(original, body.size() - 4);
  if (snap_octets_ != 0) octets = std::min<size_t>(octets, snap_octets_);
  if (octets > kCaptureOctetsMax)
    return broken(fmt::format("a packet of {} octets, at most {}", octets, kCaptureOctetsMax));
  ++packets_;
  see({.at = {}, .link = interfaces_[0].link, .octets = body.subspan(4, octets), .original_octets = original});
  return {};
}

}  // namespace postern::wire
