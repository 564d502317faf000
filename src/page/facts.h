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
  PN_FIELDS(id, state, opened, summary, customer, services, last_seen, deadline, restricted, self_releases_left,
            confirmed, release_at)
};

}  // namespace postern::page
