// SPDX-License-Identifier: Apache-2.0
// The published line table: what every edge knows of lines. The brain writes one snapshot into a sealed memfd and sends
// LineDeltas after it; a reader maps the snapshot and lays the deltas over it. A role that restarts while the brain is
// dead gets the same snapshot and deltas from the supervisor, so the last table stands.
//
// Snapshot: one fixed-size row per prefix, sorted by (family, address, length), looked up in place: one million lines
// cost a reader no memory of its own. Same machine on both ends, so native byte order; foreign bytes are still checked.
// One thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/codec.h"
#include "base/result.h"
#include "model/line.h"
#include "sys/fd.h"

namespace postern::tables {

// What the snapshot says of itself.
struct TableStamp {
  uint64_t epoch = 0;     // a start of the brain
  uint64_t sequence = 0;  // deltas up to this one are in it
  uint32_t revision = 0;  // policy revision of the class `unknown`
  int64_t published_us = 0;
};

// Writes the bytes of a snapshot. Entries must come sorted by prefix, each prefix once.
class SnapshotWriter {
 public:
  explicit SnapshotWriter(TableStamp stamp) : stamp_(stamp) {}
  void add(const model::LineEntry& entry);
  [[nodiscard]] Bytes finish() const;

 private:
  uint16_t name_index(const std::string& name);
  TableStamp stamp_;
  Bytes rows_;
  uint64_t count_ = 0;
  std::vector<std::string> names_;  // classes and interfaces, each once
  std::map<std::string, uint16_t> name_of_;
  Bytes listed_;
  uint32_t listed_count_ = 0;
  Bytes closed_;
  uint32_t closed_count_ = 0;
};

class LineTable {
 public:
  LineTable() = default;  // empty: every source is class unknown

  // Checks magic, version, seal and every offset. Errors: bad_input.
  [[nodiscard]] static Result<LineTable> open(const sys::Fd& memfd);

  // Lays a delta over the snapshot. One that is already in it is ignored; a gap is Errc::conflict and the reader must
  // wait for the next snapshot (the table stays as it was).
  [[nodiscard]] Status apply(const model::LineDelta& delta);

  // Longest prefix that holds the address. Entries that expired are the caller's to judge (LineEntry::expires).
  [[nodiscard]] std::optional<model::LineEntry> find(const IpAddress& address) const;
  void for_each(const std::function<void(const model::LineEntry&)>& visit) const;  // sorted by prefix
  [[nodiscard]] uint64_t size() const;
  [[nodiscard]] const TableStamp& stamp() const { return stamp_; }
  [[nodiscard]] uint64_t sequence() const { return sequence_; }

 private:
  [[nodiscard]] std::optional<model::LineEntry> find_exact(const Prefix& prefix) const;
  [[nodiscard]] std::optional<size_t> row_of(const Prefix& prefix) const;
  [[nodiscard]] model::LineEntry entry_at(size_t row) const;
  [[nodiscard]] Status check_rows();

  sys::Mapping map_;
  TableStamp stamp_;
  uint64_t sequence_ = 0;
  uint64_t count_ = 0;
  size_t rows_at_ = 0;
  size_t listed_at_ = 0;
  uint32_t listed_count_ = 0;
  size_t closed_at_ = 0;
  uint32_t closed_count_ = 0;
  std::vector<std::string> names_;
  std::map<std::pair<Family, uint8_t>, uint64_t> lengths_;     // prefix lengths in use; how often in the snapshot
  std::map<Prefix, std::optional<model::LineEntry>> overlay_;  // nullopt = removed since the snapshot
};

}  // namespace postern::tables
