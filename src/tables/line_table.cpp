// SPDX-License-Identifier: Apache-2.0
#include "tables/line_table.h"

#include <cstring>
#include <fmt/format.h>

#include "base/check.h"

namespace postern::tables {
namespace {

constexpr uint64_t kMagic = 0x32454c4241544e50;  // "PNTABLE2"

struct Header {
  uint64_t magic = kMagic;
  TableStamp stamp;
  uint64_t count = 0;
  uint64_t names_bytes = 0;  // encoded std::vector<std::string>
  uint32_t listed_count = 0;
  uint32_t closed_count = 0;
};

struct Row {
  uint8_t address[16];
  uint8_t family;
  uint8_t length;
  uint8_t verdict;
  uint8_t reason;
  uint32_t line;
  uint16_t access;
  uint16_t class_name;
  uint16_t vlan_outer;
  uint16_t vlan_inner;
  uint32_t revision;
  uint32_t limits[4];
  uint32_t listed_first;
  uint32_t listed_count;
  int64_t expires_us;
  uint64_t order;
  uint32_t closed_first;
  uint8_t closed_count;
  uint8_t hold;
  uint16_t zero;
};
static_assert(sizeof(Row) == 88);
static_assert(model::kClosedMax <= 255);

struct ListedRow {
  uint8_t address[16];
  uint8_t family;
  uint8_t length;
};

struct ClosedRow {
  uint16_t port;
  uint8_t transport;
  uint8_t zero;
};

template <class T>
void append(Bytes& out, const T& v) {
  const auto* p = reinterpret_cast<const std::byte*>(&v);
  out.insert(out.end(), p, p + sizeof v);
}

template <class T>
T read_at(ByteView bytes, size_t offset) {
  T v;
  std::memcpy(&v, bytes.data() + offset, sizeof v);
  return v;
}

template <class R>
void set_prefix(R& row, const Prefix& p) {
  std::memcpy(row.address, p.address.bytes.data(), 16);
  row.family = static_cast<uint8_t>(p.address.family);
  row.length = p.length;
}

template <class R>
Prefix prefix_of(const R& row) {
  Prefix p;
  p.address.family = static_cast<Family>(row.family);
  std::memcpy(p.address.bytes.data(), row.address, 16);
  p.length = row.length;
  return p;
}

std::unexpected<Error> broken(std::string_view what) {
  return fail(Errc::bad_input, fmt::format("the published line table is broken: {}", what));
}

}  // namespace

uint16_t SnapshotWriter::name_index(const std::string& name) {
  const auto [it, fresh] = name_of_.try_emplace(name, static_cast<uint16_t>(names_.size()));
  if (fresh) {
    PN_CHECK(names_.size() < 65535);  // classes and interfaces of one router
    names_.push_back(name);
  }
  return it->second;
}

void SnapshotWriter::add(const model::LineEntry& e) {
  Row row{};
  set_prefix(row, e.prefix);
  row.verdict = static_cast<uint8_t>(e.verdict);
  row.reason = static_cast<uint8_t>(e.reason);
  row.line = e.line.value;
  row.access = name_index(e.access);
  row.class_name = name_index(e.class_name);
  row.vlan_outer = e.vlan_outer;
  row.vlan_inner = e.vlan_inner;
  row.revision = e.revision;
  row.limits[0] = e.limits.connections_per_min;
  row.limits[1] = e.limits.connections_burst;
  row.limits[2] = e.limits.networks_per_hour;
  row.limits[3] = e.limits.networks_burst;
  row.listed_first = listed_count_;
  row.listed_count = static_cast<uint32_t>(e.listed.size());
  row.expires_us = e.expires.us;
  row.order = e.order.value;
  row.hold = static_cast<uint8_t>(e.hold);
  row.closed_first = closed_count_;
  row.closed_count = static_cast<uint8_t>(e.closed.size());
  append(rows_, row);
  ++count_;
  for (const Prefix& p : e.listed) {
    ListedRow listed{};
    set_prefix(listed, p);
    append(listed_, listed);
    ++listed_count_;
  }
  for (const model::Service& s : e.closed) {
    append(closed_, ClosedRow{.port = s.port, .transport = static_cast<uint8_t>(s.transport), .zero = 0});
    ++closed_count_;
  }
}

Bytes SnapshotWriter::finish() const {
  Header header;
  header.stamp = stamp_;
  header.count = count_;
  header.listed_count = listed_count_;
  header.closed_count = closed_count_;
  const Bytes names = encode(names_);
  header.names_bytes = names.size();
  Bytes out;
  out.reserve(sizeof header + names.size() + rows_.size() + listed_.size() + closed_.size());
  append(out, header);
  out.insert(out.end(), names.begin(), names.end());
  out.insert(out.end(), rows_.begin(), rows_.end());
  out.insert(out.end(), listed_.begin(), listed_.end());
  out.insert(out.end(), closed_.begin(), closed_.end());
  return out;
}

Result<LineTable> LineTable::open(const sys::Fd& memfd) {
  LineTable table;
  table.map_ = PN_TRY(sys::Mapping::of(memfd.get(), true));
  const ByteView bytes = table.map_.bytes();
  if (bytes.size() < sizeof(Header)) return broken("shorter than its header");
  const auto header = read_at<Header>(bytes, 0);
  if (header.magic != kMagic) return broken("wrong magic or version");
  const size_t size = bytes.size();
  if (header.names_bytes > size || header.count > size / sizeof(Row) ||
      header.listed_count > size / sizeof(ListedRow) || header.closed_count > size / sizeof(ClosedRow) ||
      sizeof header + header.names_bytes + header.count * sizeof(Row) + header.listed_count * sizeof(ListedRow) +
              header.closed_count * sizeof(ClosedRow) !=
          size)
    return broken("its parts do not add up to its size");
  table.names_ = PN_TRY(decode<std::vector<std::string>>(bytes.subspan(sizeof header, header.names_bytes)));
  table.stamp_ = header.stamp;
  table.sequence_ = header.stamp.sequence;
  table.count_ = header.count;
  table.rows_at_ = sizeof header + header.names_bytes;
  table.listed_at_ = table.rows_at_ + header.count * sizeof(Row);
  table.listed_count_ = header.listed_count;
  table.closed_at_ = table.listed_at_ + header.listed_count * sizeof(ListedRow);
  table.closed_count_ = header.closed_count;
  PN_TRY_VOID(table.check_rows());
  return table;
}

Status LineTable::check_rows() {
  Prefix last;
  for (size_t i = 0; i < count_; ++i) {
    const auto row = read_at<Row>(map_.bytes(), rows_at_ + i * sizeof(Row));
    const Prefix p = prefix_of(row);
    if (row.family != 4 && row.family != 6) return broken("unknown address family");
    if (Prefix::of(p.address, p.length) != p || (i > 0 && !(last < p))) return broken("rows out of order");
    if (row.access >= names_.size() || row.class_name >= names_.size()) return broken("a name is missing");
    if (uint64_t{row.listed_first} + row.listed_count > listed_count_ || row.listed_count > model::kListedMax)
      return broken("a list is out of range");
    if (uint64_t{row.closed_first} + row.closed_count > closed_count_ || row.closed_count > model::kClosedMax)
      return broken("closed services are out of range");
    if (row.hold >= pn_enum_size(model::Hold{})) return broken("unknown hold");
    if (row.verdict >= pn_enum_size(model::Verdict{}) || row.reason >= pn_enum_size(model::Reason{}))
      return broken("unknown verdict or reason");
    ++lengths_[{p.address.family, p.length}];
    last = p;
  }
  return {};
}

Status LineTable::apply(const model::LineDelta& delta) {
  if (delta.epoch == stamp_.epoch && delta.sequence <= sequence_) return {};
  if (delta.epoch != stamp_.epoch || delta.sequence != sequence_ + 1)
    return fail(Errc::conflict, fmt::format("table delta {}.{} does not follow {}.{}", delta.epoch, delta.sequence,
                                            stamp_.epoch, sequence_));
  for (const Prefix& p : delta.removed) overlay_[p] = std::nullopt;
  for (const model::LineEntry& e : delta.set) {
    overlay_[e.prefix] = e;
    lengths_.try_emplace({e.prefix.address.family, e.prefix.length}, 0);
  }
  sequence_ = delta.sequence;
  return {};
}

std::optional<size_t> LineTable::row_of(const Prefix& prefix) const {
  size_t low = 0;
  size_t high = count_;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (prefix_of(read_at<Row>(map_.bytes(), rows_at_ + middle * sizeof(Row))) < prefix) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == count_ || prefix_of(read_at<Row>(map_.bytes(), rows_at_ + low * sizeof(Row))) != prefix)
    return std::nullopt;
  return low;
}

