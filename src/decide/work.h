// SPDX-License-Identifier: Apache-2.0
// One step of the engine while it is being made: what is decided becomes records, which are applied as they come; at
// the end every session the step touched is decided again and the table's change is read off the facts.
#pragma once

#include <set>

#include "decide/casework/memory.h"
#include "decide/casework/workflow.h"
#include "decide/common/counters.h"
#include "decide/engine.h"
#include "decide/facts.h"
#include "decide/plug/watch.h"
#include "decide/watch/watch.h"
#include "decide/who/accounting.h"

namespace postern::decide {

struct Engine::State {
  Facts facts;
  // Not in records:
  who::Memory memory;
  detect::Watch watch;
  detect::AccountWatch account_watch;
  Counters counters;
  Time last_tick;
  Time listening_since;  // no session ages for what was missed before
  casework::Looks looks;
  casework::Seen seen;
  Time gate_heard;  // the newest sum of any line
  std::map<model::SessionId, plug::Asked> plug_asked;

  [[nodiscard]] detect::Subject subject_of(model::SubscriberId line) const;
  [[nodiscard]] detect::Subject subject_of(model::AccountId account) const;
  [[nodiscard]] const model::ClassPolicy& class_of(model::SubscriberId line) const;
  void look_at_every_case();
  void encode_memory(Encoder& out) const;
  void decode_memory(Decoder& in);
};

class Work {
 public:
  Work(Engine::State& state, Time at) : state_(state), facts_(state.facts), at_(at) {}

  void policy(const model::Policy& policy);
  void receipt(const model::Receipt& receipt);
  void answer(const model::PlugAnswer& answer);  // decide/accounts.cpp
  void judge_account(const detect::Subject& subject, const std::string& name);
  [[nodiscard]] std::optional<std::string> account_held(const model::Account& a) const;
  void change_account(model::Account a, model::AccountState to, model::Finding finding, std::string why);
  void tick_accounts();
  // decide/plugs.cpp
  void tick();
  void operator()(std::monostate) {}
  void operator()(const model::SessionEvent& o);
  void operator()(const model::FirstContact& o);
  void operator()(const model::LineSum& o);
  void operator()(const model::PageConfirmed& o);
  void operator()(const model::ImportSubscribers& o);
  void operator()(const model::GrantPermit& o);
  void operator()(const model::RevokePermit& o);
  void operator()(const model::SetClass& o);
  void operator()(const model::EraseSubscriber& o);
  void operator()(const model::ContactSettled& o);
  void operator()(const model::CustomerSays& o);
  void operator()(const model::CaseCommand& o);
  void operator()(const model::GovernorSwitch& o);
  void operator()(const model::MailLookup& o) { judge_source(o, o.source); }
  void operator()(const model::NoticeAnswered& o);
  void operator()(const model::CasesCommand& o);
  void operator()(const model::MailVolume& o) { judge_source(o, o.source); }
  void operator()(const model::PortScan& o) { judge_source(o, o.source); }
  void operator()(const model::AccountUse& o);  // decide/accounts.cpp
  void operator()(const model::RelayLimit& o);
  void operator()(const model::AccountCommand& o);
  void operator()(const model::AccountSettled& o);
  void operator()(const model::Complaint& o);  // decide/outside.cpp
  void operator()(const model::Listing& o);
  void operator()(const model::TrapHit& o);
  void operator()(const model::LeaseSeen& o);
  void operator()(const model::CampaignOrder& o);
  void operator()(const model::ClearSignIn& o);  // decide/accounts.cpp
  void operator()(const model::ProxyUse& o);     // decide/outside.cpp
  void operator()(const model::C2Contact& o);    // decide/outside.cpp
  [[nodiscard]] Step finish();

 private:
  enum class Row { refused, same, changed, fresh };

  void emit(model::SubscriberId subject, model::RecordBody body);
  void note(const model::Session& session);
  void redecide(model::SubscriberId subscriber);
  [[nodiscard]] who::Accounting accounting();
  [[nodiscard]] bool is_probe(const IpAddress& source) const;
  void judge(model::SubscriberId line, const model::ObservationBody& body);
  // Of the line that held the address then, if any one did.
  void judge_source(const model::ObservationBody& body, const IpAddress& source);
  // Of the account, if there is one, and of the line that held the address at `then`; decide/outside.cpp.
  void judge_word(const model::ObservationBody& body, const std::string& account, const IpAddress& source, Time then);
  // decide/cases.cpp
  [[nodiscard]] casework::Scene scene_of(model::SubscriberId line) const;
  [[nodiscard]] casework::Governor governor_of(model::SubscriberId line) const;
  void change(std::optional<model::CaseChanged> changed);
  void carry_out(const model::CaseCommand& o);
  [[nodiscard]] static std::string words_of(const model::CaseCommand& o);
  void widen(model::SubscriberId line, const model::ObservationBody& body);
  void ask_about_limit(const model::RelayLimit& o);
  void look_at(model::CaseId id);
  void page_if_held(const model::Case& c, const casework::Governor& governor);
  bool see_behaviour(const model::ObservationBody& body, model::SubscriberId line);
  void tick_cases();
  void tick_advices();
  void order_advice(model::Advice advice, size_t from);
  // decide/plugs.cpp
  void say(const std::optional<model::Receipt>& receipt);
  void see_plug(const model::LineSum& sum);
  void end_plug(const model::Session& session);
  void look_at_plugs();
  void on_finding(const model::Finding& finding, const std::string& summary);
  [[nodiscard]] Row take(model::Subscriber row);
  void act(const std::string& operator_name, std::string action);
  // Counts and says no to a request that does not hold; the API asked before.
  [[nodiscard]] bool refused(const Status& status);

  Engine::State& state_;
  Facts& facts_;
  Time at_;
  Step step_;
  std::set<model::SessionId> dirty_;  // to be decided again
  std::set<Prefix> touched_;          // of the table
  bool freed_ = false;                // a session ended: fixed prefixes may come back
  bool plugs_moved_ = false;          // an order or a receipt may have made an ask due
};

// Requests of operators, as they may be made at `now`.
[[nodiscard]] Status validate_request(const Facts& facts, const model::ObservationBody& request, Time now);

}  // namespace postern::decide
