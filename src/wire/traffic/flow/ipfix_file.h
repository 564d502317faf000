// SPDX-License-Identifier: Apache-2.0
// IPFIX files (RFC 5655): IPFIX messages one after the other; each says its own length. A stream: octets in any
// portions, whole messages out. The first octets that are no message end it, with their place in the file. Pure.
#pragma once

#include <functional>
#include <optional>

#include "base/codec.h"
#include "base/result.h"

namespace postern::wire {

class IpfixFile {
 public:
  using See = std::function<void(ByteView message)>;
  [[nodiscard]] Status push(ByteView chunk, const See& see);
  [[nodiscard]] Status finish() const;  // an error when the file ends inside a message, or had none

 private:
  Bytes kept_;
  uint64_t consumed_ = 0;
  std::optional<Error> fault_;
};

}  // namespace postern::wire
