// SPDX-License-Identifier: Apache-2.0
#include "model/radius_attribute.h"

#include <gtest/gtest.h>

namespace postern::model {
namespace {

std::string shown(std::string_view text) {
  const auto a = parse_radius_attribute(text);
  if (!a) return "error: " + a.error().what;
  std::string out = std::to_string(a->vendor) + "." + std::to_string(a->type) + "=";
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const std::byte b : a->value) {
    out += kDigits[static_cast<size_t>(b) >> 4];
    out += kDigits[static_cast<size_t>(b) & 15];
  }
  return out;
}

TEST(RadiusAttribute, WhatOperatorsWrite) {
  EXPECT_EQ(shown("Filter-Id = \"garden\""), "0.11=67617264656e");
  EXPECT_EQ(shown("Filter-Id=garden"), "0.11=67617264656e");
  EXPECT_EQ(shown("11 = 0x67617264656e"), "0.11=67617264656e");
  EXPECT_EQ(shown("Session-Timeout = 60"), "0.27=0000003c");
  EXPECT_EQ(shown("27 = 60"), "0.27=0000003c");
  EXPECT_EQ(shown("Framed-IP-Address = 10.0.0.1"), "0.8=0a000001");
  EXPECT_EQ(shown("26.9.1 = \"ip:a=b\""), "9.1=69703a613d62");
}

TEST(RadiusAttribute, WhatIsWrongIsSaid) {
  EXPECT_EQ(shown("Filter-Id"), "error: there is no \"=\"");
  EXPECT_EQ(shown("Filter = x"), "error: \"Filter\" is no attribute that is known here");
  EXPECT_EQ(shown("Session-Timeout = soon"), "error: \"soon\" is no number of 32 bits; texts stand in quotes");
  EXPECT_EQ(shown("Framed-IP-Address = ::1"), "error: \"::1\" is no IPv4 address");
  EXPECT_EQ(shown("Filter-Id = \"\""), "error: the value is empty");
  EXPECT_EQ(shown("11 = 0x6"), "error: 0x needs two digits for each octet");
  EXPECT_EQ(shown("11 = 0x6g"), "error: \"6g\" is no hexadecimal octet");
  EXPECT_EQ(shown("80 = 0x00"), "error: attribute 80 is put in by itself");
  EXPECT_EQ(shown("0 = 1"), "error: \"0\" is no attribute that is known here");
  EXPECT_EQ(shown("26.0.1 = 1"), "error: \"26.0.1\" is no attribute that is known here");
  EXPECT_EQ(shown("Filter-Id = \"" + std::string(248, 'x') + "\""), "error: 248 octets, an attribute holds 247");
}

TEST(RadiusAttribute, ClassIsFilledIn) {
  const auto a = with_class(*parse_radius_attribute("Filter-Id = \"{class}-v4\""), "business");
  EXPECT_EQ(a, *parse_radius_attribute("Filter-Id = \"business-v4\""));
}

}  // namespace
}  // namespace postern::model
