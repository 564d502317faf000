// SPDX-License-Identifier: Apache-2.0
// The ids of the nouns. All are given by the engine in order, start at 1 and are never reused.
#pragma once

#include <cstdint>

#include "base/id.h"

namespace postern::model {

using SubscriberId = Id<struct SubscriberTag, uint32_t>;  // the "line" number in tables, packets' events and references
using SessionId = Id<struct SessionTag, uint64_t>;
using FindingId = Id<struct FindingTag, uint64_t>;
using CaseId = Id<struct CaseTag, uint64_t>;
using ContactId = Id<struct ContactTag, uint64_t>;  // one notice by one channel
using OrderId = Id<struct OrderTag, uint64_t>;
using PermitId = Id<struct PermitTag, uint64_t>;
using AccountId = Id<struct AccountTag, uint64_t>;  // not given in order: account_id() of its name (model/account.h)

}  // namespace postern::model