model::LineEntry LineTable::entry_at(size_t index) const {
  const auto row = read_at<Row>(map_.bytes(), rows_at_ + index * sizeof(Row));
  model::LineEntry e;
  e.prefix = prefix_of(row);
  e.line = {row.line};
  e.access = names_[row.access];
  e.vlan_outer = row.vlan_outer;
  e.vlan_inner = row.vlan_inner;
  e.class_name = names_[row.class_name];
  e.verdict = static_cast<model::Verdict>(row.verdict);
  e.reason = static_cast<model::Reason>(row.reason);
  e.revision = row.revision;
  e.limits = {row.limits[0], row.limits[1], row.limits[2], row.limits[3]};
  for (uint32_t i = 0; i < row.listed_count; ++i)
    e.listed.push_back(
        prefix_of(read_at<ListedRow>(map_.bytes(), listed_at_ + (row.listed_first + i) * sizeof(ListedRow))));
  e.expires = {row.expires_us};
  e.order = {row.order};
  e.hold = static_cast<model::Hold>(row.hold);
  for (uint32_t i = 0; i < row.closed_count; ++i) {
    const auto closed = read_at<ClosedRow>(map_.bytes(), closed_at_ + (row.closed_first + i) * sizeof(ClosedRow));
    e.closed.push_back({closed.transport == 0 ? model::Transport::tcp : model::Transport::udp, closed.port});
  }
  return e;
}

