// SPDX-License-Identifier: Apache-2.0
#include "sys/udp.h"

#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>

namespace postern::sys {
namespace {

union Name {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
  sockaddr_storage storage;
};

IpAddress address_of(const void* bytes, Family family) {
  IpAddress a{.family = family, .bytes = {}};
  std::memcpy(a.bytes.data(), bytes, family == Family::v4 ? 4 : 16);
  return a;
}

Endpoint endpoint_of(const Name& name) {
  if (name.any.sa_family == AF_INET) return {address_of(&name.v4.sin_addr, Family::v4), ntohs(name.v4.sin_port)};
  if (name.any.sa_family == AF_INET6) return {address_of(&name.v6.sin6_addr, Family::v6), ntohs(name.v6.sin6_port)};
  return {};
}

socklen_t fill(Name& name, const Endpoint& e) {
  name.storage = {};
  if (e.address.family == Family::v4) {
    name.v4.sin_family = AF_INET;
    name.v4.sin_port = htons(e.port);
    std::memcpy(&name.v4.sin_addr, e.address.bytes.data(), 4);
    return sizeof name.v4;
  }
  name.v6.sin6_family = AF_INET6;
  name.v6.sin6_port = htons(e.port);
  std::memcpy(&name.v6.sin6_addr, e.address.bytes.data(), 16);
  return sizeof name.v6;
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
  Name name{};
  iovec part{buffer.data(), buffer.size()};
  alignas(cmsghdr) std::array<std::byte, kControlOctets> control{};
  msghdr message{};
  message.msg_name = &name;
  message.msg_namelen = sizeof name;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t n = ::recvmsg(fd, &message, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  if (n < 0) return fail_errno("receive a datagram");
  return Datagram{.from = endpoint_of(name),
                  .to = destination_in(message),
                  .octets = static_cast<size_t>(n),
                  .cut = (message.msg_flags & MSG_TRUNC) != 0};
}

Status send(int fd, const IpAddress& from, const Endpoint& to, ByteView bytes) {
  Name name{};
  iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) std::array<std::byte, kControlOctets> control{};
  msghdr message{};
  message.msg_name = &name;
  message.msg_namelen = fill(name, to);
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
