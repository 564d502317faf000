// SPDX-License-Identifier: Apache-2.0
// Report: every fault of one file, with its place, in file order. Reading goes on after a fault, so that one run shows
// all of them; past kFaultsMax they are only counted and the count is the last line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace postern::settings {

using Faults = std::vector<Error>;

// Lines and columns count from 1; line 0 = the file as a whole, column 0 = the line as a whole.
struct Position {
  uint32_t line = 0;
  uint32_t column = 0;
  auto operator<=>(const Position&) const = default;
};

class Report {
 public:
  static constexpr size_t kFaultsMax = 500;

  explicit Report(std::string file) : file_(std::move(file)) {}

  void add(Position at, std::string what, std::string fix = {}, Errc code = Errc::bad_input);
  [[nodiscard]] bool empty() const { return faults_.empty(); }
  [[nodiscard]] size_t size() const { return faults_.size() + more_; }
  // "postern.toml:12:3".
  [[nodiscard]] std::string where(Position at) const;
  // All faults in file order; the report is empty afterwards.
  [[nodiscard]] Faults take();

 private:
  struct Fault {
    Position at;
    size_t order = 0;  // as reported, among those of one place
    Error error;
  };
  std::string file_;
  std::vector<Fault> faults_;
  size_t more_ = 0;
};

}  // namespace postern::settings
