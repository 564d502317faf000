// SPDX-License-Identifier: Apache-2.0
// Every bound of the engine. Reaching one is a counter (decide::Counters), never a failure.
#pragma once

#include <cstddef>

#include "base/time.h"

namespace postern::decide {

inline constexpr size_t kSessionsMax = size_t{4} << 20;    // live
inline constexpr size_t kPrefixesPerSessionMax = 16;       // of one session; more are not taken
inline constexpr size_t kHistoryMax = size_t{1} << 20;     // ended sessions kept for who()
inline constexpr Duration kHistoryKept = hours(24);        // and how long
inline constexpr Duration kLeaseGrace = minutes(5);        // after a start: until files of leases are read again
inline constexpr size_t kEarlyStopsMax = size_t{1} << 16;  // Stops heard before their Start
inline constexpr size_t kNasMax = 4096;                    // NASes whose last restart is remembered
inline constexpr size_t kWatchedMax = size_t{1} << 20;     // lines with detector state
inline constexpr size_t kPermitsPerSubscriberMax = 64;     // active ones
inline constexpr Duration kFindingQuiet = hours(24);       // DETECTION.md: clear after all levels < 2.3 for this long
inline constexpr int32_t kQuietMnat = 2'300;
inline constexpr int32_t kFamilyCapMnat = 11'500;  // S adds at most this much per family
inline constexpr int32_t kWatchMnat = 4'600;
inline constexpr int32_t kThrottleMnat = 6'900;
inline constexpr int32_t kBlockMnat = 13'800;
inline constexpr int kMissedInterims = 3;
inline constexpr Duration kReporterSkew = minutes(1);  // how far the clock of who complains may be off, at least

}  // namespace postern::decide
