// SPDX-License-Identifier: Apache-2.0
// An endpoint as the kernel has it (ip(7), ipv6(7)).
#pragma once

#include <sys/socket.h>

#include "base/endpoint.h"

namespace postern::sys {

struct KernelAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

[[nodiscard]] KernelAddress kernel_form(const Endpoint& e);
// Of a family other than IPv4 and IPv6: Endpoint{}.
[[nodiscard]] Endpoint endpoint_of(const sockaddr_storage& a);

}  // namespace postern::sys
