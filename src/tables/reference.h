// SPDX-License-Identifier: Apache-2.0
// References: the short text a refused sender reads ("K7QF2-9XWM3-H4TPA") and the notice page, the CLI and a person on
// the phone turn back into line, reason, policy revision and day. Computed, never stored: every process that holds the
// key makes and reads them, and a flood of refusals writes nothing.
//
// Form: 75 bits as 15 Crockford base32 characters. Encode-then-encipher: 52 bits of payload (line 28, reason 4, low 8
// bits of the revision, low 12 bits of the day) and 23 zero bits go through a keyed permutation of 75 bits (10 Feistel
// rounds of SipHash-2-4 under a derived key). Hence
//   - different payloads always give different texts, and the same payload always the same one;
//   - a text says nothing about line, reason or day to someone without the key, and one text says nothing about
//   another;
//   - any change of a text deciphers to noise: a made-up or mistyped one is taken for real with probability below
//     2^-23 (the zero bits), and 2^-24 with the reason's range. A reference is a name, not a password: the page it
//     opens holds no personal data.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/ids.h"
#include "model/line.h"

namespace postern::tables {

struct Reference {
  model::SubscriberId line;  // 0 = a line we do not know
  model::Reason reason = model::Reason::none;
  uint32_t revision = 0;
  int64_t day = 0;  // Time::unix_day()
  bool operator==(const Reference&) const = default;
  PN_FIELDS(line, reason, revision, day)
};

// The largest line number that fits. A larger one is written as 0 ("unknown"), never as another line.
inline constexpr uint32_t kReferenceLineMax = (uint32_t{1} << 28) - 1;

using ReferenceText = std::array<char, 17>;  // "K7QF2-9XWM3-H4TPA", no terminator

// Immutable after construction; any thread.
class ReferenceKey {
 public:
  static constexpr size_t kBytes = 32;

  // Secret bytes; the same ones in every role and over restarts, or old references stop working.
  explicit ReferenceKey(std::span<const uint8_t, kBytes> secret);
  ReferenceKey(const ReferenceKey&) = default;
  ReferenceKey& operator=(const ReferenceKey&) = default;
  ~ReferenceKey();  // wipes

  [[nodiscard]] ReferenceText text(const Reference& r) const;  // no allocation, under a microsecond
  [[nodiscard]] std::string make(const Reference& r) const;
  // Accepts lower case, any or no dashes and spaces, and O for 0, I and L for 1. The low bits stand for the newest day
  // up to tomorrow (`today` + 1; a clock behind ours) and the newest revision up to `revision_now`: a reference is read
  // right for 11 years and 255 revisions. Anything else: bad_input with a text for the person who typed it.
  [[nodiscard]] Result<Reference> read(std::string_view typed, int64_t today, uint32_t revision_now) const;

 private:
  std::array<uint8_t, 16> key_{};
};

// From the bytes of reference.key; bad_input when there are not exactly ReferenceKey::kBytes.
[[nodiscard]] Result<ReferenceKey> reference_key(std::string_view secret);

}  // namespace postern::tables
