// SPDX-License-Identifier: Apache-2.0
// Notices to the operator's own gateway (SMS, tickets), as signed POSTs in the form of the Standard Webhooks
// specification: webhook-id (the contact's number: sent twice is one message), webhook-timestamp, webhook-signature
// ("v1," + base64 of HMAC-SHA256 over id.timestamp.body). 2xx = taken; 410 and other 4xx but 408, 425 and 429 = refused
// for good; all else is tried again with growing pauses until `retry_for` is over (sys/outbound/retries.h).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/endpoint.h"
#include "base/time.h"
#include "model/observation.h"
#include "sys/outbound/retries.h"
#include "sys/outbound/transfer.h"

namespace postern::act::webhook {

struct Message {
  model::ContactId contact;
  std::string body;  // JSON
  Time at;           // when it was ordered: `retry_for` counts from there
  PN_FIELDS(contact, body, at)
};

struct Config {
  std::string url;
  Endpoint connect_to;
  std::string key;
  std::string ca;
  Duration retry_for = hours(2);
};

// The key in a secret as Standard Webhooks writes it: "whsec_" (may be left out) and base64. Nothing when it is not
// that.
[[nodiscard]] std::optional<std::string> key_of(std::string_view secret);
// The value of webhook-signature.
[[nodiscard]] std::string signature_of(const std::string& id, int64_t timestamp_s, const std::string& body,
                                       const std::string& key);

class Webhook {
 public:
  using Settle = std::function<void(model::ContactSettled)>;
  // `now`: for the timestamp, which the receiver compares with its own clock.
  Webhook(Config config, sys::Loop& loop, Settle settle, std::function<Time()> now);

  void send(Message message);
  [[nodiscard]] const sys::Retries& queue() const { return queue_; }

 private:
  void attempt(const Message& message, const sys::Retries::Report& report);

  Config config_;
  std::function<Time()> now_;
  sys::Transfers transfers_;
  sys::Retries queue_;
};

}  // namespace postern::act::webhook
