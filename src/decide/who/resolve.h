// SPDX-License-Identifier: Apache-2.0
// "Who had this address then?" over any set of sessions: the engine's live ones and its history, or what the journal
// gives back for an older question. Pure. "nobody" and "ambiguous" are answers; neither may lead to an action.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "base/ip.h"
#include "base/time.h"
#include "model/subscriber.h"

namespace postern::decide::who {

PN_ENUM(Attribution, nobody, found, ambiguous)

struct Answer {
  Attribution kind = Attribution::nobody;
  std::vector<model::Session> sessions;  // found: exactly one; ambiguous: all that claim it, by id
};

// A session held its prefixes from `since` up to, not including, `until`. Several sessions of one line that cover the
// address are that line (the longest prefix, then the newest, is the one returned); of two lines they are ambiguous.
[[nodiscard]] Answer resolve(std::span<const model::Session> sessions, const IpAddress& address, Time at);

// The same line behind both: the same subscriber, or both unknown under the same name at the NAS.
[[nodiscard]] bool same_line(const model::Session& a, const model::Session& b);

// The answer when these sessions are all that cover the address at that time. Takes them in any order.
[[nodiscard]] Answer judge(std::vector<const model::Session*> covering, const IpAddress& address);

}  // namespace postern::decide::who
