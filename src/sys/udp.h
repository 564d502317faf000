// SPDX-License-Identifier: Apache-2.0
// Datagrams with both their addresses, so that an answer leaves from the address that was asked even on a socket bound
// to a wildcard. Descriptors are non-blocking (sys::bind_udp).
#pragma once

#include <optional>
#include <span>

#include "base/codec.h"
#include "base/endpoint.h"
#include "base/result.h"

namespace postern::sys {

struct Datagram {
  Endpoint from;
  IpAddress to;  // none when the socket was not asked to say (want_destination)
  size_t octets = 0;
  bool cut = false;  // longer than the buffer
};

[[nodiscard]] Status want_destination(int fd);
// Nothing there now: nullopt.
[[nodiscard]] Result<std::optional<Datagram>> receive(int fd, std::span<std::byte> buffer);
// from = none leaves the choice to the kernel.
[[nodiscard]] Status send(int fd, const IpAddress& from, const Endpoint& to, ByteView bytes);

}  // namespace postern::sys
