// SPDX-License-Identifier: Apache-2.0
// What the page asks and is told about one reference.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ip.h"
#include "base/time.h"
#include "model/permit.h"
#include "page/facts.h"
#include "tables/reference.h"

namespace postern::edge::notice {

struct Question {
  tables::Reference reference;
  IpAddress asker;
  PN_FIELDS(reference, asker)
};

struct PermitNote {
  model::PermitKind kind = model::PermitKind::own_server;
  model::Limits limits;
  std::vector<Prefix> destinations;  // named_server
  Time expires;
  PN_FIELDS(kind, limits, destinations, expires)
};

// Everything below `known` and `own_session` is shown only to someone who asks from the line itself; render() drops it
// for everybody else, whatever is filled in here.
struct Facts {
  bool known = false;        // the reference's line exists
  bool own_session = false;  // the asker's address belongs to that line now
  bool open_now = false;     // port 25 is open for the line at this moment, perhaps within limits
  std::string class_name;    // of the line, as the settings call it; pages show Config::class_names of it
  Time since;                // when the line's present verdict came into force; 0 = not known
  uint64_t blocked_today = 0;
  std::vector<page::Attempt> last;  // newest first; page::kAttemptsShown are shown
  std::optional<page::CaseFacts> case_;
  std::optional<PermitNote> permit;
  Time confirmed_at;  // of the button, from the line's own session
  PN_FIELDS(known, own_session, open_now, class_name, since, blocked_today, last, case_, permit, confirmed_at)
};

}  // namespace postern::edge::notice
