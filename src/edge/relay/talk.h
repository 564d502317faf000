// SPDX-License-Identifier: Apache-2.0
// Talk: one peer's conversation in one protocol, without its socket. server.h owns the sockets and their bounds.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/fields.h"
#include "base/result.h"
#include "base/time.h"

namespace postern::edge::relay {

// What a Talk may leave of what it was given, while something is not at its end.
inline constexpr size_t kTalkOctetsMax = size_t{32} * 1024;

class Talk {
 public:
  Talk() = default;
  Talk(const Talk&) = delete;
  Talk& operator=(const Talk&) = delete;
  virtual ~Talk() = default;
  // Takes what is whole off `bytes` (all that came and was not taken yet) and appends the answers. false: the peer took
  // leave. Error: it speaks something else, or longer than it may; nothing more is taken of it.
  [[nodiscard]] virtual Result<bool> take(std::string_view& bytes, std::string& out, Time now) = 0;
};
using NewTalk = std::function<std::unique_ptr<Talk>()>;

// Questions that were judged.
struct TalkStats {
  uint64_t requests = 0;
  uint64_t refused = 0;  // of `requests`
  PN_FIELDS(requests, refused)
};

}  // namespace postern::edge::relay
