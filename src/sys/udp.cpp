// SPDX-License-Identifier: Apache-2.0
#include "sys/udp.h"

#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>

#include "sys/address/kernel_address.h"

namespace postern::sys {
namespace {

IpAddress address_of(const void* bytes, Family family) {
  IpAddress a{.family = family, .bytes = {}};
  std::memcpy(a.bytes.data(), bytes, family == Family::v4 ? 4 : 16);
  return a;
}

constexpr size_t kControlOctets = CMSG_SPACE(sizeof(in_pktinfo)) + CMSG_SPACE(sizeof(in6_pktinfo));

IpAddress destination_in(msghdr& message) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      in_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      return address_of(&info.ipi_spec_dst, Family::v4);
    }
    if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      return address_of(&info.ipi6_addr, Family::v6);
    }
  }
  return {};
}

template <class Info>
void put_source(msghdr& message, void* control, int level, int type, const Info& info) {
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(sizeof info);
  cmsghdr* c = CMSG_FIRSTHDR(&message);
  c->cmsg_level = level;
  c->cmsg_type = type;
  c->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(c), &info, sizeof info);
}

}  // namespace

Status want_destination(int fd) {
  int family = 0;
  socklen_t size = sizeof family;
  if (::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) != 0) return fail_errno("ask for a socket's family");
  const int on = 1;
  const bool v4 = family == AF_INET;
  if (::setsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_PKTINFO : IPV6_RECVPKTINFO, &on, sizeof on) != 0)
    return fail_errno("set IP_PKTINFO");
  return {};
}

Result<std::optional<Datagram>> receive(int fd, std::span<std::byte> buffer) {
  KernelAddress name;
  iovec part{buffer.data(), buffer.size()};
  alignas(cmsghdr) std::array<std::byte, kControlOctets> control{};
  msghdr message{};
  message.msg_name = name.get();
  message.msg_namelen = name.size;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t n = ::recvmsg(fd, &message, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  if (n < 0) return fail_errno("receive a datagram");
  return Datagram{.from = endpoint_of(name.storage),
                  .to = destination_in(message),
                  .octets = static_cast<size_t>(n),
                  .cut = (message.msg_flags & MSG_TRUNC) != 0};
}

Status send(int fd, const IpAddress& from, const Endpoint& to, ByteView bytes) {
  KernelAddress name = kernel_form(to);
  iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) std::array<std::byte, kControlOctets> control{};
  msghdr message{};
  message.msg_name = name.get();
  message.msg_namelen = name.size;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (from.family == Family::v4) {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, from.bytes.data(), 4);
    put_source(message, control.data(), IPPROTO_IP, IP_PKTINFO, info);
  } else if (from.family == Family::v6) {
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, from.bytes.data(), 16);
    put_source(message, control.data(), IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
  if (::sendmsg(fd, &message, MSG_NOSIGNAL) < 0) return fail_errno("send a datagram to " + to_string(to));
  return {};
}

}  // namespace postern::sys
