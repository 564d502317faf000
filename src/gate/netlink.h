// SPDX-License-Identifier: Apache-2.0
// Inside the room only: as much rtnetlink as rules, routes and qdiscs need.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sys/fd.h"

namespace postern::gate {

// One request: a header of the message type's own, then attributes.
class Request {
 public:
  template <class Header>
  Request(uint16_t type, uint16_t flags, const Header& header) {
    buffer_.resize(NLMSG_LENGTH(0));
    const auto* p = reinterpret_cast<const std::byte*>(&header);
    buffer_.insert(buffer_.end(), p, p + sizeof header);
    buffer_.resize(NLMSG_ALIGN(buffer_.size()));
    auto& h = *reinterpret_cast<nlmsghdr*>(buffer_.data());
    h.nlmsg_type = type;
    h.nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags);
  }
  void attribute(uint16_t type, const void* data, size_t size);
  void number(uint16_t type, uint32_t value) { attribute(type, &value, sizeof value); }
  [[nodiscard]] std::span<std::byte> finish();

 private:
  std::vector<std::byte> buffer_;
};

class Netlink {
 public:
  [[nodiscard]] static Result<Netlink> open();
  // The kernel's answer: 0 or a negative errno. Errors of the socket itself are -EIO.
  [[nodiscard]] int change(Request& request);
  [[nodiscard]] Status dump(Request& request, const std::function<void(const nlmsghdr&)>& on_message);

 private:
  sys::Fd fd_;
};

// The attribute of that type behind a message's own header, or null.
[[nodiscard]] const rtattr* find_attribute(const nlmsghdr& message, size_t header_size, uint16_t type);

}  // namespace postern::gate
