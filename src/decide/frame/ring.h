// SPDX-License-Identifier: Apache-2.0
// The evidence of one line, oldest first, kEvidenceMax steps at most: a dozen or two of bytes a step, because a million
// lines have one. The oldest step gives way, but never the last one of a family: what is left of a level must have a
// step to be recounted from.
#pragma once

#include <memory>
#include <vector>

#include "decide/frame/contract.h"

namespace postern::decide::detect {

class Ring {
 public:
  void push(const Entry& entry);
  void assign(const std::vector<Entry>& entries);  // of another ring; more than kEvidenceMax: the first ones
  void clear() { *this = Ring{}; }
  [[nodiscard]] std::vector<Entry> entries() const;
  [[nodiscard]] size_t size() const { return count_; }

 private:
  void append(const Entry& entry);
  void number(uint64_t n);
  void octet(uint8_t o);

  std::unique_ptr<uint8_t[]> octets_;  // NOLINT(modernize-avoid-c-arrays)
  uint16_t size_ = 0;
  uint16_t capacity_ = 0;
  uint8_t count_ = 0;
  Instant newest_;  // of the last step; the others by their distance
};

}  // namespace postern::decide::detect
