// SPDX-License-Identifier: Apache-2.0
// The facts of accounts, folded from the journal: whose they are, which are held or locked, and what the governor of
// accounts counts. Decides nothing but what levels come to (wanted()).
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/codec.h"
#include "model/record.h"

namespace postern::decide::detect::account {

inline constexpr size_t kChangedMax = size_t{1} << 16;  // accounts that are, or were in shadow, held or locked

// The levels of the detectors beside this room.
struct Levels {
  int32_t delivery = 0;
  int32_t recipients = 0;
  int32_t login = 0;
  int32_t complaint = 0;
};
// What they ask for. Two witnesses, or a list worn beyond doubt: strangers alone are a new newsletter, places alone are
// travel or a VPN, and neither ever asks for anything by itself.
//   held    the worn list (9.2) and strangers (9.2), a place that is not the owner's (2.3) or complaints (4.6);
//           strangers by the dozen (27.6) and a list that begins to look worn (4.0, two failures) or places (4.6); more
//           strangers than an invitation has (36.8) and one failure (2.0) or one such place (2.3); the worn list twice
//           over (18.4)
//   locked  the worn list and strangers by the dozen; the worn list twice over and places (4.6)
[[nodiscard]] model::AccountState wanted(const Levels& levels);

class Book {
 public:
  void apply(const model::Subscriber& subscriber);
  void apply(const model::AccountChanged& changed, Time at);
  void erase(model::SubscriberId owner);

  [[nodiscard]] model::SubscriberId owner_of(model::AccountId id) const;
  [[nodiscard]] const model::Account* find(model::AccountId id) const;
  [[nodiscard]] const std::map<model::AccountId, model::Account>& all() const { return accounts_; }
  // Nothing more fits: the caller counts.
  [[nodiscard]] bool full() const { return accounts_.size() >= kChangedMax; }
  // Holds and locks by the engine itself; `since` must not go back further than an hour.
  [[nodiscard]] size_t changed_since(Time since) const;
  [[nodiscard]] model::FindingId next_finding() const { return {last_finding_.value + 1}; }

  void encode(Encoder& out) const;
  void decode(Decoder& in);

 private:
  std::map<model::AccountId, model::Account> accounts_;
  std::map<model::AccountId, model::SubscriberId> owners_;
  std::map<model::SubscriberId, std::vector<model::AccountId>> owned_;
  std::deque<Time> changes_;  // by the engine, of the last hour
  model::FindingId last_finding_;
};

}  // namespace postern::decide::detect::account
