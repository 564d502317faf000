// SPDX-License-Identifier: Apache-2.0
// Projections: tables that answer questions, updated in the transaction of the record and rebuildable from the journal
// alone. They hold ids, states and times, never personal data: a session's prefixes are there as a keyed blind index,
// which goes when the subscriber is erased or the session's time is over (retention.h).
#pragma once

#include "base/result.h"
#include "model/record.h"
#include "store/seal.h"
#include "store/sqlite.h"

namespace postern::store {

class Projections {
 public:
  Projections(Database& database, const MasterKey& master)
      : database_(database), blind_(master.derive(MasterKey::Use::blind_index)) {}

  [[nodiscard]] Status apply(const model::Record& record, uint64_t sequence);
  [[nodiscard]] Status clear();
  [[nodiscard]] Sum blinded(const Prefix& prefix) const { return blind(blind_, prefix); }

 private:
  [[nodiscard]] Status apply_session(const model::Session& session, Time at, uint64_t sequence);
  [[nodiscard]] Status apply_prefixes(const model::Session& session, Time from, Time at);
  [[nodiscard]] Status apply_order(const model::Order& order, uint64_t sequence);
  [[nodiscard]] Status apply_erased(model::SubscriberId subscriber);

  Database& database_;
  Key blind_;
};

// The id of the noun a record is about (its own row in a projection); 0 when it has none.
[[nodiscard]] uint64_t ref_of(const model::RecordBody& body);

}  // namespace postern::store