std::optional<model::LineEntry> LineTable::find_exact(const Prefix& prefix) const {
  if (const auto it = overlay_.find(prefix); it != overlay_.end()) return it->second;
  if (const auto row = row_of(prefix)) return entry_at(*row);
  return std::nullopt;
}

std::optional<model::LineEntry> LineTable::find(const IpAddress& address) const {
  if (!address) return std::nullopt;
  // Few lengths are in use.
  for (int length = address.bits(); length >= 0; --length) {
    const auto bits = static_cast<uint8_t>(length);
    if (!lengths_.contains({address.family, bits})) continue;
    if (auto entry = find_exact(Prefix::of(address, bits))) return entry;
  }
  return std::nullopt;
}

void LineTable::for_each(const std::function<void(const model::LineEntry&)>& visit) const {
  auto over = overlay_.begin();
  for (size_t i = 0; i < count_; ++i) {
    const Prefix p = prefix_of(read_at<Row>(map_.bytes(), rows_at_ + i * sizeof(Row)));
    for (; over != overlay_.end() && over->first < p; ++over)
      if (over->second) visit(*over->second);
    if (over != overlay_.end() && over->first == p) continue;  // visited in the next round
    visit(entry_at(i));
  }
  for (; over != overlay_.end(); ++over)
    if (over->second) visit(*over->second);
}

uint64_t LineTable::size() const {
  uint64_t n = count_;
  for (const auto& [prefix, entry] : overlay_) {
    const bool before = row_of(prefix).has_value();
    n += static_cast<uint64_t>(entry.has_value()) - static_cast<uint64_t>(before);
  }
  return n;
}

}  // namespace postern::tables
