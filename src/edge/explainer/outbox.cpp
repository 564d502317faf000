// SPDX-License-Identifier: Apache-2.0
#include "edge/explainer/outbox.h"

#include <cerrno>
#include <sys/socket.h>

namespace postern::edge::explainer {
namespace {

// Octets taken; -1 when the peer is gone.
ssize_t push(int fd, std::string_view bytes) {
  ssize_t n = 0;
  do {
    n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (n < 0 && errno == EINTR);
  if (n >= 0) return n;
  return errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM ? 0 : -1;
}

}  // namespace

Outbox::Sent Outbox::send(int fd, std::string_view bytes) {
  if (rest_) {
    rest_->append(bytes);
    return send_rest(fd);
  }
  const ssize_t n = push(fd, bytes);
  if (n < 0) return Sent::failed;
  if (static_cast<size_t>(n) == bytes.size()) return Sent::all;
  rest_ = std::make_unique<std::string>(bytes.substr(static_cast<size_t>(n)));
  return Sent::some;
}

Outbox::Sent Outbox::send_rest(int fd) {
  if (!rest_) return Sent::all;
  const ssize_t n = push(fd, *rest_);
  if (n < 0) return Sent::failed;
  rest_->erase(0, static_cast<size_t>(n));
  if (!rest_->empty()) return Sent::some;
  rest_.reset();
  return Sent::all;
}

}  // namespace postern::edge::explainer
