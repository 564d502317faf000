// SPDX-License-Identifier: Apache-2.0
#include "tables/reference.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <sodium.h>

#include "base/check.h"

namespace postern::tables {
namespace {

static_assert(crypto_shorthash_siphash24_KEYBYTES == 16 && crypto_shorthash_siphash24_BYTES == 8);
static_assert(crypto_kdf_KEYBYTES == ReferenceKey::kBytes);

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr size_t kCharacters = 15;
constexpr int kRounds = 10;  // even: the halves end where they began

constexpr int kLineBits = 28;
constexpr int kReasonBits = 4;
constexpr int kRevisionBits = 8;
constexpr int kDayBits = 12;
constexpr int kPayloadBits = kLineBits + kReasonBits + kRevisionBits + kDayBits;
constexpr int kHighBits = 37;
constexpr int kLowBits = 38;
constexpr int kZeroBits = kHighBits + kLowBits - kPayloadBits;
static_assert(kZeroBits == 23 && kHighBits + kLowBits == 5 * static_cast<int>(kCharacters));

constexpr uint64_t mask(int bits) { return (uint64_t{1} << bits) - 1; }

// 75 bits. The zero bits are the top of `high`.
struct Block {
  uint64_t high = 0;  // 37 bits
  uint64_t low = 0;   // 38 bits
};

uint64_t round_of(const std::array<uint8_t, 16>& key, int round, uint64_t half) {
  std::array<uint8_t, 8> in{};
  for (size_t i = 0; i < 7; ++i) in[i] = static_cast<uint8_t>(half >> (8 * i));
  in[7] = static_cast<uint8_t>(round);
  std::array<uint8_t, 8> out{};
  crypto_shorthash_siphash24(out.data(), in.data(), in.size(), key.data());
  uint64_t n = 0;
  for (size_t i = 0; i < 8; ++i) n |= uint64_t{out[i]} << (8 * i);
  return n;
}

Block encipher(const std::array<uint8_t, 16>& key, Block b) {
  for (int round = 0; round < kRounds; round += 2) {
    b.high ^= round_of(key, round, b.low) & mask(kHighBits);
    b.low ^= round_of(key, round + 1, b.high) & mask(kLowBits);
  }
  return b;
}

Block decipher(const std::array<uint8_t, 16>& key, Block b) {
  for (int round = kRounds - 2; round >= 0; round -= 2) {
    b.low ^= round_of(key, round + 1, b.high) & mask(kLowBits);
    b.high ^= round_of(key, round, b.low) & mask(kHighBits);
  }
  return b;
}

std::optional<uint64_t> digit_of(char c) {
  if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  if (c == 'O') c = '0';
  if (c == 'I' || c == 'L') c = '1';
  const size_t at = kAlphabet.find(c);
  if (at == std::string_view::npos) return std::nullopt;
  return at;
}

// The newest number up to `newest` whose low bits are these; the bits themselves when there is none.
uint64_t widen(uint64_t low_bits, int bits, uint64_t newest) {
  const uint64_t n = (newest & ~mask(bits)) | low_bits;
  return n > newest && n > mask(bits) ? n - mask(bits) - 1 : n;
}

std::unexpected<Error> not_one(std::string what) {
  return fail(Errc::bad_input, std::move(what), {},
              "copy it from the refusal: 15 letters and digits, like K7QF2-9XWM3-H4TPA");
}

}  // namespace

ReferenceKey::ReferenceKey(std::span<const uint8_t, kBytes> secret) {
  static constexpr char kContext[crypto_kdf_CONTEXTBYTES + 1] = "pn-refer";
  PN_CHECK(crypto_kdf_derive_from_key(key_.data(), key_.size(), 1, kContext, secret.data()) == 0);
}

ReferenceKey::~ReferenceKey() { sodium_memzero(key_.data(), key_.size()); }

ReferenceText ReferenceKey::text(const Reference& r) const {
  uint64_t payload = r.line.value <= kReferenceLineMax ? r.line.value : 0;
  payload = payload << kReasonBits | (static_cast<uint64_t>(r.reason) & mask(kReasonBits));
  payload = payload << kRevisionBits | (r.revision & mask(kRevisionBits));
  payload = payload << kDayBits | (static_cast<uint64_t>(r.day) & mask(kDayBits));
  const Block b = encipher(key_, {payload >> kLowBits, payload & mask(kLowBits)});
  ReferenceText out{};
  for (size_t i = 0; i < kCharacters; ++i) {
    // 7 characters and 2 bits of the eighth come from the high half.
    const int from = 5 * static_cast<int>(kCharacters - 1 - i);
    const uint64_t digit = from >= kLowBits ? b.high >> (from - kLowBits)
                                            : b.low >> from | (from + 5 > kLowBits ? b.high << (kLowBits - from) : 0);
    out[i + i / 5] = kAlphabet[digit & 31];
  }
  out[5] = out[11] = '-';
  return out;
}

std::string ReferenceKey::make(const Reference& r) const {
  const ReferenceText t = text(r);
  return {t.data(), t.size()};
}

Result<Reference> ReferenceKey::read(std::string_view typed, int64_t today, uint32_t revision_now) const {
  Block b;
  size_t digits = 0;
  for (const char c : typed) {
    if (c == '-' || c == ' ') continue;
    const std::optional<uint64_t> digit = digit_of(c);
    if (!digit) return not_one("a reference holds only letters (no U) and digits");
    if (++digits > kCharacters) break;
    b.high = (b.high << 5 | b.low >> (kLowBits - 5)) & mask(kHighBits);
    b.low = (b.low << 5 | *digit) & mask(kLowBits);
  }
  if (digits != kCharacters)
    return not_one(digits > kCharacters ? "that is longer than a reference"
                                        : fmt::format("that is {} characters, a reference has 15", digits));
  b = decipher(key_, b);
  const uint64_t payload = b.high << kLowBits | b.low;
  const uint64_t reason = payload >> (kRevisionBits + kDayBits) & mask(kReasonBits);
  if (b.high >> (kHighBits - kZeroBits) != 0 || reason >= pn_enum_size(model::Reason{}))
    return not_one("that is not one of our references; a character may be wrong");
  Reference r;
  r.line.value = static_cast<uint32_t>(payload >> (kReasonBits + kRevisionBits + kDayBits));
  r.reason = static_cast<model::Reason>(reason);
  r.revision = static_cast<uint32_t>(widen(payload >> kDayBits & mask(kRevisionBits), kRevisionBits, revision_now));
  r.day = static_cast<int64_t>(
      widen(payload & mask(kDayBits), kDayBits, static_cast<uint64_t>(std::max<int64_t>(today, 0)) + 1));
  return r;
}

Result<ReferenceKey> reference_key(std::string_view secret) {
  if (secret.size() != ReferenceKey::kBytes)
    return fail(Errc::bad_input,
                fmt::format("the reference key has {} bytes, not {}", secret.size(), ReferenceKey::kBytes));
  return ReferenceKey(std::span<const uint8_t, ReferenceKey::kBytes>(reinterpret_cast<const uint8_t*>(secret.data()),
                                                                     ReferenceKey::kBytes));
}

}  // namespace postern::tables
