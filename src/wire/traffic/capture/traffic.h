// SPDX-License-Identifier: Apache-2.0
// Packets to flows and DNS questions: headers, sums, questions and SMTP on other ports put together, for captures that
// are read (all of each connection) and for a mirror port (`beginnings`: what its filter lets through; signing in
// without encryption is told too). Pure; foreign bytes in; memory is bounded by the limits of its parts. Packets that
// give no headers are counted by reason.
#pragma once

#include <array>
#include <optional>

#include "wire/traffic/capture/beginnings.h"
#include "wire/traffic/capture/dns_questions.h"
#include "wire/traffic/capture/flow_sums.h"
#include "wire/traffic/proxy_seen/proxies.h"
#include "wire/traffic/smtp_seen/sign_ins.h"
#include "wire/traffic/smtp_seen/smtp_elsewhere.h"

namespace postern::wire {

struct TrafficLimits {
  FlowSumLimits flows;
  DnsLimits dns;
  bool beginnings = false;
};

class Traffic {
 public:
  // `on_proxied`: only with `beginnings`.
  Traffic(TrafficLimits limits, FlowSums::Emit on_flow, DnsQuestions::Emit on_question,
          Proxies::Emit on_proxied = nullptr);
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;

  void see(Time at, uint16_t link, ByteView packet);
  void see(Time at, const PacketHeaders& packet);
  void advance(Time now);  // also without packets
  void finish();           // gives what is left

  [[nodiscard]] uint64_t without_headers(NoHeaders why) const { return no_headers_[static_cast<size_t>(why)]; }
  [[nodiscard]] const FlowSums& flows() const { return flows_; }
  [[nodiscard]] const DnsStats& dns() const { return questions_.stats(); }
  [[nodiscard]] const SmtpElsewhere& smtp() const { return smtp_; }
  [[nodiscard]] const SignIns* sign_ins() const { return sign_ins_ ? &*sign_ins_ : nullptr; }
  [[nodiscard]] const Proxies* proxies() const { return proxies_ ? &*proxies_ : nullptr; }
  [[nodiscard]] Beginnings* beginnings() { return beginnings_ ? &*beginnings_ : nullptr; }
  [[nodiscard]] const Beginnings* beginnings() const { return beginnings_ ? &*beginnings_ : nullptr; }

 private:
  void see_mail(Time at, const PacketHeaders& packet);

  FlowSums flows_;
  DnsQuestions questions_;
  SmtpElsewhere smtp_;
  std::optional<Beginnings> beginnings_;
  std::optional<SignIns> sign_ins_;
  std::optional<Proxies> proxies_;
  std::array<uint64_t, pn_enum_size(NoHeaders{})> no_headers_{};
};

}  // namespace postern::wire
