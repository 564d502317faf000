// SPDX-License-Identifier: Apache-2.0
// Routers that differ in nothing but what judges port 25, side by side, so that runs interleave and nothing is put on
// or taken off between them. Each has sub0 (10/8 routes there) and up0; the other ends of both are in one far namespace
// that sends, and drops what arrives.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sys/fd.h"

namespace postern::bench {

// This thread is in the network namespace `name` until the end of the scope.
class InNamespace {
 public:
  explicit InNamespace(const std::string& name);
  InNamespace(const InNamespace&) = delete;
  InNamespace& operator=(const InNamespace&) = delete;
  ~InNamespace();

 private:
  sys::Fd home_;
};

// sub0 and up0 of the namespace we are in; their other ends go into the far one as sub-TAG and up-TAG.
void wire_router(const std::string& tag);

// A namespace wired so, gone with the object.
class Router {
 public:
  explicit Router(const std::string& tag);
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;
  ~Router();
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  std::string name_;
};

// SYNs of lines 10.0.0.0 + n, each to its usual server, ready to send.
class Syns {
 public:
  static constexpr size_t kFrame = 60;
  void random(uint32_t count, uint32_t lines);
  void in_turn(uint32_t first, uint32_t count, uint32_t lines);
  [[nodiscard]] uint32_t count() const { return count_; }
  [[nodiscard]] uint8_t* frame(uint32_t i) { return frames_.data() + i * kFrame; }

 private:
  void write(uint32_t i, uint32_t line);
  std::vector<uint8_t> frames_;
  uint32_t count_ = 0;
  uint32_t seed_ = 4711;
};

class Sender {
 public:
  explicit Sender(std::string tag);
  // CPU ns per packet on the whole way; ends the bench when packets do not come out on the far side.
  double run(Syns& syns);

 private:
  double send(Syns& syns);

  std::string tag_;
  sys::Fd fd_;
};

}  // namespace postern::bench
