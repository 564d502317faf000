// SPDX-License-Identifier: Apache-2.0
#include "model/lease.h"

#include <gtest/gtest.h>
#include <span>

namespace postern::model {
namespace {

Bytes octets(std::initializer_list<int> values) {
  Bytes out;
  for (const int v : values) out.push_back(static_cast<std::byte>(v));
  return out;
}
std::string name(LeaseNameKind kind, std::string_view text) {
  return lease_name(kind, std::as_bytes(std::span(text.data(), text.size())));
}

TEST(LeaseName, OneNameForTheSameOctets) {
  EXPECT_EQ(name(LeaseNameKind::circuit, "olt3/1/7"), "circuit:olt3/1/7");
  EXPECT_EQ(parse_lease_name("circuit:0x6f6c74332f312f37").value(), "circuit:olt3/1/7");
  EXPECT_EQ(lease_name(LeaseNameKind::client, octets({1, 0xaa, 0xbb})), "client:0x01aabb");
  EXPECT_EQ(parse_lease_name("client:0x01AABB").value(), "client:0x01aabb");
  EXPECT_EQ(name(LeaseNameKind::remote, "0x41"), "remote:0x30783431") << "else it would be read as an A";
  EXPECT_EQ(parse_lease_name("remote:0x30783431").value(), "remote:0x30783431");
  EXPECT_EQ(name(LeaseNameKind::circuit, "two words"), "circuit:0x74776f20776f726473");
  for (const char* text : {"hw:02:00:5e:10:00:01", "hw:02-00-5E-10-00-01", "hw:02005e100001", "hw:0x02005e100001"})
    EXPECT_EQ(parse_lease_name(text).value(), "hw:02:00:5e:10:00:01") << text;
}

TEST(LeaseName, WhatIsNoneIsSaid) {
  for (const char* text : {"", "cust-1", "port:1", "circuit:", "client:0x1", "client:0xzz", "hw:02:00:5g", "hw:"})
    EXPECT_FALSE(parse_lease_name(text)) << text;
  EXPECT_FALSE(parse_lease_name("circuit:" + std::string(256, 'x')));
  EXPECT_TRUE(lease_name(LeaseNameKind::circuit, {}).empty());
}

}  // namespace
}  // namespace postern::model
