// SPDX-License-Identifier: Apache-2.0
// How long each class of data lives when nothing else is said. Journal::expire() carries it out; what has no Personal
// part (orders, receipts, findings, permits, cases, operator actions) stays, so that an old decision can be explained.
//
//   who had an address   the prefixes of a session, 180 d after the session ended: sealed parts and index rows go
//   contacts             as long as the subscriber; gone with its key (SubscriberErased)
//   notes on cases       the same
//   engine checkpoints   the newest two; all before an erasure are emptied by it
#pragma once

#include "base/time.h"

namespace postern::store {

inline constexpr Duration kSessionHistory = days(180);
inline constexpr size_t kExpireAtOnce = 1'000;  // sessions per transaction, so that appends are not held up

}  // namespace postern::store
