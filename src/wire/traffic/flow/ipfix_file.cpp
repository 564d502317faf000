// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/flow/ipfix_file.h"

#include <fmt/format.h>

#include "wire/traffic/octets.h"

namespace postern::wire {

Status IpfixFile::push(ByteView chunk, const See& see) {
  if (fault_) return std::unexpected(*fault_);
  if (!kept_.empty()) {
    kept_.insert(kept_.end(), chunk.begin(), chunk.end());
    chunk = kept_;
  }
  size_t at = 0;
  while (chunk.size() - at >= 4) {
    Octets head(chunk.subspan(at));
    const uint16_t version = head.u16();
    const size_t octets = head.u16();
    if (version != 10 || octets < 16) {
      fault_ = Error{.code = Errc::bad_input,
                     .what = fmt::format("version {} and length {} begin no IPFIX message", version, octets),
                     .where = fmt::format("IPFIX file, octet {}", consumed_),
                     .fix = {}};
      return std::unexpected(*fault_);
    }
    if (chunk.size() - at < octets) break;
    see(chunk.subspan(at, octets));
    at += octets;
    consumed_ += octets;
  }
  kept_ = Bytes(chunk.begin() + static_cast<ptrdiff_t>(at), chunk.end());
  return {};
}

Status IpfixFile::finish() const {
  if (fault_) return std::unexpected(*fault_);
  if (!kept_.empty() || consumed_ == 0)
    return fail(Errc::bad_input, consumed_ == 0 ? "no whole message" : "the file ends inside a message",
                fmt::format("IPFIX file, octet {}", consumed_));
  return {};
}

}  // namespace postern::wire
