// SPDX-License-Identifier: Apache-2.0
// Account: a name people sign in with at the provider's relay, and what is done about it when its password is in other
// hands. Whose it is the import says (Subscriber::accounts); many accounts are nobody's that we know.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/fields.h"
#include "base/personal.h"
#include "base/time.h"
#include "model/ids.h"

namespace postern::model {

// Where an address is said to be. `km`: its point on the globe, from the middle of the earth, so that a distance is
// integer arithmetic; all 0 = not known.
struct Place {
  uint32_t as_number = 0;  // 0 = not known
  uint16_t country = 0;    // two letters of ISO 3166, the first in the high byte; 0 = not known
  std::array<int16_t, 3> km{};
  bool operator==(const Place&) const = default;
  PN_FIELDS(as_number, country, km)
};

//   open    sends as its class may
//   held    the relay takes nothing more from it; mail stays with who sends it
//   locked  the same, and the hook was told that the password is no longer good
PN_ENUM(AccountState, open, held, locked)

//   hold, lock  now, by name
//   release     the password is new, or it was a mistake
PN_ENUM(AccountVerb, hold, lock, release)

struct Account {
  AccountId id;
  Personal<std::string> name;  // account_name(); sealed under its owner's key
  SubscriberId owner;          // 0 = not known
  AccountState state = AccountState::open;
  AccountState shadow = AccountState::open;  // what it would be if everything in shadow were on
  Time changed;
  uint64_t changes = 0;  // of `state`: the number of the hook's newest order
  bool settled = true;   // the hook answered that one, or there is nothing to tell it
  std::string because;   // one line a person can read
  bool operator==(const Account&) const = default;
  PN_FIELDS(id, name, owner, state, shadow, changed, changes, settled, because)
};

inline constexpr size_t kAccountNameMax = 255;  // octets; what is longer is cut
inline constexpr size_t kAccountsPerSubscriberMax = 64;

// One account is one name: lower case of ASCII, cut.
[[nodiscard]] std::string account_name(std::string_view as_said);
// FNV-1a, 64 bits, never 0. Names are the provider's own: nobody chooses them to collide.
[[nodiscard]] AccountId account_id(std::string_view name);

}  // namespace postern::model
