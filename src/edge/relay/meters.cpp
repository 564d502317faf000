// SPDX-License-Identifier: Apache-2.0
#include "edge/relay/meters.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstring>
#include <sodium.h>

#include "base/check.h"

namespace postern::edge::relay {
namespace {

constexpr uint64_t kMagic = 0x32'59'4c'52'52'54'4e'50;  // "PNTRRLY2"
constexpr size_t kWays = 8;
constexpr size_t kFoldedMax = 256;

// n = -m ln(1 - bits/m), rounded: how many different ones most likely set so many bits (linear counting).
const std::array<uint32_t, kDomainBits + 1>& different() {
  static const auto kTable = [] {
    std::array<uint32_t, kDomainBits + 1> out{};
    constexpr double kM = kDomainBits;
    for (size_t bits = 0; bits < kDomainBits; ++bits)
      out[bits] = static_cast<uint32_t>(std::lround(-kM * std::log1p(-static_cast<double>(bits) / kM)));
    out[kDomainBits] = out[kDomainBits - 1] + static_cast<uint32_t>(kDomainBits);
    return out;
  }();
  return kTable;
}

// Rounded up: a limit of one stays one until the window has passed it.
uint32_t weighed(uint32_t before, uint32_t left_s, uint32_t length_s) {
  return static_cast<uint32_t>((uint64_t{before} * left_s + length_s - 1) / length_s);
}

uint32_t left_of(uint32_t now, uint32_t length_s) { return length_s - now % length_s; }

}  // namespace

struct Meters::Header {
  uint64_t magic = 0;
  uint32_t meter_bytes = sizeof(Meter);
  uint32_t message_bytes = sizeof(Message);
  Sizes sizes;
  std::array<uint8_t, 16> hash_key{};
  uint32_t rows_end = 0;  // no place from here on was ever used
  std::array<uint8_t, 20> reserved{};
};

void Meter::roll(uint32_t now) {
  touched = now;
  for (size_t w = 0; w < kWindows; ++w) {
    Span& s = spans[w];
    const uint32_t period = now / kWindowSeconds[w];
    if (s.period == period) continue;
    if (s.period + 1 == period) {
      s.before = s.now;
      s.seen_before = s.seen;
    } else {
      s.before.fill(0);
      s.seen_before.fill(0);
    }
    s.now.fill(0);
    s.seen.fill(0);
    s.period = period;
  }
}

void Meter::add(Quantity what, uint32_t n) {
  for (Span& s : spans) {
    uint32_t& count = s.now[static_cast<size_t>(what)];
    count = n > UINT32_MAX - count ? UINT32_MAX : count + n;
  }
}

void Meter::add_domain(uint64_t hash) {
  constexpr auto kDomains = static_cast<size_t>(Quantity::domains);
  const size_t word = hash % kDomainBits / 64;
  const uint64_t bit = uint64_t{1} << hash % 64;
  for (Span& s : spans) {
    if ((s.seen[word] & bit) != 0) continue;
    s.seen[word] |= bit;
    ++s.now[kDomains];
    if ((s.seen_before[word] & bit) != 0 && s.before[kDomains] > 0) --s.before[kDomains];
  }
}

bool Meter::knows_domain(Window window, uint64_t hash) const {
  const Span& s = spans[static_cast<size_t>(window)];
  return (s.seen[hash % kDomainBits / 64] >> hash % 64 & 1) != 0;
}

uint32_t Meter::used(Window window, Quantity what, uint32_t now) const {
  const auto w = static_cast<size_t>(window);
  const auto q = static_cast<size_t>(what);
  const Span& s = spans[w];
  const uint32_t old = weighed(s.before[q], left_of(now, kWindowSeconds[w]), kWindowSeconds[w]);
  if (what == Quantity::domains) return different()[std::min<size_t>(s.now[q] + old, kDomainBits)];
  return old > UINT32_MAX - s.now[q] ? UINT32_MAX : s.now[q] + old;
}

uint32_t Meter::free_in(Window window, Quantity what, uint32_t most, uint32_t now) const {
  Meter later = *this;
  const uint32_t length = kWindowSeconds[static_cast<size_t>(window)];
  uint32_t low = 0;
  uint32_t high = 2 * length;  // by then all of it has left the window
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    later.spans = spans;
    later.roll(now + middle);
    if (later.used(window, what, now + middle) <= most) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

Result<Meters> Meters::open(const sys::Fd& memory, Sizes sizes, const std::array<uint8_t, 16>& fresh_key) {
  static_assert(sizeof(Header) == 64 && sizeof(Meter) % 8 == 0 && sizeof(Message) % 8 == 0 &&
                sizeof(fold::Recipients) % 8 == 0);
  PN_CHECK(sizes.meters_max > 0 && sizes.messages_max >= kWays && sizes.messages_max % kWays == 0);
  Meters m;
  const size_t bytes = sizeof(Header) + size_t{sizes.meters_max} * (sizeof(Meter) + sizeof(fold::Recipients)) +
                       size_t{sizes.messages_max} * sizeof(Message);
  m.memory_ = PN_TRY(SharedMemory::of(memory.get(), bytes));
  std::byte* at = m.memory_.bytes().data();
  m.header_ = reinterpret_cast<Header*>(at);
  Header& header = *m.header_;
  m.adopted_ = header.magic == kMagic && header.meter_bytes == sizeof(Meter) &&
               header.message_bytes == sizeof(Message) && header.sizes.meters_max == sizes.meters_max &&
               header.sizes.messages_max == sizes.messages_max && header.rows_end <= sizes.meters_max;
  if (!m.adopted_) {
    PN_TRY_VOID(m.memory_.clear());
    header = {.magic = kMagic, .sizes = sizes, .hash_key = fresh_key};
  }
  m.hash_key_ = header.hash_key;
  // All-zero octets are free places of both: nothing has to be constructed.
  m.rows_ = {reinterpret_cast<Meter*>(at + sizeof header), sizes.meters_max};
  m.messages_ = {reinterpret_cast<Message*>(at + sizeof header + m.rows_.size_bytes()), sizes.messages_max};
  m.recipients_ = {
      reinterpret_cast<fold::Recipients*>(at + sizeof header + m.rows_.size_bytes() + m.messages_.size_bytes()),
      sizes.meters_max};
  m.index_rows();
  return m;
}

void Meters::index_rows() {
  index_.assign(std::bit_ceil(rows_.size() + rows_.size() / 2), Place{});
  free_.clear();
  free_.reserve(rows_.size());
  for (size_t n = rows_.size(); n-- > 0;) {
    const auto row = static_cast<uint32_t>(n);
    // What was never used is not read: it takes no memory that way.
    const uint64_t key = row < header_->rows_end ? rows_[row].key : 0;
    const size_t place = key != 0 ? place_of(key) : 0;
    if (key == 0 || index_[place].key == key) {
      free_.push_back(row);
      continue;
    }
    index_[place] = {key, row};
    ++used_;
  }
}

std::span<const Meter> Meters::rows() const { return rows_.first(header_->rows_end); }

uint64_t Meters::hash(std::string_view text) const {
  std::array<uint8_t, crypto_shorthash_BYTES> out{};
  crypto_shorthash(out.data(), reinterpret_cast<const uint8_t*>(text.data()), text.size(), hash_key_.data());
  uint64_t h = 0;
  std::memcpy(&h, out.data(), sizeof h);
  return h == 0 ? 1 : h;
}

uint64_t Meters::hash_lower(std::string_view text) const {
  std::array<char, kFoldedMax> folded{};
  const size_t size = std::min(text.size(), folded.size());
  for (size_t i = 0; i < size; ++i)
    folded[i] = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
  return hash({folded.data(), size});
}

size_t Meters::place_of(uint64_t key) const {
  const size_t mask = index_.size() - 1;
  size_t i = key & mask;
  while (index_[i].key != 0 && index_[i].key != key) i = (i + 1) & mask;
  return i;
}

Meter* Meters::find(uint64_t key) {
  const Place& place = index_[place_of(key)];
  return place.key == 0 ? nullptr : &rows_[place.row];
}

Meter* Meters::find_or_make(uint64_t key, uint32_t line, std::string_view name, uint32_t now) {
  Place& place = index_[place_of(key)];
  if (place.key != 0) return &rows_[place.row];
  if (free_.empty()) return nullptr;
  const uint32_t row = free_.back();
  free_.pop_back();
  header_->rows_end = std::max(header_->rows_end, row + 1);
  Meter& m = rows_[row];
  m = Meter{};
  if (line == 0) recipients_[row] = {};
  m.line = line;
  m.touched = now;
  m.name_size = static_cast<uint8_t>(std::min(name.size(), kNameMax));
  std::copy_n(name.begin(), m.name_size, m.name.begin());
  // Its key comes last: a process that is killed here leaves a free place, not half a meter.
  std::atomic_signal_fence(std::memory_order_release);
  m.key = key;
  place = {key, row};
  ++used_;
  return &m;
}

// Backward shift, so that there are no tombstones and no search gets longer with time (Knuth, vol. 3, 6.4, R).
void Meters::remove(size_t place) {
  const size_t mask = index_.size() - 1;
  rows_[index_[place].row].key = 0;
  free_.push_back(index_[place].row);
  --used_;
  size_t hole = place;
  for (size_t i = (place + 1) & mask; index_[i].key != 0; i = (i + 1) & mask) {
    const size_t home = index_[i].key & mask;
    if (((i - home) & mask) < ((i - hole) & mask)) continue;
    index_[hole] = index_[i];
    hole = i;
  }
  index_[hole] = Place{};
}

void Meters::sweep_meters(uint32_t now) {
  for (size_t n = 0; n < std::min<size_t>(kSweptMeters, header_->rows_end); ++n) {
    const Meter& m = rows_[next_row_++ % header_->rows_end];
    if (m.key == 0 || m.touched + (m.line == 0 ? kAccountIdleSeconds : kIdleSeconds) > now) continue;
    const size_t place = place_of(m.key);
    if (index_[place].key != 0) remove(place);
  }
}

Message* Meters::message(uint64_t key, uint32_t now) {
  const std::span<Message> set = messages_.subspan(key % (messages_.size() / kWays) * kWays, kWays);
  for (Message& m : set)
    if (m.key == key && m.at + kMessageSeconds > now) return &m;
  return nullptr;
}

Message& Meters::begin_message(uint64_t key, uint32_t now, Message& gone) {
  const std::span<Message> set = messages_.subspan(key % (messages_.size() / kWays) * kWays, kWays);
  Message* place = &set.front();
  for (Message& m : set) {
    if (m.key == 0 || m.key == key) {
      place = &m;
      break;
    }
    if (m.at < place->at) place = &m;
  }
  gone = *place;
  *place = Message{.key = key, .at = now};
  return *place;
}

}  // namespace postern::edge::relay
