// SPDX-License-Identifier: Apache-2.0
#include "sys/address/kernel_address.h"

#include <cstring>
#include <netinet/in.h>

namespace postern::sys {

KernelAddress kernel_form(const Endpoint& e) {
  KernelAddress out;
  if (e.address.family == Family::v4) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(e.port);
    std::memcpy(&v4->sin_addr, e.address.bytes.data(), 4);
    out.size = sizeof *v4;
  } else {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(e.port);
    std::memcpy(&v6->sin6_addr, e.address.bytes.data(), 16);
    out.size = sizeof *v6;
  }
  return out;
}

Endpoint endpoint_of(const sockaddr_storage& a) {
  Endpoint e;
  if (a.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&a);
    e.address.family = Family::v4;
    std::memcpy(e.address.bytes.data(), &v4->sin_addr, 4);
    e.port = ntohs(v4->sin_port);
  } else if (a.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&a);
    e.address.family = Family::v6;
    std::memcpy(e.address.bytes.data(), &v6->sin6_addr, 16);
    e.port = ntohs(v6->sin6_port);
  }
  return e;
}

}  // namespace postern::sys
