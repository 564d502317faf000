// SPDX-License-Identifier: Apache-2.0
#include "decide/frame/ring.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace postern::decide::detect {
namespace {

constexpr uint16_t kFirstOctets = 24;  // as an allocator hands them out
constexpr uint16_t kGrowOctets = 16;

// Small numbers of either sign in few octets.
constexpr uint64_t folded(int64_t n) { return static_cast<uint64_t>(n) << 1 ^ static_cast<uint64_t>(n >> 63); }
constexpr int64_t unfolded(uint64_t n) { return static_cast<int64_t>(n >> 1 ^ (0 - (n & 1))); }

uint64_t number_at(const uint8_t*& at) {
  uint64_t n = 0;
  for (int shift = 0;; shift += 7) {
    const uint8_t octet = *at++;
    n |= uint64_t{octet & 0x7fU} << shift;
    if ((octet & 0x80) == 0) return n;
  }
}

}  // namespace

void Ring::octet(uint8_t o) {
  if (size_ == capacity_) {
    const auto more = capacity_ == 0
                          ? kFirstOctets
                          : static_cast<uint16_t>(capacity_ + std::max<uint16_t>(kGrowOctets, capacity_ / 3));
    auto grown = std::make_unique<uint8_t[]>(more);  // NOLINT(modernize-avoid-c-arrays)
    if (size_ != 0) std::memcpy(grown.get(), octets_.get(), size_);
    octets_ = std::move(grown);
    capacity_ = more;
  }
  octets_[size_++] = o;
}

void Ring::number(uint64_t n) {
  for (; n > 0x7f; n >>= 7) octet(static_cast<uint8_t>(n | 0x80));
  octet(static_cast<uint8_t>(n));
}

void Ring::append(const Entry& e) {
  number(folded(e.at.us - Time(newest_).us));
  newest_ = e.at;
  octet(static_cast<uint8_t>(e.destination.family));
  if (e.destination)
    for (size_t i = 0; i < e.destination.bits() / 8U; ++i) octet(e.destination.bytes[i]);
  number(e.port);
  octet(static_cast<uint8_t>(e.outcome));
  octet(e.detector);
  number(folded(e.mnat));
  number(folded(e.level_mnat));
  ++count_;
}

void Ring::push(const Entry& entry) {
  if (count_ < model::kEvidenceMax) return append(entry);
  std::vector<Entry> all = entries();
  all.push_back(entry);
  all.erase(std::ranges::find_if(
      all, [&](const Entry& e) { return std::ranges::count(all, e.detector, &Entry::detector) > 1; }));
  assign(all);
}

void Ring::assign(const std::vector<Entry>& entries) {
  // The buffer stays: a full ring is written anew with each step.
  size_ = 0;
  count_ = 0;
  newest_ = {};
  for (size_t i = 0; i < std::min(entries.size(), model::kEvidenceMax); ++i) append(entries[i]);
}

std::vector<Entry> Ring::entries() const {
  std::vector<Entry> out;
  out.reserve(count_ + size_t{1});
  const uint8_t* at = octets_.get();
  Time last;
  for (size_t n = 0; n < count_; ++n) {
    Entry& e = out.emplace_back();
    e.at = last = last + Duration{unfolded(number_at(at))};
    e.destination.family = static_cast<Family>(*at++);
    if (e.destination)
      for (size_t i = 0; i < e.destination.bits() / 8U; ++i) e.destination.bytes[i] = *at++;
    e.port = static_cast<uint16_t>(number_at(at));
    e.outcome = static_cast<model::Outcome>(*at++);
    e.detector = *at++;
    e.mnat = static_cast<int32_t>(unfolded(number_at(at)));
    e.level_mnat = static_cast<int32_t>(unfolded(number_at(at)));
  }
  PN_CHECK(at == octets_.get() + size_);
  return out;
}

}  // namespace postern::decide::detect
