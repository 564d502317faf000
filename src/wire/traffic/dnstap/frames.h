// SPDX-License-Identifier: Apache-2.0
// Frame Streams, as dnstap senders speak it (the farsightsec fstrm protocol): frames with a 32-bit length before them,
// big-endian; length 0 says that a control frame follows, with its own length, type and fields. A sender on a socket
// says READY and waits for our ACCEPT, or begins with START at once; its data frames follow; after STOP we say FINISH.
// Only the content type "protobuf:dnstap.Dnstap" is accepted. Pure; foreign bytes in.
//
// Limits: kFrameMax octets a data frame, kControlMax a control frame; beyond, out of order, or another content type:
// the stream is broken and stays so. Holds at most one frame.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/codec.h"
#include "base/result.h"

namespace postern::wire {

inline constexpr size_t kFrameMax = 96 * 1024;  // two DNS messages and what is told about them
inline constexpr size_t kControlMax = 512;
inline constexpr std::string_view kDnstapContent = "protobuf:dnstap.Dnstap";

class Frames {
 public:
  using OnFrame = std::function<void(ByteView)>;

  // What came; data frames are given as they are whole, what to answer is appended. An error ends the stream.
  [[nodiscard]] Status take(ByteView bytes, Bytes& answer, const OnFrame& frame);
  [[nodiscard]] bool over() const { return state_ == State::over; }

 private:
  enum class State : uint8_t { first, accepted, data, over };

  [[nodiscard]] Status control(ByteView body, Bytes& answer);
  // How many octets the frame at the front of `have` takes, its head included; 0 = its head is not whole.
  [[nodiscard]] Result<size_t> size_of(ByteView have) const;

  State state_ = State::first;
  Bytes rest_;  // of a frame that is not whole
};

// What a sender says, for tests and probes.
[[nodiscard]] Bytes encode_control(uint32_t type, std::string_view content);
[[nodiscard]] Bytes encode_frame(ByteView body);
inline constexpr uint32_t kControlAccept = 1;
inline constexpr uint32_t kControlStart = 2;
inline constexpr uint32_t kControlStop = 3;
inline constexpr uint32_t kControlReady = 4;
inline constexpr uint32_t kControlFinish = 5;

}  // namespace postern::wire
