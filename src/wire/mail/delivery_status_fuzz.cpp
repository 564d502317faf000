// SPDX-License-Identifier: Apache-2.0
// Whatever comes in: bounded, and a status is one.
#include <cstdint>

#include "base/check.h"
#include "wire/mail/delivery_status.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using postern::wire::DeliveryStatus;
  const auto found = postern::wire::read_delivery_status({reinterpret_cast<const char*>(data), size});
  PN_CHECK(found.recipients.size() <= DeliveryStatus::kRecipientsMax);
  PN_CHECK(found.envelope_id.size() <= DeliveryStatus::kValueMax);
  for (const auto& r : found.recipients)
    PN_CHECK(r.status.empty() || postern::wire::enhanced_status_at(r.status) == r.status);
  return 0;
}
