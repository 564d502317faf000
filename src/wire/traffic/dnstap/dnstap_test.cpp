// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/dnstap/dnstap.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "wire/traffic/dnstap/frames.h"

namespace postern::wire {
namespace {

model::DnsQuestion question(uint16_t type, const char* name) {
  return {.at = Time{} + seconds(1'700'000'000),
          .client = parse_ip("10.64.0.2").value(),
          .type = type,
          .name = name,
          .answered = true,
          .rcode = 3};
}

Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes out;
  for (const Bytes& p : parts) out.insert(out.end(), p.begin(), p.end());
  return out;
}

TEST(Dnstap, WhatIsWantedOfAResponse) {
  auto mx = decode_dnstap(encode_dnstap(question(15, "example.net")));
  ASSERT_TRUE(mx) << mx.error().text();
  ASSERT_TRUE(mx->question);
  EXPECT_EQ(*mx->question, question(15, "example.net"));
  auto six = question(28, "mx1.example.net");
  six.client = parse_ip("2001:db8::2").value();
  mx = decode_dnstap(encode_dnstap(six));
  ASSERT_TRUE(mx && mx->question);
  EXPECT_EQ(*mx->question, six);
  const auto text = decode_dnstap(encode_dnstap(question(16, "example.net")));
  ASSERT_TRUE(text);
  EXPECT_TRUE(text->response);
  EXPECT_FALSE(text->question) << "TXT is left undecoded";
  const auto nothing = decode_dnstap({});
  EXPECT_TRUE(nothing && !nothing->response);
}

TEST(Dnstap, EveryCutIsAnErrorOrNothing) {
  const Bytes whole = encode_dnstap(question(15, "example.net"));
  for (size_t n = 0; n < whole.size(); ++n) {
    const auto got = decode_dnstap(ByteView(whole).first(n));
    EXPECT_TRUE(!got || !got->question) << n;
  }
}

TEST(Frames, BothWaysToBeginAndTheEnd) {
  const Bytes payload = encode_dnstap(question(15, "example.net"));
  for (const bool ready : {true, false}) {
    Frames frames;
    Bytes answer;
    int got = 0;
    const auto count = [&](ByteView frame) { got += std::ranges::equal(frame, payload) ? 1 : 100; };
    if (ready) {
      ASSERT_TRUE(frames.take(encode_control(kControlReady, kDnstapContent), answer, count));
      EXPECT_EQ(answer, encode_control(kControlAccept, kDnstapContent));
      answer.clear();
    }
    const Bytes rest = joined({encode_control(kControlStart, kDnstapContent), encode_frame(payload),
                               encode_frame(payload), encode_control(kControlStop, {})});
    for (const std::byte b : rest) ASSERT_TRUE(frames.take({&b, 1}, answer, count));
    EXPECT_EQ(got, 2);
    EXPECT_TRUE(frames.over());
    EXPECT_EQ(answer, encode_control(kControlFinish, {}));
  }
}

TEST(Frames, WhatIsBroken) {
  const auto breaks = [](const Bytes& bytes) {
    Frames frames;
    Bytes answer;
    return !frames.take(bytes, answer, [](ByteView) {}).has_value();
  };
  const Bytes start = encode_control(kControlStart, kDnstapContent);
  EXPECT_FALSE(breaks(start));
  EXPECT_TRUE(breaks(encode_frame(Bytes(10)))) << "data before START";
  EXPECT_TRUE(breaks(encode_control(kControlStart, "protobuf:other.Thing")));
  EXPECT_TRUE(breaks(encode_control(kControlStop, {}))) << "STOP first";
  EXPECT_TRUE(breaks(joined({start, start})));
  EXPECT_TRUE(breaks(joined({start, Bytes(4, std::byte{0x7f})}))) << "a frame of 2 GB";
  EXPECT_TRUE(breaks(joined({Bytes(4), Bytes(4, std::byte{0x7f})}))) << "such a control frame";
}

}  // namespace
}  // namespace postern::wire
