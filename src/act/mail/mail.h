// SPDX-License-Identifier: Apache-2.0
// Notices by mail, through the provider's own relay (RFC 5321). At least once: the brain orders a letter again after a
// restart, and the Message-ID is made of the contact's number, so that a second copy is seen as the same letter. A
// refusal of the recipient or the message for good (5xx) ends it, and so does one that lasts longer than `retry_for`,
// counted from when the notice was ordered. What is temporary, and a relay that will have nothing to do with us (5xx
// before it heard of the recipient: not the customer's fault, so somebody is told), is tried again with growing pauses
// (sys/outbound/retries.h).
#pragma once

#include <functional>
#include <string>

#include "base/endpoint.h"
#include "base/time.h"
#include "model/observation.h"
#include "sys/outbound/retries.h"
#include "sys/outbound/transfer.h"

namespace postern::act::mail {

struct Letter {
  model::ContactId contact;
  std::string to;
  std::string name;  // of the addressee, for the header
  std::string language;
  std::string subject;
  std::string body;  // plain text, UTF-8, LF line ends
  std::string reply_to;
  Time at;          // when it was ordered: the Date of every copy
  std::string tag;  // tables/contact_tag.h; in the Message-ID and the envelope sender
  PN_FIELDS(contact, to, name, language, subject, body, reply_to, at, tag)
};

struct Config {
  Endpoint relay;
  std::string helo;
  std::string from;       // address in the header
  std::string from_name;  // "Example ISP"
  std::string bounces;    // envelope sender; "+cTAG" is put before its @ (VERP)
  bool require_tls = false;
  std::string ca;
  Duration retry_for = hours(2);
  std::string user;  // AUTH; empty = none
  std::string password;
};

// The whole message (RFC 5322, RFC 2045 to 2047), CRLF line ends.
[[nodiscard]] std::string message_of(const Letter& letter, const Config& config);
[[nodiscard]] std::string message_id_of(const Letter& letter, const Config& config);
[[nodiscard]] std::string envelope_sender_of(const Letter& letter, const Config& config);

class Mail {
 public:
  using Settle = std::function<void(model::ContactSettled)>;
  Mail(Config config, sys::Loop& loop, Settle settle, std::function<Time()> now);

  // The same contact again while it is under way is the same letter.
  void send(Letter letter);
  [[nodiscard]] const sys::Retries& queue() const { return queue_; }
  [[nodiscard]] uint64_t refused_by_relay() const { return refused_by_relay_; }  // attempts
  // What the relay said when it last would have nothing to do with us; empty once it takes a notice again.
  [[nodiscard]] const std::string& relay_fault() const { return relay_fault_; }

 private:
  void attempt(const Letter& letter, const sys::Retries::Report& report);

  [[nodiscard]] sys::Retries::Outcome outcome_of(const sys::Transferred& done);

  Config config_;
  std::function<Time()> now_;
  uint64_t refused_by_relay_ = 0;
  std::string relay_fault_;
  sys::Transfers transfers_;
  sys::Retries queue_;
};

}  // namespace postern::act::mail
