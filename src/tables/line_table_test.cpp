// SPDX-License-Identifier: Apache-2.0
#include "tables/line_table.h"

#include <gtest/gtest.h>

namespace postern::tables {
namespace {

model::LineEntry entry(const char* prefix, uint32_t line) {
  model::LineEntry e;
  e.prefix = parse_prefix(prefix).value();
  e.line = {line};
  e.class_name = line % 2 == 0 ? "residential" : "business";
  e.access = "sub" + std::to_string(line);
  return e;
}

Bytes snapshot(const std::vector<model::LineEntry>& sorted) {
  SnapshotWriter writer({.epoch = 9, .sequence = 4, .revision = 2, .published_us = 1});
  for (const auto& e : sorted) writer.add(e);
  return writer.finish();
}

LineTable table_of(const Bytes& bytes) { return LineTable::open(sys::sealed_memfd("test", bytes).value()).value(); }

std::vector<model::LineEntry> three() {
  auto listed = entry("2001:db8:100::/56", 3);
  listed.listed = {parse_prefix("198.51.100.7/32").value(), parse_prefix("2001:db8:f::/48").value()};
  listed.limits = {1, 2, 3, 4};
  listed.vlan_outer = 5;
  listed.vlan_inner = 6;
  listed.verdict = model::Verdict::listed;
  listed.reason = model::Reason::restriction;
  listed.revision = 7;
  listed.expires = {8};
  listed.order = {9};
  listed.hold = model::Hold::garden;
  listed.closed = {{model::Transport::tcp, 445}, {model::Transport::udp, 53}};
  return {entry("100.64.0.0/24", 1), entry("100.64.0.7/32", 2), listed};
}

uint32_t line_at(const LineTable& t, const char* address) {
  const auto e = t.find(parse_ip(address).value());
  return e ? e->line.value : 0;
}

TEST(LineTable, LongestPrefixWinsAndAllFieldsComeBack) {
  const LineTable t = table_of(snapshot(three()));
  EXPECT_EQ(line_at(t, "100.64.0.7"), 2U);
  EXPECT_EQ(line_at(t, "100.64.0.8"), 1U);
  EXPECT_EQ(line_at(t, "100.64.1.8"), 0U);
  EXPECT_EQ(t.find(parse_ip("2001:db8:100:ff::1").value()).value(), three()[2]);
  EXPECT_EQ(t.size(), 3U);
}

// So that a field that is added to the entry cannot be forgotten in the snapshot: the comparison above is of this
// entry.
TEST(LineTable, TheComparedEntryHasNoFieldAtItsDefault) {
  const model::LineEntry empty;
  const model::LineEntry compared = three()[2];
  std::map<std::string, Bytes> defaults;
  model::LineEntry::visit(empty,
                          [&](std::string_view name, const auto& v) { defaults[std::string(name)] = encode(v); });
  model::LineEntry::visit(compared, [&](std::string_view name, const auto& v) {
    EXPECT_NE(encode(v), defaults[std::string(name)]) << name;
  });
}

TEST(LineTable, DeltasReplaceInPlaceAndGapsAreRefused) {
  LineTable t = table_of(snapshot(three()));
  ASSERT_TRUE(t.apply({9, 5, {parse_prefix("100.64.0.7/32").value()}, {entry("100.64.0.9/32", 7)}}));
  EXPECT_EQ(line_at(t, "100.64.0.7"), 1U);  // the covering block again
  EXPECT_EQ(line_at(t, "100.64.0.9"), 7U);
  EXPECT_TRUE(t.apply({9, 5, {}, {}}));  // seen already
  EXPECT_EQ(t.apply({9, 7, {}, {}}).error().code, Errc::conflict);
  EXPECT_EQ(t.apply({8, 6, {}, {}}).error().code, Errc::conflict);
  EXPECT_EQ(t.size(), 3U);
  std::vector<uint32_t> lines;
  t.for_each([&](const model::LineEntry& e) { lines.push_back(e.line.value); });
  EXPECT_EQ(lines, (std::vector<uint32_t>{1, 7, 3}));
}

TEST(LineTable, EveryCutAndManyFlipsAreRefusedOrHarmless) {
  const Bytes good = snapshot(three());
  for (size_t n = 0; n < good.size(); ++n)
    EXPECT_FALSE(LineTable::open(sys::sealed_memfd("cut", ByteView(good).first(n)).value())) << n;
  for (size_t i = 0; i < good.size(); ++i) {
    Bytes bad = good;
    bad[i] ^= std::byte{0x81};
    auto t = LineTable::open(sys::sealed_memfd("flip", bad).value());
    if (t) t->for_each([](const model::LineEntry&) {});  // no out-of-bounds read (address sanitizer)
  }
}

TEST(LineTable, UnsealedMemoryIsRefused) {
  const sys::Fd open_fd = sys::sealed_memfd("sealed", snapshot({})).value();
  EXPECT_TRUE(LineTable::open(open_fd));
  EXPECT_FALSE(LineTable::open(sys::Fd()));
}

}  // namespace
}  // namespace postern::tables
