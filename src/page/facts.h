// SPDX-License-Identifier: Apache-2.0
// What a page is told about a line's trouble; only ever shown to the line itself.
#pragma once

#include <string>
#include <vector>

#include "base/ip.h"
#include "base/time.h"
#include "model/case.h"

namespace postern::page {

struct Attempt {
  Time at;
  IpAddress destination;
  uint16_t port = 25;
  PN_FIELDS(at, destination, port)
};

struct CaseFacts {
  model::CaseId id;
  model::CaseState state = model::CaseState::opened;
  Time opened;
  std::string summary;  // one line a person can read
  model::CustomerStatus customer = model::CustomerStatus::silent;
  std::vector<model::Service> services;  // what the evidence was on
  Time last_seen;                        // the behaviour, as far as it is known; 0 = not since we started
  Time deadline;                         // 0 = none
  Time restricted;                       // 0 = it is not
  uint32_t self_releases_left = 0;       // times that "It is fixed" opens the line again
  Time confirmed;                        // read, or talked about with somebody
  Time release_at;                       // it opens then by itself if nothing more is seen; 0 = nobody said it is fixed
  model::CaseKind kind = model::CaseKind::behaviour;
  PN_FIELDS(id, state, opened, summary, customer, services, last_seen, deadline, restricted, self_releases_left,
            confirmed, release_at, kind)
};

// What the relay counted of a line or of an account, beside what it takes from it: "recipients" of an "hour".
struct RelayCount {
  std::string what;
  std::string window;
  uint32_t used = 0;
  uint32_t most = 0;
  PN_FIELDS(what, window, used, most)
};
struct RelayMeter {
  std::string account;  // empty = the line itself
  bool held = false;    // nothing more is taken from it
  std::vector<RelayCount> counts;
  PN_FIELDS(account, held, counts)
};
inline constexpr size_t kRelayAccountsShown = 8;
struct RelayUsage {
  bool read = false;  // false: the relay did not answer in time
  std::vector<RelayMeter> meters;
  uint32_t accounts_left = 0;  // that are not shown
  PN_FIELDS(read, meters, accounts_left)
};

}  // namespace postern::page
