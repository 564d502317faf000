// SPDX-License-Identifier: Apache-2.0
#include "wire/radius/accounting.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fstream>
#include <gtest/gtest.h>

namespace postern::wire {
namespace {

Bytes from_hex(std::string_view hex) {
  Bytes out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    out.push_back(static_cast<std::byte>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return out;
}

std::string line(std::string_view name, const std::string& value) {
  return value.empty() ? "" : fmt::format("{}: {}\n", name, value);
}

// The form the golden file has: one line for each field that is there.
std::string describe(const Result<RadiusAccounting>& r) {
  if (!r) return fmt::format("error: {}\n", r.error().text());
  std::vector<std::string> prefixes;
  for (const Prefix& p : r->prefixes) prefixes.push_back(to_string(p));
  return fmt::format("id: {}\n", r->id) + line("status", std::string(to_string(r->status))) +
         line("user", r->user_name) + line("session", r->session_id) + line("nas", r->nas_identifier) +
         line("nas address", r->nas_address ? to_string(r->nas_address) : "") + line("port", r->nas_port_id) +
         line("class", fmt::format("{}", fmt::join(r->classes, " "))) +
         line("prefixes", fmt::format("{}", fmt::join(prefixes, " "))) +
         line("timestamp", r->timestamp ? std::to_string(*r->timestamp) : "") +
         line("delay", r->delay_s ? std::to_string(*r->delay_s) : "");
}

struct Golden {
  std::string name, secret, hex, expected;
};

std::vector<Golden> golden_packets() {
  std::ifstream file("src/wire/radius/accounting_golden.txt");
  std::vector<Golden> all;
  for (std::string text; std::getline(file, text);) {
    if (text.starts_with("#") || text.empty()) continue;
    const auto value = [&] { return text.substr(std::min(text.size(), text.find(": ") + 2)); };
    if (text.starts_with("packet: ")) {
      all.push_back({value(), "", "", ""});
    } else if (text.starts_with("secret: ")) {
      all.back().secret = value();
    } else if (text.starts_with("hex: ")) {
      all.back().hex = value();
    } else {
      all.back().expected += text + "\n";
    }
  }
  return all;
}

TEST(Radius, GoldenPacketsDecodeAsWritten) {
  const auto all = golden_packets();
  ASSERT_GE(all.size(), 30U);
  for (const Golden& g : all) EXPECT_EQ(describe(decode_accounting(from_hex(g.hex), g.secret)), g.expected) << g.name;
}

TEST(Radius, WhatIsEncodedDecodesAgain) {
  for (const Golden& g : golden_packets()) {
    const auto request = decode_accounting(from_hex(g.hex), g.secret);
    if (!request) continue;
    for (const bool with : {false, true})
      EXPECT_EQ(describe(decode_accounting(encode_accounting_request(*request, "x", with), "x")), g.expected) << g.name;
  }
}

TEST(Radius, EveryFlippedBitOfASignedPacketIsNoticed) {
  const RadiusAccounting request{.id = 1, .status = AcctStatus::start, .user_name = "cust-1", .session_id = "S"};
  const Bytes packet = encode_accounting_request(request, "s3cret", false);
  for (size_t bit = 0; bit < packet.size() * 8; ++bit) {
    Bytes bent = packet;
    bent[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
    EXPECT_FALSE(decode_accounting(bent, "s3cret")) << "bit " << bit;
  }
}

TEST(Radius, EmptySecretAuthenticatesNobody) {
  const RadiusAccounting request{.id = 1, .status = AcctStatus::accounting_on};
  EXPECT_FALSE(decode_accounting(encode_accounting_request(request, "", false), ""));
}

// Computed by hand from RFC 2866 section 3: MD5(05 07 0014 + request authenticator + "s3cret").
TEST(Radius, ResponseAuthenticator) {
  RadiusAuthenticator of_request{};
  for (size_t i = 0; i < of_request.size(); ++i) of_request[i] = static_cast<uint8_t>(i);
  const auto response = encode_accounting_response(7, of_request, "s3cret");
  EXPECT_EQ(Bytes(response.begin(), response.end()), from_hex("05070014b587ff8893a9567f4bd0079d600cca3c"));
}

}  // namespace
}  // namespace postern::wire
