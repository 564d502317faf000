// SPDX-License-Identifier: Apache-2.0
// A mail client for tests: non-blocking, and while it waits it turns the server's loop, so both sides share a thread.
#pragma once

#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/endpoint.h"
#include "sys/fd.h"

namespace postern::edge::explainer {

class TestClient {
 public:
  enum class End : unsigned char { none, closed, reset };

  TestClient(const IpAddress& from, const Endpoint& to, std::function<void()> turn) : turn_(std::move(turn)) {
    fd_ = sys::Fd(
        ::socket(from.family == Family::v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_storage a{};
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&a), kernel_form(a, {from, 0})), 0) << std::strerror(errno);
    const socklen_t size = kernel_form(a, to);
    EXPECT_TRUE(::connect(fd_.get(), reinterpret_cast<sockaddr*>(&a), size) == 0 || errno == EINPROGRESS);
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
  static socklen_t kernel_form(sockaddr_storage& out, const Endpoint& e) {
    out = {};
    if (e.address.family == Family::v4) {
      auto* v4 = reinterpret_cast<sockaddr_in*>(&out);
      v4->sin_family = AF_INET;
      v4->sin_port = htons(e.port);
      std::memcpy(&v4->sin_addr, e.address.bytes.data(), 4);
      return sizeof *v4;
    }
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&out);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(e.port);
    std::memcpy(&v6->sin6_addr, e.address.bytes.data(), 16);
    return sizeof *v6;
  }
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
