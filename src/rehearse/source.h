// SPDX-License-Identifier: Apache-2.0
// Source: the bytes of one input, a file or "-" (standard input), unpacked on the way when they are gzip (RFC 1952) or
// xz; told by their first bytes, not by the name. Streaming: one buffer, whatever the size. Only ever reads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace postern::rehearse {

class Source {
 public:
  [[nodiscard]] static Result<Source> open(const std::string& path);
  Source(Source&&) noexcept;
  Source& operator=(Source&&) noexcept;
  ~Source();

  // Up to out.size() bytes; 0 at the end. A packed file that is cut off or damaged is an error, after what came before.
  [[nodiscard]] Result<size_t> read(std::span<uint8_t> out);
  // The next bytes, without taking them; fewer than `n` only near the end. n <= 64.
  [[nodiscard]] Result<std::string_view> peek(size_t n);
  [[nodiscard]] const std::string& name() const;

 private:
  struct State;
  explicit Source(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Lines of a source, without their end (LF or CRLF). A line longer than kLineBytesMax is given cut, with `whole` false.
class Lines {
 public:
  static constexpr size_t kLineBytesMax = 16'384;

  explicit Lines(Source& source) : source_(source) {}
  // False at the end.
  [[nodiscard]] Result<bool> next(std::string_view& line, bool& whole);
  [[nodiscard]] uint64_t number() const { return number_; }  // of the line given last, from 1

 private:
  Source& source_;
  std::string buffer_;
  size_t at_ = 0;
  bool end_ = false;
  uint64_t number_ = 0;
};

}  // namespace postern::rehearse
