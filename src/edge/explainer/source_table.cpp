// SPDX-License-Identifier: Apache-2.0
#include "edge/explainer/source_table.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace postern::edge::explainer {
namespace {

uint64_t mix(uint64_t x) {
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
  x = (x ^ x >> 27) * 0x94d049bb133111ebU;
  return x ^ x >> 31;
}

// Never 0.
uint64_t key_of(model::SubscriberId line, const IpAddress& source) {
  uint64_t bits = 0;
  if (line) {
    bits = uint64_t{1} << 56 | line.value;
  } else if (source.family == Family::v4) {
    bits = uint64_t{2} << 56 | source.v4_host_order();
  } else {
    std::memcpy(&bits, source.bytes.data(), sizeof bits);
  }
  return std::max<uint64_t>(mix(bits), 1);
}

}  // namespace

SourceTable::SourceTable(uint32_t sources_max, uint32_t per_min, Report report)
    : entries_(std::bit_ceil(std::max<size_t>(sources_max, kWays))),
      set_mask_(entries_.size() / kWays - 1),
      token_us_(minutes(1).us / std::max(per_min, 1U)),
      bucket_us_(token_us_ * std::max(per_min, 1U)),
      report_(std::move(report)) {}

SourceTable::Entry& SourceTable::find(model::SubscriberId line, const IpAddress& source, Duration now) {
  const uint64_t key = key_of(line, source);
  Entry* const set = &entries_[(key & set_mask_) * kWays];
  Entry* fullest = set;
  for (Entry* e = set; e != set + kWays; ++e) {
    if (e->key == key) return *e;
    if (e->key == 0 || (fullest->key != 0 && e->full_us < fullest->full_us)) fullest = e;
  }
  if (fullest->key != 0) {
    if (fullest->full_us > now.us) ++crowded_;
    report_one(*fullest);
  }
  *fullest = {key, now.us, {line, source, 0, 0, 0}};
  return *fullest;
}

bool SourceTable::take(Entry& entry, Duration now) const {
  const int64_t full_us = std::max(entry.full_us, now.us) + token_us_;
  if (full_us > now.us + bucket_us_) return false;
  entry.full_us = full_us;
  return true;
}

void SourceTable::report_one(Entry& entry) {
  Served& s = entry.served;
  if (s.closed + s.limited + s.refused == 0) return;
  if (report_) report_(s);
  s.closed = s.limited = s.refused = 0;
}

void SourceTable::flush() {
  for (Entry& e : entries_) report_one(e);
}

}  // namespace postern::edge::explainer
