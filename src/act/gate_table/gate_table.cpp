// SPDX-License-Identifier: Apache-2.0
#include "act/gate_table/gate_table.h"

#include <set>

namespace postern::act::gate_table {
namespace {

model::Receipt receipt_of(model::OrderId order, model::ReceiptState state, std::string detail, Time now) {
  return {order, "gate", state, std::move(detail), now};
}

}  // namespace

void GateTable::answer(std::vector<model::Receipt>& receipts, bool all) {
  if (receipts.empty() || (!all && receipts.size() < kReceiptsMax)) return;
  answer_(std::exchange(receipts, {}));
}

Status GateTable::take_snapshot(const sys::Fd& memfd, gate::Network network, Time now) {
  tables::LineTable table = PN_TRY(tables::LineTable::open(memfd));
  network.revision = table.stamp().revision;
  PN_TRY_VOID(gate_.set_network(network, now));
  std::vector<model::LineEntry> entries;
  entries.reserve(table.size());
  table.for_each([&](const model::LineEntry& e) { entries.push_back(e); });
  const auto refused = gate_.replace_all(entries, now);
  std::set<Prefix> turned_away;
  std::vector<model::Receipt> receipts;
  for (const gate::EntryResult& r : refused) {
    turned_away.insert(r.prefix);
    receipts.push_back(receipt_of(r.order, r.state, r.detail, now));
    answer(receipts, false);
  }
  for (const model::LineEntry& e : entries) {
    if (!e.order || turned_away.contains(e.prefix)) continue;
    receipts.push_back(receipt_of(e.order, model::ReceiptState::in_force, "", now));
    answer(receipts, false);
  }
  answer(receipts, true);
  table_ = std::move(table);
  loaded_ = true;
  return {};
}

Status GateTable::take_delta(const model::LineDelta& delta, Time now) {
  if (!loaded_) return fail(Errc::conflict, "a table delta came before the first snapshot");
  const uint64_t before = table_.sequence();
  PN_TRY_VOID(table_.apply(delta));
  if (table_.sequence() == before) return {};  // in the snapshot already
  std::vector<model::Receipt> receipts;
  for (const gate::EntryResult& r : gate_.apply(delta, now)) {
    if (!r.order) continue;
    receipts.push_back(receipt_of(r.order, r.state, r.detail, now));
    answer(receipts, false);
  }
  answer(receipts, true);
  return {};
}

}  // namespace postern::act::gate_table
