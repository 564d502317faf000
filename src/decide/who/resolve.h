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
// certain: the session was heard of at or after the time asked about, or ended by a Stop then or later, or is fixed.
// likely: nothing speaks against it, but its last sign of life is older, or it began or ended within the skew.
PN_ENUM(Confidence, none, likely, certain)

struct Answer {
  Attribution kind = Attribution::nobody;
  std::vector<model::Session> sessions;  // found: exactly one; ambiguous: all that may have had it, by id
  Confidence confidence = Confidence::none;
};

// What makes a time or a session doubtful. Two clocks have a part in every question, the NAS's and the asker's: an
// address that changed hands within 2 * skew of the time asked about is ambiguous. Ended sessions that nobody ended (no
// Stop, found replaced or silent) are doubtful from one `interim` after their last sign of life.
struct Doubt {
  Duration skew;
  Duration interim;  // 0 = sessions are not heard of by a rhythm
};

// A session held its prefixes from `since` up to, not including, `until`. Several sessions of one line that cover the
// address are that line (the longest prefix, then the newest, is the one returned); of two lines they are ambiguous.
// A lease says nothing where another source names a line for the whole of the time asked about.
[[nodiscard]] Answer resolve(std::span<const model::Session> sessions, const IpAddress& address, Time at);

// When the lease of this session ends by itself; 0 = it is none, or holds for ever.
[[nodiscard]] Time lease_end(const model::Session& session);
// `a` is a lease and `b` is what RADIUS or the import says, of another line: then `b` is true.
[[nodiscard]] bool yields(const model::Session& a, const model::Session& b);

// The same line behind both: the same subscriber, or both unknown under the same name at the NAS.
[[nodiscard]] bool same_line(const model::Session& a, const model::Session& b);

// The answer when these sessions are all that cover the address at that time. Takes them in any order.
[[nodiscard]] Answer judge(std::vector<const model::Session*> covering, const IpAddress& address);
// The same when they are all that cover it at any time from `at` - 2 * skew to `at` + 2 * skew.
[[nodiscard]] Answer judge(std::vector<const model::Session*> covering, const IpAddress& address, Time at,
                           const Doubt& doubt);

}  // namespace postern::decide::who
