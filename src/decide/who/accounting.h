// SPDX-License-Identifier: Apache-2.0
// From accounting events (RFC 2866) and fixed prefixes to session changes. Events come doubled, late, out of order or
// not at all; the rules:
//  - A Start ends every older claim of another line on any prefix it names, as of its own time. Another NAS, another
//    line, and no further apart than two clocks may be: which came first is not known, so both stand, contested; so do
//    fixed prefixes of two lines. Nobody is acted on then.
//  - What is older than the start of a session, or than a newer claim on the same prefix, never overrides it: it goes
//    into the history as a session (or the earlier part of one) that has ended, and cuts short what the history thought
//    to have lasted longer; or it goes nowhere.
//  - An Interim of a session not known is a Start. A session that a newer Start replaced does not come back by its
//    Interims while the newer one holds the prefix. A Stop heard before its Start is remembered.
//  - A lease (model/lease.h) never stands against what RADIUS or the import says: it begins when that has ended, and
//    ends when that begins, whichever was heard first. Of leases the newest counts.
//  - A line's own RADIUS sessions live inside its own fixed prefixes; anybody else's end them until they are free
//  again.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "decide/common/counters.h"
#include "decide/who/book.h"
#include "model/lease.h"
#include "model/observation.h"

namespace postern::decide::who {

// What events left behind that is no fact about a session; in checkpoints, not in records.
struct Memory {
  std::deque<std::pair<std::string, Time>> early_stops;  // oldest first
  std::map<std::string, Time> restarts;                  // by NAS
  Time newest;  // event; what is older than the history kept is late whatever it says
  void encode(Encoder& out) const;
  void decode(Decoder& in);
  [[nodiscard]] std::optional<Time> stopped(const std::string& nas, const std::string& key, Time from) const;
  void stop(const std::string& nas, const std::string& key, Time at);
  void restart(const std::string& nas, Time at);

 private:
  std::map<std::string, Time> stop_by_key_;
};

class Accounting {
 public:
  // `change` journals the session and applies it to `book` before it returns; `subscriber_of` gives the line of a name,
  // or 0.
  struct Face {
    std::function<void(const model::Session&)> change;
    std::function<model::SubscriberId(const std::string& line_key)> subscriber_of;
  };
  // `skew`: how far the clock of a NAS may be off.
  Accounting(Book& book, Memory& memory, Counters& counters, Face face, Duration skew = {})
      : book_(book), memory_(memory), counters_(counters), face_(std::move(face)), apart_(skew * 2) {}

  void event(const model::SessionEvent& event, Time at);
  // `line_key`: whom the lease's names mean; not asked of one that ended.
  void lease(const model::LeaseSeen& lease, const std::string& line_key, Time at);
  // Opens and ends fixed sessions until they are what the subscriber's row says. `take`: they end older claims of
  // others, as an import does; else only prefixes nobody holds are opened. True when all are there.
  bool sync_fixed(const model::Subscriber& subscriber, Time at, bool take);
  // Live sessions under a name that now is a subscriber's become the subscriber's, leases under one of its names too.
  void adopt(const model::Subscriber& subscriber);
  void end(model::SessionId id, Time at, model::SessionEnd how);

 private:
  struct Closed {
    Time at;
    model::SessionEnd how = model::SessionEnd::open;
  };

  void start(const model::SessionEvent& event, Time at);
  void stop(const model::SessionEvent& event, Time at);
  void refresh(const Held& held, const model::SessionEvent& event, const std::vector<Prefix>& prefixes, Time at);
  void begin(const model::SessionEvent& event, std::vector<Prefix> prefixes, Time at);
  void admit(model::Session s, bool interim, Time at);
  void end_lease(const Held* held, const std::string& line_key, Time heard, Time at);
  void renew(const Held& held, Duration lease, Time at);
  // From when on nothing better than a lease says otherwise; nothing: something does now.
  [[nodiscard]] std::optional<Time> free_for_lease(const model::Session& s) const;
  void open(model::Session session);
  void take_over(const model::Session& from_now, const std::vector<Prefix>& prefixes, Time at);
  void cut_short(const Held& ended, Time at, model::SessionEnd how);
  [[nodiscard]] bool told_before(const model::Session& session) const;
  [[nodiscard]] bool unordered(const model::Session& a, Time a_at, const model::Session& b, Time b_at) const;
  [[nodiscard]] bool stands_beside(const model::Session& fresh, const Held& other, const Prefix& other_prefix,
                                   Time at) const;
  [[nodiscard]] std::optional<Closed> closed_already(const model::Session& session, bool interim) const;
  [[nodiscard]] std::optional<Time> newer_claim(const model::Session& session, const Prefix& prefix, Time at) const;
  [[nodiscard]] bool held_by_other(const model::Session& session, const Prefix& prefix) const;

  Book& book_;
  Memory& memory_;
  Counters& counters_;
  Face face_;
  Duration apart_;  // two clocks
};

// At most kPrefixesPerSessionMax, sorted, none inside another, none without a family.
[[nodiscard]] std::vector<Prefix> tidy(std::vector<Prefix> prefixes);

}  // namespace postern::decide::who
