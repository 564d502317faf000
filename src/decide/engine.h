// SPDX-License-Identifier: Apache-2.0
// The engine: observations and time in, records and table changes out. Pure: no socket, file, thread, clock or chance,
// integers only, ordered output; the same input gives the same bytes from every compiler. One thread owns it.
//
// Event sourcing: what observe(), tick(), set_policy() and receive() decide they put into records and apply through
// the code replay() uses, so newest checkpoint + tail of records = the facts. What is not a decision (detector levels,
// when a session was last heard, counters) lives in memory and in the checkpoint only.
//
// The caller journals Step::records first, then publishes Step::table. A record's sequence is left 0 and its time is
// the observation's; LineDelta::epoch and ::sequence are left 0. Limits are in decide/common/limits.h; reaching one
// counts in Counters and never fails.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.h"
#include "decide/common/counters.h"
#include "decide/frame/view.h"
#include "decide/who/resolve.h"
#include "model/plug.h"
#include "model/record.h"

namespace postern::decide {

struct Step {
  std::vector<model::Record> records;
  model::LineDelta table;            // removed and set, sorted by prefix
  std::vector<model::PlugAsk> asks;  // to the actuator of plugs, after the records are in the journal
};

class Engine {
 public:
  Engine();
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  // A PolicyRevision when it differs from what is in force; re-decides every live line.
  Step set_policy(const model::Policy& policy, Time now);
  Step observe(const model::Observation& observation);
  // Permit expiry, ageing of sessions, end of findings. About once a second; a longer silence than an interim interval
  // counts as "we were deaf": no session ages for what was missed then.
  Step tick(Time now);
  // Journaled only when it changes what is known of the order.
  Step receive(const model::Receipt& receipt);
  Step receive(const model::PlugAnswer& answer);
  // The actuator of plugs started again: what it did not answer is asked again with the next tick.
  void forget_asked();

  // State only. A Checkpoint among the records changes nothing: start with restore() of the newest.
  void replay(const model::Record& record);
  [[nodiscard]] Bytes checkpoint() const;
  // Replaces everything; on error the engine is as if new. Detector states of another build are taken by name and
  // size; what does not fit starts at zero.
  Status restore(ByteView checkpoint);
  // What records alone give back: equal for a live engine and one that replayed its records. For tests and checks.
  [[nodiscard]] Bytes facts() const;

  // What the API asks before it lets an operator's request become an observation; a clear sentence or yes.
  [[nodiscard]] Status validate(const model::Observation& request) const;

  // Views. Iteration is by id (lines: by prefix). References stand until the next call that changes the engine.
  [[nodiscard]] const model::Policy& policy() const;
  [[nodiscard]] uint32_t revision() const;
  [[nodiscard]] const Counters& counters() const;
  void for_each_line(const std::function<void(const model::LineEntry&)>& f) const;
  [[nodiscard]] size_t lines() const;

  [[nodiscard]] const model::Subscriber* subscriber(model::SubscriberId id) const;
  [[nodiscard]] const model::Subscriber* subscriber(std::string_view key) const;
  void for_each_subscriber(const std::function<void(const model::Subscriber&)>& f) const;
  // The class a line is judged by: the session's, else the subscriber's, else the default, else "unknown".
  [[nodiscard]] std::string_view class_of(const model::Session& session) const;

  [[nodiscard]] const model::Session* session(model::SessionId id) const;  // live or in the history kept
  [[nodiscard]] std::vector<const model::Session*> sessions_of(model::SubscriberId id) const;  // live
  void for_each_session(const std::function<void(const model::Session&)>& f) const;            // live
  // Within the history kept (kHistoryKept, kHistoryMax); older questions go to the journal and who::resolve().
  [[nodiscard]] who::Answer who(const IpAddress& address, Time at) const;
  // The same as far as the policy's clock_skew lets it be said: what evidence is judged by.
  [[nodiscard]] who::Answer who_surely(const IpAddress& address, Time at) const;

  [[nodiscard]] const model::Permit* permit(model::PermitId id) const;
  void for_each_permit(const std::function<void(const model::Permit&)>& f) const;

  [[nodiscard]] const model::Case* case_(model::CaseId id) const;
  [[nodiscard]] const model::Case* open_case_of(model::SubscriberId line) const;
  void for_each_case(const std::function<void(const model::Case&)>& f) const;
  [[nodiscard]] std::vector<const model::Finding*> findings_of(model::CaseId id) const;
  [[nodiscard]] GovernorView governor(Time now) const;

  // The order in force of a live session, and the last that each of its actuators said.
  [[nodiscard]] const model::Order* order_of(model::SessionId id) const;
  [[nodiscard]] std::optional<model::Receipt> receipt_of(model::OrderId id, std::string_view actuator = "gate") const;
  void for_each_order(const std::function<void(const model::Order&)>& f) const;

  // The lines whose plug is pulled, by key, whether they are on line or not: what authorisation is to know.
  [[nodiscard]] std::vector<std::string> plugged_lines() const;
  // Sessions of which the paired restore is not done, though it was tried.
  [[nodiscard]] size_t restores_owed() const;

  [[nodiscard]] BudgetView budget() const;
  // Of campaigns, by number.
  void for_each_advice(const std::function<void(const model::Advice&)>& f) const;
  // Accounts that are held or locked, or would be if what is in shadow were on.
  void for_each_account(const std::function<void(const model::Account&)>& f) const;
  [[nodiscard]] const model::Account* account(model::AccountId id) const;
  [[nodiscard]] model::SubscriberId owner_of(model::AccountId id) const;
  // Names for which the relay is to take nothing, sorted.
  [[nodiscard]] std::vector<std::string> held_accounts() const;
  [[nodiscard]] std::optional<WatchView> watch(model::AccountId account, Time now) const;
  [[nodiscard]] std::optional<WatchView> watch(model::SubscriberId line, Time now) const;
  // Detectors of this build, in the order of their registration.
  [[nodiscard]] static std::span<const std::string_view> detectors();

  struct State;  // decide/work.h

 private:
  std::unique_ptr<State> state_;
};

}  // namespace postern::decide
