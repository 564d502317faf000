// SPDX-License-Identifier: Apache-2.0
#include "daemon/bus/channel.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>

#include "base/check.h"
#include "sys/log.h"

namespace postern::daemon {
namespace {

// version, from, to, more: what the supervisor needs to forward a frame.
constexpr size_t kHeaderBytes = 4;
constexpr std::byte kVersion{1};
constexpr int kFramesPerTurn = 256;  // so that one busy peer does not starve the others

struct Received {
  ssize_t size = -1;
  sys::Fd fd;
};

Received receive(int socket, std::span<std::byte> into) {
  iovec part{into.data(), into.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  Received out;
  out.size = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (out.size < 0) return out;
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(c), sizeof fd);
    out.fd = sys::Fd(fd);
  }
  return out;
}

}  // namespace

Channel::Channel(sys::Loop& loop, sys::Fd socket, OnFrame on_frame, OnClosed on_closed)
    : loop_(loop), socket_(std::move(socket)), on_frame_(std::move(on_frame)), on_closed_(std::move(on_closed)) {
  PN_CHECK(sys::set_nonblocking(socket_.get()).has_value());
  loop_.watch(socket_.get(), EPOLLIN, [this](uint32_t events) { on_ready(events); });
}

Channel::~Channel() {
  if (socket_) loop_.forget(socket_.get());
}

void Channel::close() {
  if (!socket_) return;
  loop_.forget(socket_.get());
  socket_.reset();
  const OnClosed closed = on_closed_;  // may destroy this channel
  closed();
}

void Channel::on_ready(uint32_t events) {
  if ((events & EPOLLOUT) != 0) flush();
  if (socket_ && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read_some();
}

void Channel::read_some() {
  std::vector<std::byte> buffer(kHeaderBytes + kFrameBytesMax);
  for (int i = 0; i < kFramesPerTurn && socket_; ++i) {
    Received got = receive(socket_.get(), buffer);
    if (got.size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got.size <= 0) return close();
    const auto size = static_cast<size_t>(got.size);
    // Our own binaries are on both ends: anything else is a broken invariant of that peer, so it is cut off.
    if (size < kHeaderBytes || buffer[0] != kVersion || static_cast<uint8_t>(buffer[1]) >= pn_names_of_Role.size() ||
        static_cast<uint8_t>(buffer[2]) >= pn_names_of_Role.size())
      return close();
    Frame frame{static_cast<Role>(buffer[1]), static_cast<Role>(buffer[2]), buffer[3] != std::byte{0}, {}, nullptr};
    frame.bytes.assign(buffer.begin() + kHeaderBytes, buffer.begin() + static_cast<ssize_t>(size));
    if (got.fd) frame.fd = std::make_shared<sys::Fd>(std::move(got.fd));
    on_frame_(std::move(frame));
  }
}

bool Channel::write_now(const Frame& frame) {
  std::array<std::byte, kHeaderBytes> header{kVersion, static_cast<std::byte>(frame.from),
                                             static_cast<std::byte>(frame.to), static_cast<std::byte>(frame.more)};
  std::array<iovec, 2> parts{
      {{header.data(), header.size()}, {const_cast<std::byte*>(frame.bytes.data()), frame.bytes.size()}}};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  if (frame.fd) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    const int fd = frame.fd->get();
    std::memcpy(CMSG_DATA(c), &fd, sizeof fd);
  }
  const ssize_t sent = ::sendmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  // A peer that died is seen by the read side; what was meant for it is lost either way.
  return sent >= 0 || (errno != EAGAIN && errno != ENOBUFS && errno != EINTR);
}

bool Channel::send(Frame frame) {
  if (!socket_) return false;
  if (queue_.empty() && write_now(frame)) return true;
  if (queued_bytes_ + frame.bytes.size() > kQueueBytesMax) {
    sys::log(sys::Level::warning, "daemon", "CHANNEL_FULL", "a role does not read its messages; one was dropped",
             {{"to", std::string(to_string(frame.to))}});
    return false;
  }
  if (queue_.empty()) loop_.change(socket_.get(), EPOLLIN | EPOLLOUT);
  queued_bytes_ += frame.bytes.size();
  queue_.push_back(std::move(frame));
  return true;
}

void Channel::flush() {
  while (!queue_.empty() && write_now(queue_.front())) {
    queued_bytes_ -= queue_.front().bytes.size();
    queue_.pop_front();
  }
  if (queue_.empty()) loop_.change(socket_.get(), EPOLLIN);
}

std::vector<Frame> frames_of(Role from, Role to, const Message& message, const std::shared_ptr<sys::Fd>& fd) {
  const Bytes bytes = encode(message);
  PN_CHECK(bytes.size() <= kMessageBytesMax);
  std::vector<Frame> frames;
  for (size_t at = 0; at < bytes.size(); at += kFrameBytesMax) {
    const size_t size = std::min(kFrameBytesMax, bytes.size() - at);
    const auto first = bytes.begin() + static_cast<ssize_t>(at);
    frames.push_back(
        {from, to, at + size < bytes.size(), Bytes(first, first + static_cast<ssize_t>(size)), at == 0 ? fd : nullptr});
  }
  return frames;
}

Link::Link(sys::Loop& loop, sys::Fd socket, Role self, OnMessage on_message, Channel::OnClosed on_closed)
    : self_(self),
      on_message_(std::move(on_message)),
      channel_(loop, std::move(socket), [this](Frame frame) { take(std::move(frame)); }, std::move(on_closed)) {}

void Link::send(Role to, const Message& message, const std::shared_ptr<sys::Fd>& fd) {
  for (Frame& frame : frames_of(self_, to, message, fd)) {
    if (channel_.send(std::move(frame))) continue;
    ++dropped_;
    return;
  }
}

void Link::take(Frame frame) {
  const Role from = frame.from;
  Partial& partial = partial_[from];
  if (partial.bytes.size() + frame.bytes.size() > kMessageBytesMax) {
    partial = {};
    ++dropped_;
    return;
  }
  partial.bytes.insert(partial.bytes.end(), frame.bytes.begin(), frame.bytes.end());
  if (frame.fd) partial.fd = std::move(frame.fd);
  if (frame.more) return;
  const Partial whole = std::exchange(partial, {});
  auto message = decode<Message>(whole.bytes);
  if (!message) {
    // A sender killed between two frames leaves half a message in front of its successor's first one.
    ++dropped_;
    sys::log(sys::Level::warning, "daemon", "MESSAGE_BROKEN", "a message did not decode and was dropped",
             {{"from", std::string(to_string(from))}});
    return;
  }
  // The successor of a role killed between two frames starts afresh.
  if (const auto* up = std::get_if<PeerUp>(&*message)) partial_.erase(up->role);
  on_message_(from, std::move(*message), whole.fd);
}

}  // namespace postern::daemon
