// SPDX-License-Identifier: Apache-2.0
#include "tables/contact_tag.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <sodium.h>

#include "base/check.h"

namespace postern::tables {
namespace {

constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr size_t kCharacters = 10;

}  // namespace

Result<ContactTags> ContactTags::of(std::string_view secret) {
  if (secret.size() != kBytes)
    return fail(Errc::bad_input, fmt::format("the key of contact tags has {} bytes, not {}", secret.size(), kBytes));
  ContactTags out;
  static constexpr char kContext[crypto_kdf_CONTEXTBYTES + 1] = "pn-notes";
  PN_CHECK(crypto_kdf_derive_from_key(out.key_.data(), out.key_.size(), 1, kContext,
                                      reinterpret_cast<const uint8_t*>(secret.data())) == 0);
  return out;
}

ContactTags::~ContactTags() { sodium_memzero(key_.data(), key_.size()); }

std::string ContactTags::make(model::ContactId contact) const {
  std::array<uint8_t, 8> in{};
  for (size_t i = 0; i < in.size(); ++i) in[i] = static_cast<uint8_t>(contact.value >> (8 * i));
  std::array<uint8_t, crypto_shorthash_siphash24_BYTES> sum{};
  crypto_shorthash_siphash24(sum.data(), in.data(), in.size(), key_.data());
  uint64_t n = 0;
  for (size_t i = 0; i < sum.size(); ++i) n |= uint64_t{sum[i]} << (8 * i);
  std::string out = fmt::format("{}-", contact.value);
  for (size_t i = 0; i < kCharacters; ++i) out += kAlphabet[n >> (5 * i) & 31];
  return out;
}

std::optional<model::ContactId> ContactTags::read(std::string_view tag) const {
  model::ContactId contact;
  const auto [end, error] = std::from_chars(tag.data(), tag.data() + tag.size(), contact.value);
  if (error != std::errc{} || !contact) return std::nullopt;
  std::string typed(tag);
  std::ranges::transform(typed, typed.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const std::string right = make(contact);
  if (typed.size() != right.size() || sodium_memcmp(typed.data(), right.data(), right.size()) != 0) return std::nullopt;
  return contact;
}

}  // namespace postern::tables
