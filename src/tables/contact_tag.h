// SPDX-License-Identifier: Apache-2.0
// Contact tags: the number of a notice with a keyed check, "7-k3xq9t2mfa", as it stands in the bounce address and the
// Message-ID of a notice. What comes back is believed only with a tag that is right: else anybody who can count could
// bounce or answer other people's notices. The check has 50 bits; whoever received the notice knows its tag.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/ids.h"

namespace postern::tables {

// Immutable after construction; any thread.
class ContactTags {
 public:
  static constexpr size_t kBytes = 32;
  // bad_input when there are not exactly kBytes; the same ones in every role and over restarts.
  [[nodiscard]] static Result<ContactTags> of(std::string_view secret);
  ContactTags(const ContactTags&) = default;
  ContactTags& operator=(const ContactTags&) = default;
  ~ContactTags();  // wipes

  [[nodiscard]] std::string make(model::ContactId contact) const;
  // In either case of letters; nothing else is forgiven.
  [[nodiscard]] std::optional<model::ContactId> read(std::string_view tag) const;

 private:
  ContactTags() = default;
  std::array<uint8_t, 16> key_{};
};

}  // namespace postern::tables
