// SPDX-License-Identifier: Apache-2.0
// The Postfix SMTP access policy delegation protocol: requests off the wire, answers onto it. Postfix's
// SMTPD_POLICY_README is its only specification: a request is lines "name=value" and an empty line; the answer is one
// line "action=..." and an empty line. Pure; requests are foreign bytes: values may hold anything but NUL and newline.
// Limits: kPolicyRequestOctetsMax a request. Unknown attributes are passed over; of one sent twice the first counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/fields.h"
#include "base/ip.h"
#include "base/result.h"
#include "wire/mail/smtp_reply.h"

namespace postern::wire {

// Postfix cuts an SMTP line at 2048 octets (line_length_limit); a handful of values are as long as that.
inline constexpr size_t kPolicyRequestOctetsMax = size_t{32} * 1024;

// other: a state this version of the protocol does not name.
PN_ENUM(PolicyState, other, connect, helo, ehlo, mail, rcpt, data, end_of_message, vrfy, etrn)

// An attribute that is absent, empty or zero is all the same to Postfix, and here.
struct PolicyRequest {
  PolicyState state = PolicyState::other;
  IpAddress client;              // none: Postfix does not know it
  uint16_t client_port = 0;      // Postfix 3.0; 0: not told
  uint16_t server_port = 0;      // Postfix 3.2
  uint32_t recipient_count = 0;  // accepted so far; only at data and end_of_message
  uint64_t size = 0;             // at end_of_message the real one, before that what MAIL promised (SIZE=)
  std::string_view instance;     // the same for all requests about one message
  std::string_view queue_id;     // empty before the first recipient is accepted
  std::string_view sender;       // empty: the null sender
  std::string_view recipient;    // at rcpt; later only when it is the one recipient
  std::string_view sasl_method;  // empty: no AUTH
  std::string_view sasl_username;
  std::string_view encryption_protocol;  // empty: no TLS
  std::string_view policy_context;       // Postfix 3.1: what main.cf says about this listener
};

// Takes requests off a stream however it is cut into reads. Pipelined requests come one per call.
class PolicyReader {
 public:
  // `bytes`: all that was received and not taken yet; between calls only more may follow. A request is taken off
  // `bytes`; its views point to where it was. nullopt: the request is not at its end.
  // Errc::limit: longer than a request may be. Errc::bad_input: not this protocol. After either the stream has no
  // place to go on from: close it.
  [[nodiscard]] Result<std::optional<PolicyRequest>> take(std::string_view& bytes);

 private:
  size_t searched_ = 0;  // octets in which no end was found, so that a slow peer costs no more than a fast one
};

// "leave it to the next restriction".
void append_policy_dunno(std::string& out);
// The reply as Postfix will say it; 421 and 521 also end the connection (access(5)).
void append_policy_reply(std::string& out, const SmtpReply& reply);
// The message goes into the hold queue; `reason` into Postfix's log only.
void append_policy_hold(std::string& out, std::string_view reason);

}  // namespace postern::wire
