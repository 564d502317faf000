// SPDX-License-Identifier: Apache-2.0
// What a delivery status notification says, by its message/delivery-status part (RFC 3464): fields about the message,
// then a group of fields for each recipient. Takes foreign bytes: bounded, tolerant of what mail servers really write
// (comments behind a status, folded lines, either line end), and never fails; what is not understood is left out. So
// are addresses and the refusing server's words, which name them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"

namespace postern::wire {

PN_ENUM(DeliveryAction, other, failed, delayed, delivered, relayed, expanded)

struct DeliveryStatus {
  static constexpr size_t kRecipientsMax = 64;  // further ones are left out
  static constexpr size_t kValueMax = 512;      // octets of a field; the rest is cut
  struct Recipient {
    DeliveryAction action = DeliveryAction::other;
    std::string status;  // "5.1.1" (RFC 3463); "5.0.0" for a failure that gives none
  };
  std::string envelope_id;  // Original-Envelope-Id: the sender's ENVID (RFC 3461 section 4.4)
  std::vector<Recipient> recipients;
};

[[nodiscard]] DeliveryStatus read_delivery_status(std::string_view text);

// "5.1.1" at the beginning of the text, or empty (RFC 3463 section 2).
[[nodiscard]] std::string_view enhanced_status_at(std::string_view text);

}  // namespace postern::wire
