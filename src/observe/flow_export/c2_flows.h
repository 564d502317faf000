// SPDX-License-Identifier: Apache-2.0
// Flows between lines and control servers of botnets, by the operator's list (tables/c2_list.h), as observations: each
// line once a day (fold/day/c2_contacts.h). A part of flow_export.h, which shows it every flow that it is given. Lines
// behind NATs are told apart as they are now: flows do not wait for a log. One thread.
#pragma once

#include <functional>

#include "base/fields.h"
#include "fold/day/c2_contacts.h"
#include "fold/mail_flows.h"
#include "fold/outside/nats.h"
#include "model/observation.h"
#include "tables/c2_list.h"

namespace postern::observe::flow_export {

struct C2Stats {
  uint64_t flows = 0;        // between a line and a server of the list
  uint64_t told = 0;         // lines a day
  uint64_t left_out = 0;     // for a bound of fold/day/c2_contacts.h
  uint64_t nat_unknown = 0;  // of an outside address whose port says no line
  PN_FIELDS(flows, told, left_out, nat_unknown)
};

class C2Flows {
 public:
  using Emit = std::function<void(model::Observation)>;

  C2Flows(fold::Nats nats, fold::MailFlows::LineOf line_of, Emit emit)
      : nats_(std::move(nats)), line_of_(std::move(line_of)), emit_(std::move(emit)) {}

  void take(tables::C2List list);
  void see(const model::Flow& flow);
  // Valid until take().
  [[nodiscard]] const wire::Peers& peers() const { return list_.peers(); }
  [[nodiscard]] const C2Stats& stats() const { return stats_; }
  [[nodiscard]] uint32_t servers() const { return list_.size(); }

 private:
  void tell(model::Observation contact, uint32_t line, uint32_t server, fold::C2News news);

  fold::Nats nats_;
  fold::MailFlows::LineOf line_of_;
  Emit emit_;
  tables::C2List list_;
  fold::C2Contacts contacts_;
  C2Stats stats_;
};

}  // namespace postern::observe::flow_export
