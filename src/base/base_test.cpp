// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/codec.h"
#include "base/ip.h"
#include "base/networks.h"
#include "base/time.h"

namespace postern {
namespace {

PN_ENUM(Colour, red, green)

struct Inner {
  std::string name;
  Colour colour = Colour::red;
  bool operator==(const Inner&) const = default;
  PN_FIELDS(name, colour)
};
struct Outer {
  uint16_t small = 0;
  std::vector<Inner> inner;
  std::optional<int64_t> maybe;
  std::variant<std::monostate, Inner, Prefix> either;
  std::map<std::string, uint32_t> counts;
  Personal<Inner> person;
  Time at;
  bool operator==(const Outer&) const = default;
  PN_FIELDS(small, inner, maybe, either, counts, person, at)
};

Outer sample() {
  return {513,
          {{"a", Colour::green}, {"", Colour::red}},
          -5,
          parse_prefix("2001:db8::/32").value(),
          {{"x", 1}, {"y", 2}},
          {{"Erika", Colour::green}, false},
          Time{42}};
}

TEST(Codec, RoundTripsAndRefusesEveryCutAndTrailingByte) {
  const Bytes bytes = encode(sample());
  EXPECT_EQ(decode<Outer>(bytes).value(), sample());
  for (size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(decode<Outer>(ByteView(bytes).first(n))) << n;
  Bytes longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(decode<Outer>(longer));
}

TEST(Codec, PersonalPartIsSeparateAndErasable) {
  Bytes plain;
  Bytes personal;
  Encoder(plain, &personal).put(sample());
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(plain.data()), plain.size()).find("Erika"), std::string::npos);
  Outer back;
  Decoder whole(plain, personal);
  whole.get(back);
  EXPECT_TRUE(whole.done());
  EXPECT_EQ(back, sample());
  Decoder erased(plain, {});
  erased.get(back);
  EXPECT_TRUE(erased.done());
  EXPECT_TRUE(back.person.erased);
}

TEST(Codec, RefusesEnumsAndPrefixesNoEncoderWrote) {
  Bytes enum_bytes = encode(Inner{"a", Colour::green});
  enum_bytes.back() = std::byte{2};
  EXPECT_FALSE(decode<Inner>(enum_bytes));
  Bytes prefix_bytes = encode(parse_prefix("192.0.2.0/24").value());
  prefix_bytes[4] = std::byte{1};
  EXPECT_FALSE(decode<Prefix>(prefix_bytes));
}

TEST(Time, RoundTripsTextAndReadsOffsets) {
  EXPECT_EQ(to_string(parse_time("2026-11-22T18:21:12Z").value()), "2026-11-22T18:21:12Z");
  EXPECT_EQ(to_string(parse_time("2026-11-22T20:21:12.25+02:00").value()), "2026-11-22T18:21:12.250000Z");
  EXPECT_EQ(to_string(parse_time("2024-02-29").value()), "2024-02-29T00:00:00Z");
  for (const char* bad :
       {"", "2026-13-01", "2025-02-29", "2026-11-22T", "2026-11-22T18:21", "2026-11-22T18:21:12", "now"})
    EXPECT_FALSE(parse_time(bad)) << bad;
}

TEST(Duration, ShortestExactForm) {
  EXPECT_EQ(to_string(parse_duration("72h").value()), "3d");
  EXPECT_EQ(to_string(parse_duration("90s").value()), "90s");
  EXPECT_EQ(to_string(parse_duration("1500ms").value()), "1500ms");
  for (const char* bad : {"", "72", "h", "-1h", "1.5h", "1w", "99999999999999d"})
    EXPECT_FALSE(parse_duration(bad)) << bad;
}

TEST(Networks, ThisMachineAndLists) {
  for (const char* a : {"127.0.0.1", "127.255.255.254", "::1"}) EXPECT_TRUE(is_loopback(parse_ip(a).value())) << a;
  for (const char* a : {"128.0.0.1", "126.255.255.255", "::2", "::"})
    EXPECT_FALSE(is_loopback(parse_ip(a).value())) << a;
  const std::vector<Prefix> list{parse_prefix("192.0.2.0/24").value(), parse_prefix("2001:db8::/32").value()};
  EXPECT_TRUE(is_in(list, parse_ip("192.0.2.255").value()));
  EXPECT_TRUE(is_in(list, parse_ip("2001:db8:ffff::1").value()));
  EXPECT_FALSE(is_in(list, parse_ip("192.0.3.0").value()));
  EXPECT_FALSE(is_in({}, parse_ip("192.0.2.1").value()));
}

TEST(Prefix, ContainsAndRefusesHostBits) {
  const Prefix p = parse_prefix("2001:db8:1::/48").value();
  EXPECT_TRUE(p.contains(parse_ip("2001:db8:1:ffff::1").value()));
  EXPECT_FALSE(p.contains(parse_ip("2001:db8:2::1").value()));
  EXPECT_FALSE(p.contains(parse_ip("192.0.2.1").value()));
  EXPECT_EQ(parse_prefix("192.0.2.1/24").error().fix, "the network is 192.0.2.0/24");
  EXPECT_EQ(to_string(destination_network(parse_ip("198.51.100.77").value())), "198.51.100.0/24");
  EXPECT_FALSE(parse_prefix("192.0.2.0/33"));
}

}  // namespace
}  // namespace postern
