// SPDX-License-Identifier: Apache-2.0
// A mail client for tests: non-blocking, and while it waits it turns the server's loop, so both sides share a thread.
#pragma once

#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/endpoint.h"
#include "sys/address/kernel_address.h"
#include "sys/fd.h"

namespace postern::edge::explainer {

class TestClient {
 public:
  enum class End : unsigned char { none, closed, reset };

  TestClient(const IpAddress& from, const Endpoint& to, std::function<void()> turn) : turn_(std::move(turn)) {
    fd_ = sys::Fd(
        ::socket(from.family == Family::v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const sys::KernelAddress mine = sys::kernel_form({from, 0});
    const sys::KernelAddress its = sys::kernel_form(to);
    EXPECT_EQ(::bind(fd_.get(), mine.get(), mine.size), 0) << std::strerror(errno);
    EXPECT_TRUE(::connect(fd_.get(), its.get(), its.size) == 0 || errno == EINPROGRESS);
  }

  void send(std::string_view bytes) {
    for (int i = 0; i < 2000 && !bytes.empty(); ++i) {
      const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n > 0) bytes.remove_prefix(static_cast<size_t>(n));
      if (!bytes.empty()) turn_();
    }
    EXPECT_TRUE(bytes.empty());
  }
  // The next whole reply, all its lines. Empty when the connection ends first.
  std::string reply() {
    for (int i = 0; i < 2000; ++i) {
      for (size_t line = 0, end = 0; (end = in_.find("\r\n", line)) != std::string::npos; line = end + 2) {
        if (end - line < 4 || in_[line + 3] == '-') continue;
        const std::string whole = in_.substr(0, end + 2);
        in_.erase(0, end + 2);
        return whole;
      }
      if (!read_some()) return {};
    }
    ADD_FAILURE() << "no reply, only: " << in_;
    return {};
  }
  // Reads until the connection ends; says how.
  End end() {
    for (int i = 0; i < 2000 && read_some(); ++i) {
    }
    return end_;
  }
  // Takes replies until the server says no more.
  void end_of_replies() { EXPECT_EQ(end(), End::closed); }
  void hang_up() { fd_.reset(); }
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  // False when the connection has ended.
  bool read_some() {
    std::array<char, 4096> buffer{};
    const ssize_t n = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (n > 0) in_.append(buffer.data(), static_cast<size_t>(n));
    if (n == 0) end_ = End::closed;
    if (n < 0 && errno != EAGAIN && errno != ENOTCONN) end_ = End::reset;
    if (n < 0 && end_ == End::none) turn_();
    return end_ == End::none;
  }

  std::function<void()> turn_;
  sys::Fd fd_;
  std::string in_;
  End end_ = End::none;
};

}  // namespace postern::edge::explainer
