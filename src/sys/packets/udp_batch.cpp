// SPDX-License-Identifier: Apache-2.0
#include "sys/packets/udp_batch.h"

#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>
#include <vector>

#include "base/check.h"

namespace postern::sys {

struct UdpBatch::Buffers {
  size_t octets_each = 0;
  std::vector<std::byte> octets;
  std::vector<mmsghdr> messages;
  std::vector<iovec> parts;
  std::vector<sockaddr_storage> names;
  struct alignas(cmsghdr) Control {
    std::array<std::byte, CMSG_SPACE(sizeof(uint32_t))> octets;
  };
  std::vector<Control> controls;
};

Result<ReceiveBuffer> prepare_for_batches(int fd, int octets_wanted) {
  const int on = 1;
  if (::setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on) != 0) return fail_errno("set SO_RXQ_OVFL");
  ReceiveBuffer got;
  socklen_t size = sizeof got.octets;
  const auto ask = [&] { return ::getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &got.octets, &size); };
  if (ask() != 0) return fail_errno("ask for SO_RCVBUF");
  // The kernel gives twice what is asked for, for its own bookkeeping. What a privileged process gave before stays.
  if (got.octets >= octets_wanted) return got;
  if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &octets_wanted, sizeof octets_wanted) != 0 &&
      ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &octets_wanted, sizeof octets_wanted) != 0)
    return fail_errno("set SO_RCVBUF");
  if (ask() != 0) return fail_errno("ask for SO_RCVBUF");
  return got;
}

UdpBatch::UdpBatch(size_t datagrams, size_t octets_each) : buffers_(std::make_unique<Buffers>()) {
  PN_CHECK(datagrams > 0 && octets_each > 0);
  Buffers& b = *buffers_;
  b.octets_each = octets_each;
  b.octets.resize(datagrams * octets_each);
  b.messages.resize(datagrams);
  b.parts.resize(datagrams);
  b.names.resize(datagrams);
  b.controls.resize(datagrams);
}

UdpBatch::~UdpBatch() = default;

Result<size_t> UdpBatch::receive(int fd) {
  Buffers& b = *buffers_;
  for (size_t i = 0; i < b.messages.size(); ++i) {
    b.parts[i] = {&b.octets[i * b.octets_each], b.octets_each};
    msghdr& m = b.messages[i].msg_hdr;
    m = {};
    m.msg_name = &b.names[i];
    m.msg_namelen = sizeof b.names[i];
    m.msg_iov = &b.parts[i];
    m.msg_iovlen = 1;
    m.msg_control = b.controls[i].octets.data();
    m.msg_controllen = b.controls[i].octets.size();
  }
  const int n = ::recvmmsg(fd, b.messages.data(), static_cast<unsigned>(b.messages.size()), MSG_DONTWAIT, nullptr);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  if (n < 0) return fail_errno("receive datagrams");
  for (int i = n - 1; i >= 0; --i) {
    msghdr& m = b.messages[static_cast<size_t>(i)].msg_hdr;
    const cmsghdr* c = CMSG_FIRSTHDR(&m);
    if (c == nullptr || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_RXQ_OVFL) continue;
    uint32_t dropped = 0;
    std::memcpy(&dropped, CMSG_DATA(c), sizeof dropped);
    dropped_ = dropped;
    break;
  }
  return static_cast<size_t>(n);
}

UdpBatch::One UdpBatch::at(size_t i) const {
  const Buffers& b = *buffers_;
  const mmsghdr& m = b.messages[i];
  One one{
      .from = {}, .bytes = {&b.octets[i * b.octets_each], m.msg_len}, .cut = (m.msg_hdr.msg_flags & MSG_TRUNC) != 0};
  const auto take = [&](const auto& name, const void* address, Family family, size_t octets) {
    one.from.address.family = family;
    std::memcpy(one.from.address.bytes.data(), address, octets);
    one.from.port = ntohs(name);
  };
  if (b.names[i].ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &b.names[i], sizeof v4);
    take(v4.sin_port, &v4.sin_addr, Family::v4, 4);
  } else if (b.names[i].ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &b.names[i], sizeof v6);
    take(v6.sin6_port, &v6.sin6_addr, Family::v6, 16);
  }
  return one;
}

}  // namespace postern::sys
