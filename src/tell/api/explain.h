// SPDX-License-Identifier: Apache-2.0
// "Why?" for an address, a noun, a mail account or a reference, from the journal: session, policy, permits, observation
// -> finding -> case, order and receipt, in the order it came about. Also for a line that is simply closed by its
// class.
#pragma once

#include "store/journal.h"
#include "tables/reference.h"
#include "tell/api/view.h"

namespace postern::tell::api {

struct Question {
  std::string what;  // "192.0.2.7", "cust-1001", "case:3", "order 55", "K7QF2-9XWM3-H4TPA", "erika@isp.example"
  Time at;           // for an address; `now` when not given
  Time now;
};

// {what, is, at, answer, chain: [{step, at, text, record, data}]}; `answer` is one sentence. not_found when nothing
// here has that name, with what can be asked in the fix.
[[nodiscard]] Result<wire::Json> explain(const View& view, store::Journal& journal,
                                         const tables::ReferenceKey& references, const Question& question);

}  // namespace postern::tell::api
