// SPDX-License-Identifier: Apache-2.0
#include "wire/radius/dynauth.h"

#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace postern::wire {
namespace {

Bytes from_hex(std::string_view hex) {
  Bytes out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    out.push_back(static_cast<std::byte>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return out;
}
std::string to_hex(ByteView bytes) {
  std::string out;
  for (const std::byte b : bytes) out += fmt::format("{:02x}", static_cast<unsigned>(b));
  return out;
}

RadiusAuthenticator authenticator_of(ByteView packet) { return decode_radius_header(packet)->authenticator; }

std::string describe(const Result<DynAuthAnswer>& a) {
  if (!a) return "error: " + a.error().what;
  std::string out = fmt::format("{} {}", to_string(a->verb), a->ack ? "ack" : "nak");
  if (a->error_cause) out += fmt::format(", {}", error_cause(*a->error_cause).name);
  return out + (a->authenticated_twice ? ", with Message-Authenticator" : "");
}

// src/wire/radius/dynauth_golden.txt: packets that FreeRADIUS 3.2.1 answered, and its answers.
TEST(DynAuth, GoldenAnswersOfFreeRadius) {
  std::ifstream file("src/wire/radius/dynauth_golden.txt");
  size_t seen = 0;
  std::string request;
  std::string answer;
  for (std::string text; std::getline(file, text);) {
    if (text.starts_with("request: ")) request = text.substr(9);
    if (text.starts_with("answer: ")) answer = text.substr(8);
    if (!text.starts_with("says: ")) continue;
    ++seen;
    const Bytes asked = from_hex(request);
    const auto sent = decode_dynauth_request(asked, "s3cret");
    ASSERT_TRUE(sent) << request;
    EXPECT_EQ(to_hex(*encode_dynauth_request(*sent, "s3cret")), request);  // byte for byte what is sent
    EXPECT_EQ(describe(decode_dynauth_answer(from_hex(answer), authenticator_of(asked), "s3cret")), text.substr(6));
  }
  EXPECT_GE(seen, 4U);
}

DynAuthRequest request() {
  return {DynAuthVerb::coa, 7, 1'795'370'400, {*model::parse_radius_attribute("Filter-Id = \"garden\"")}};
}

TEST(DynAuth, MessageAuthenticatorIsOverZeros) {
  // RFC 5176 section 3.4: changing the Request Authenticator alone breaks only that one.
  Bytes packet = *encode_dynauth_request(request(), "s3cret");
  EXPECT_TRUE(decode_dynauth_request(packet, "s3cret"));
  packet.back() ^= std::byte{1};
  radius::place(std::span(packet).subspan(kRadiusAuthenticatorAt), radius::signature(packet, {}, "s3cret"));
  const auto bent = decode_dynauth_request(packet, "s3cret");
  ASSERT_FALSE(bent);
  EXPECT_NE(bent.error().what.find("Message-Authenticator"), std::string::npos);
}

TEST(DynAuth, AnswerOfAnotherRequestOrSecretIsDenied) {
  const Bytes asked = *encode_dynauth_request(request(), "s3cret");
  for (const bool twice : {false, true}) {
    const Bytes told =
        encode_dynauth_answer({.id = 7, .ack = true, .authenticated_twice = twice}, authenticator_of(asked), "s3cret");
    EXPECT_TRUE(decode_dynauth_answer(told, authenticator_of(asked), "s3cret"));
    EXPECT_EQ(decode_dynauth_answer(told, authenticator_of(asked), "other").error().code, Errc::denied);
    EXPECT_EQ(decode_dynauth_answer(told, {}, "s3cret").error().code, Errc::denied);
    EXPECT_FALSE(decode_dynauth_answer(told, authenticator_of(asked), ""));
    for (size_t bit = 0; bit < told.size() * 8; ++bit) {
      Bytes bent = told;
      bent[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
      EXPECT_FALSE(decode_dynauth_answer(bent, authenticator_of(asked), "s3cret")) << "bit " << bit;
    }
  }
}

TEST(DynAuth, TooMuchForAPacketIsRefused) {
  DynAuthRequest big = request();
  big.attributes.assign(17, {.type = 11, .vendor = 9, .value = Bytes(247)});
  EXPECT_EQ(encode_dynauth_request(big, "s").error().code, Errc::limit);
  big.attributes.assign(1, {.type = 11, .vendor = 9, .value = Bytes(248)});
  EXPECT_EQ(encode_dynauth_request(big, "s").error().code, Errc::limit);
}

RC_GTEST_PROP(DynAuth, WhatIsEncodedDecodesAgain, ()) {
  DynAuthRequest asked{*rc::gen::element(DynAuthVerb::coa, DynAuthVerb::disconnect), *rc::gen::arbitrary<uint8_t>(),
                       *rc::gen::arbitrary<uint32_t>()};
  for (int n = *rc::gen::inRange(0, 10); n > 0; --n) {
    model::RadiusAttribute a{*rc::gen::element<uint8_t>(1, 11, 27, 44, 97), *rc::gen::element(0U, 9U, 2636U), {}};
    a.value.resize(static_cast<size_t>(*rc::gen::inRange(0, 247)), std::byte{*rc::gen::arbitrary<uint8_t>()});
    asked.attributes.push_back(a);
  }
  const Bytes packet = *encode_dynauth_request(asked, "x");
  RC_ASSERT(*decode_dynauth_request(packet, "x") == asked);
  DynAuthAnswer told{asked.id, asked.verb, *rc::gen::arbitrary<bool>()};
  if (!told.ack) told.error_cause = *rc::gen::arbitrary<uint32_t>();
  told.authenticated_twice = *rc::gen::arbitrary<bool>();
  const Bytes answer = encode_dynauth_answer(told, authenticator_of(packet), "x");
  RC_ASSERT(*decode_dynauth_answer(answer, authenticator_of(packet), "x") == told);
}

TEST(DynAuth, EveryCauseSaysWhatNext) {
  for (const uint32_t n :
       {201U, 202U, 401U, 402U, 403U, 404U, 405U, 406U, 407U, 501U, 502U, 503U, 504U, 505U, 506U, 507U, 508U})
    EXPECT_FALSE(error_cause(n).name.starts_with("an Error-Cause")) << n;
  EXPECT_EQ(error_cause(503).next, CauseNext::gone);
  EXPECT_EQ(error_cause(506).next, CauseNext::again);
  EXPECT_EQ(error_cause(999).next, CauseNext::other);
}

}  // namespace
}  // namespace postern::wire
