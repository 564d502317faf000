// SPDX-License-Identifier: Apache-2.0
// Channel: one end of the SOCK_SEQPACKET pair between the supervisor and a worker. Frames go out in order; what the
// socket will not take now waits in a bounded queue. Link: a worker's view, whole Messages to and from roles.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>

#include "base/codec.h"
#include "daemon/bus/message.h"
#include "sys/fd.h"
#include "sys/loop.h"

namespace postern::daemon {

inline constexpr size_t kFrameBytesMax = 60 * 1024;           // below the default socket buffer
inline constexpr size_t kMessageBytesMax = 64 * 1024 * 1024;  // a message cut into frames
inline constexpr size_t kQueueBytesMax = 128 * 1024 * 1024;

struct Frame {
  Role from = Role::supervisor;
  Role to = Role::supervisor;
  bool more = false;  // the message goes on in the next frame of the same sender and receiver
  Bytes bytes;
  std::shared_ptr<sys::Fd> fd;  // with the first frame of a TableSnapshot
};

class Channel {
 public:
  using OnFrame = std::function<void(Frame)>;
  using OnClosed = std::function<void()>;

  Channel(sys::Loop& loop, sys::Fd socket, OnFrame on_frame, OnClosed on_closed);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // False when the queue is full: the frame is not sent, and the caller counts it.
  [[nodiscard]] bool send(Frame frame);
  [[nodiscard]] size_t queued_bytes() const { return queued_bytes_; }

 private:
  void on_ready(uint32_t events);
  void read_some();
  void flush();
  [[nodiscard]] bool write_now(const Frame& frame);
  void close();

  sys::Loop& loop_;
  sys::Fd socket_;
  OnFrame on_frame_;
  OnClosed on_closed_;
  std::deque<Frame> queue_;
  size_t queued_bytes_ = 0;
};

// Splits and joins messages. `self` is this process's role.
class Link {
 public:
  using OnMessage = std::function<void(Role from, Message, std::shared_ptr<sys::Fd>)>;
  Link(sys::Loop& loop, sys::Fd socket, Role self, OnMessage on_message, Channel::OnClosed on_closed);

  // Dropped sends are counted; the message is lost as if the receiver had been down.
  void send(Role to, const Message& message, const std::shared_ptr<sys::Fd>& fd = nullptr);
  [[nodiscard]] uint64_t dropped() const { return dropped_; }

 private:
  void take(Frame frame);
  Role self_;
  OnMessage on_message_;
  struct Partial {
    Bytes bytes;
    std::shared_ptr<sys::Fd> fd;
  };
  std::map<Role, Partial> partial_;
  uint64_t dropped_ = 0;
  Channel channel_;
};

// The frames of one message; shared by Link and the supervisor.
[[nodiscard]] std::vector<Frame> frames_of(Role from, Role to, const Message& message,
                                           const std::shared_ptr<sys::Fd>& fd);

}  // namespace postern::daemon
