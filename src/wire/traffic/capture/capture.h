// SPDX-License-Identifier: Apache-2.0
// A capture file to flows and DNS questions: reader and traffic put together. Pure; foreign bytes in; memory is bounded
// by the limits of its parts, whatever the file's size.
#pragma once

#include "wire/traffic/capture/reader.h"
#include "wire/traffic/capture/traffic.h"

namespace postern::wire {

class Capture {
 public:
  Capture(TrafficLimits limits, FlowSums::Emit on_flow, DnsQuestions::Emit on_question)
      : traffic_(limits, std::move(on_flow), std::move(on_question)) {}

  [[nodiscard]] Status push(ByteView chunk);
  // Gives all that is still held, also after an error: what was read before it counts.
  [[nodiscard]] Status finish();

  [[nodiscard]] uint64_t packets() const { return reader_.packets(); }
  [[nodiscard]] uint64_t without_time() const { return without_time_; }  // left out
  [[nodiscard]] const Traffic& traffic() const { return traffic_; }

 private:
  CaptureReader reader_;
  Traffic traffic_;
  uint64_t without_time_ = 0;
};

}  // namespace postern::wire
