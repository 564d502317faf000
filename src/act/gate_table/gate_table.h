// SPDX-License-Identifier: Apache-2.0
// Carries the published line table into the kernel and answers with receipts of what is really there. A snapshot is
// reconciled against the kernel's state (equal entries are not touched); a delta is applied in place.
#pragma once

#include <functional>
#include <vector>

#include "gate/gate.h"
#include "model/order.h"
#include "tables/line_table.h"

namespace postern::act::gate_table {

class GateTable {
 public:
  // Receipts go out in batches of at most kReceiptsMax.
  using Answer = std::function<void(std::vector<model::Receipt>)>;
  static constexpr size_t kReceiptsMax = 256;

  GateTable(gate::Gate& gate, Answer answer) : gate_(gate), answer_(std::move(answer)) {}

  // `network` carries everything that holds for all lines; its revision is taken from the snapshot's stamp.
  [[nodiscard]] Status take_snapshot(const sys::Fd& memfd, gate::Network network, Time now);
  // Errc::conflict = a gap: the caller asks for a snapshot; the kernel keeps what it has.
  [[nodiscard]] Status take_delta(const model::LineDelta& delta, Time now);

  [[nodiscard]] const tables::LineTable& table() const { return table_; }
  [[nodiscard]] bool loaded() const { return loaded_; }

 private:
  void answer(std::vector<model::Receipt>& receipts, bool all);

  gate::Gate& gate_;
  Answer answer_;
  tables::LineTable table_;
  bool loaded_ = false;
};

}  // namespace postern::act::gate_table
