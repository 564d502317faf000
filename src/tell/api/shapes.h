// SPDX-License-Identifier: Apache-2.0
// Values as the API shows them: nouns by their fields plus the names a person looks for.
#pragma once

#include "model/record.h"
#include "tell/api/view.h"
#include "wire/json_convert.h"

namespace postern::tell::api {

// {sequence, at, kind, subject, …the noun's fields}
[[nodiscard]] wire::Json shape(const model::Record& record);
// With "subscriber_key" and "class".
[[nodiscard]] wire::Json shape(const View& view, const model::Session& session);
[[nodiscard]] wire::Json shape(const View& view, const model::Permit& permit);
[[nodiscard]] wire::Json shape(const View& view, const model::Case& c);
// "cust-1001", or "line 7" when no import names it.
[[nodiscard]] std::string name_of(const View& view, model::SubscriberId id);
[[nodiscard]] std::string name_of(const View& view, const model::Session& session);
[[nodiscard]] std::string mnat_text(int32_t mnat);  // "9.2"

// Who held an address at a time: of the sessions that cover it, the longest prefix then the newest; two lines are
// ambiguous. `sessions` from Journal::sessions_of_address.
struct Who {
  std::string answer = "nobody";  // nobody, found, ambiguous
  std::vector<model::Session> sessions;
};
// All that covered one address at one moment: leases are left out where RADIUS or the import names a line.
[[nodiscard]] std::vector<model::Record> that_count(std::vector<model::Record> sessions);
[[nodiscard]] Who judge(const View& view, const std::vector<model::Record>& sessions, const IpAddress& address);

}  // namespace postern::tell::api
