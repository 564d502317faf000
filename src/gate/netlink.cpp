// SPDX-License-Identifier: Apache-2.0
#include "gate/netlink.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/time.h>

namespace postern::gate {

void Request::attribute(uint16_t type, const void* data, size_t size) {
  rtattr a{};
  a.rta_type = type;
  a.rta_len = static_cast<uint16_t>(RTA_LENGTH(size));
  const auto* p = reinterpret_cast<const std::byte*>(&a);
  buffer_.insert(buffer_.end(), p, p + sizeof a);
  p = static_cast<const std::byte*>(data);
  buffer_.insert(buffer_.end(), p, p + size);
  buffer_.resize(NLMSG_ALIGN(buffer_.size()));
}

std::span<std::byte> Request::finish() {
  reinterpret_cast<nlmsghdr*>(buffer_.data())->nlmsg_len = static_cast<uint32_t>(buffer_.size());
  return buffer_;
}

Result<Netlink> Netlink::open() {
  Netlink n;
  n.fd_ = sys::Fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!n.fd_) return fail_errno("open rtnetlink");
  const timeval longest{5, 0};
  setsockopt(n.fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
  return n;
}

int Netlink::change(Request& request) {
  const auto bytes = request.finish();
  reinterpret_cast<nlmsghdr*>(bytes.data())->nlmsg_flags |= NLM_F_ACK;
  if (send(fd_.get(), bytes.data(), bytes.size(), 0) < 0) return -EIO;
  alignas(nlmsghdr) std::array<std::byte, 8192> in{};
  const ssize_t n = recv(fd_.get(), in.data(), in.size(), 0);
  const auto* h = reinterpret_cast<const nlmsghdr*>(in.data());
  if (n < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(nlmsgerr))) || h->nlmsg_type != NLMSG_ERROR) return -EIO;
  return static_cast<const nlmsgerr*>(NLMSG_DATA(h))->error;
}

Status Netlink::dump(Request& request, const std::function<void(const nlmsghdr&)>& on_message) {
  const auto bytes = request.finish();
  reinterpret_cast<nlmsghdr*>(bytes.data())->nlmsg_flags |= NLM_F_DUMP;
  if (send(fd_.get(), bytes.data(), bytes.size(), 0) < 0) return fail_errno("send to rtnetlink");
  alignas(nlmsghdr) std::array<std::byte, 65536> in{};
  for (;;) {
    ssize_t left = recv(fd_.get(), in.data(), in.size(), 0);
    if (left <= 0) return fail_errno("read from rtnetlink");
    const auto* h = reinterpret_cast<const nlmsghdr*>(in.data());
    for (; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
      if (h->nlmsg_type == NLMSG_DONE) return {};
      if (h->nlmsg_type == NLMSG_ERROR) {
        errno = -static_cast<const nlmsgerr*>(NLMSG_DATA(h))->error;
        return fail_errno("ask rtnetlink");
      }
      on_message(*h);
    }
  }
}

const rtattr* find_attribute(const nlmsghdr& message, size_t header_size, uint16_t type) {
  const auto* a =
      reinterpret_cast<const rtattr*>(static_cast<const std::byte*>(NLMSG_DATA(&message)) + NLMSG_ALIGN(header_size));
  auto left = static_cast<ssize_t>(message.nlmsg_len) - static_cast<ssize_t>(NLMSG_LENGTH(NLMSG_ALIGN(header_size)));
  for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
    if ((a->rta_type & NLA_TYPE_MASK) == type) return a;
  return nullptr;
}

}  // namespace postern::gate
