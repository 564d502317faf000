// SPDX-License-Identifier: Apache-2.0
// The book of sessions: those that live and, for a day, those that ended. State only: it takes what records say and
// answers questions; who/accounting decides.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <queue>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/codec.h"
#include "decide/who/claims.h"
#include "decide/who/resolve.h"
#include "model/subscriber.h"

namespace postern::decide::who {

// A session and since when it holds each of its prefixes: one that came with a late Interim was somebody else's before.
struct Held {
  model::Session session;
  std::vector<Time> since;  // as session.prefixes
  PN_FIELDS(session, since)
};

class Book {
 public:
  // The session as it now is, by a record of time `at`. Ended ones move to the history; returns how many the history
  // forgot before their time because it is full.
  size_t apply(const model::Session& session, Time at);
  // A sign of life; no record. Never moves back.
  void heard(model::SessionId id, Time at);
  // The subscriber's ended sessions are forgotten.
  void forget(model::SubscriberId subscriber);

  [[nodiscard]] const Held* live(model::SessionId id) const;
  [[nodiscard]] const Held* live(std::string_view nas, std::string_view key) const;
  [[nodiscard]] const Held* ended(model::SessionId id) const;
  [[nodiscard]] const Held* last_ended(std::string_view nas, std::string_view key) const;
  [[nodiscard]] const std::map<model::SessionId, Held>& all_live() const { return live_; }
  [[nodiscard]] const Claims& claims() const { return live_claims_; }
  [[nodiscard]] const Claims& past_claims() const { return ended_claims_; }

  [[nodiscard]] std::vector<model::SessionId> of_nas(std::string_view nas) const;
  [[nodiscard]] std::vector<model::SessionId> of_subscriber(model::SubscriberId subscriber) const;
  // Live sessions of a name that no import knows.
  [[nodiscard]] std::vector<model::SessionId> of_stranger(std::string_view line_key) const;
  // Since when the session holds `prefix`, one of its own.
  [[nodiscard]] static Time since(const Held& held, const Prefix& prefix);
  [[nodiscard]] Answer who(const IpAddress& address, Time at, const Doubt& doubt = {}) const;
  // Another line claims an overlapping prefix at this moment.
  [[nodiscard]] bool contested(const Held& held) const;
  [[nodiscard]] model::SessionId next_id() const { return {last_id_.value + 1}; }

  // RADIUS sessions last heard before `before`, by id. Cheap while few are due: `before` only grows between calls of
  // rewind(), which is needed after the allowance changed.
  [[nodiscard]] std::vector<model::SessionId> silent(Time before);
  void rewind();
  // Leases that ran out at `now` or before, by id.
  [[nodiscard]] std::vector<model::SessionId> run_out(Time now);

  // Facts without `heard`; then `heard` alone.
  void encode_facts(Encoder& out) const;
  void encode_memory(Encoder& out) const;
  void decode_facts(Decoder& in);
  void decode_memory(Decoder& in);

 private:
  void index(const Held& held);
  void unindex(const Held& held);
  void remember(Held held);
  size_t trim(Time at);
  void drop(model::SessionId ended);

  using Silent = std::pair<Time, model::SessionId>;

  model::SessionId last_id_;
  std::map<model::SessionId, Held> live_;
  Claims live_claims_;
  std::unordered_map<std::string, model::SessionId> live_by_key_;
  std::map<std::string, std::set<model::SessionId>, std::less<>> by_nas_;
  std::set<std::pair<model::SubscriberId, model::SessionId>> by_subscriber_;
  std::map<std::string, std::set<model::SessionId>, std::less<>> strangers_;
  // Each live lease that ends by itself once, under a time it was to end at; the true one may be later.
  std::priority_queue<Silent, std::vector<Silent>, std::greater<>> leases_;
  // Each live RADIUS session once, under a time it was heard at; the true one may be later.
  std::priority_queue<Silent, std::vector<Silent>, std::greater<>> silent_;

  std::map<model::SessionId, Held> ended_;
  std::deque<model::SessionId> ended_order_;
  Claims ended_claims_;
  std::unordered_map<std::string, model::SessionId> ended_by_key_;
};

}  // namespace postern::decide::who
