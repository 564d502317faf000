// SPDX-License-Identifier: Apache-2.0
// A capture file to flows and DNS questions: reader, headers, sums and questions put together. Pure; foreign bytes in;
// memory is bounded by the limits of its parts, whatever the file's size. Packets that give no headers are counted by
// reason and otherwise passed over.
#pragma once

#include <array>

#include "wire/traffic/capture/dns_questions.h"
#include "wire/traffic/capture/flow_sums.h"
#include "wire/traffic/capture/reader.h"

namespace postern::wire {

class Capture {
 public:
  Capture(FlowSumLimits flow_limits, FlowSums::Emit on_flow, DnsLimits dns_limits, DnsQuestions::Emit on_question)
      : flows_(flow_limits, std::move(on_flow)), questions_(dns_limits, std::move(on_question)) {}

  [[nodiscard]] Status push(ByteView chunk);
  // Gives all that is still held, also after an error: what was read before it counts.
  [[nodiscard]] Status finish();

  [[nodiscard]] uint64_t packets() const { return reader_.packets(); }
  [[nodiscard]] uint64_t without_time() const { return without_time_; }  // left out
  [[nodiscard]] uint64_t without_headers(NoHeaders why) const { return no_headers_[static_cast<size_t>(why)]; }
  [[nodiscard]] uint64_t flows_ended_early() const { return flows_.ended_early(); }
  [[nodiscard]] const DnsStats& dns() const { return questions_.stats(); }

 private:
  void see(const CapturedPacket& packet);

  CaptureReader reader_;
  FlowSums flows_;
  DnsQuestions questions_;
  std::array<uint64_t, pn_enum_size(NoHeaders{})> no_headers_{};
  uint64_t without_time_ = 0;
};

}  // namespace postern::wire
