// SPDX-License-Identifier: Apache-2.0
// Brain: the role that decides. It puts observations in their one order, hands them to the engine, journals what comes
// out, and only then lets anything be seen of it: table changes, settled tokens, answers. All that arrives in one turn
// of the loop is one transaction (group commit). While the journal has no room for it the brain holds: the engine takes
// nothing more in, nothing is acknowledged or published, and every second it tries again (hold.cpp).
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "daemon/bus/channel.h"
#include "daemon/bus/kit.h"
#include "daemon/relay.h"
#include "decide/engine.h"
#include "fold/day/line_day.h"
#include "fold/day/told_today.h"
#include "fold/outside/nat_log.h"
#include "store/journal.h"
#include "sys/loop.h"
#include "tables/contact_tag.h"
#include "tables/reference.h"
#include "tell/api/api.h"
#include "tell/letter/letter.h"

namespace postern::daemon {

class Brain {
 public:
  Brain(WorkerStart start, sys::Loop& loop, store::Journal journal, const tables::ReferenceKey& key,
        const tables::ContactTags& tags);

  // Newest checkpoint, tail of the journal, the settings' policy; then the first table. An error ends the role.
  [[nodiscard]] Status wake();

 private:
  void wake_api();
  void look_for_outsiders();
  void on_message(Role from, Message message);
  void on_observed(Role from, Observed observed);
  void on_api(Role from, const ApiCall& call);
  void on_notice(Role from, const NoticeAsk& ask);
  void on_garden(Role from, const GardenAsk& ask);
  // usage.cpp: a page that waits for what the edge counted.
  struct PageWaiting {
    Role from = Role::web;
    uint64_t token = 0;
    model::SubscriberId line;
    edge::garden::Facts facts;
    Duration until;
  };
  void ask_usage(PageWaiting page);
  void tell_usage(const RelayTold& told);
  void tell_unread(PageWaiting page);
  void give_up_usage();
  [[nodiscard]] std::pair<edge::relay::Limits, bool> limits_of(
      model::SubscriberId line) const;  // and whether it is held
  void on_pressed(Role from, const CustomerPressed& pressed);
  // relay.cpp; false: not about the relay
  [[nodiscard]] bool on_relay_call(Role from, const ApiCall& call);
  void on_relay_told(const RelayTold& told);
  // The name of the user at the other end of the socket; "uid 1234" when there is none.
  [[nodiscard]] static std::string user_name(uint32_t uid);
  // accounts.cpp
  [[nodiscard]] bool on_account_call(Role from, const ApiCall& call);
  // campaigns.cpp
  [[nodiscard]] bool on_campaign_call(Role from, const ApiCall& call);
  [[nodiscard]] Result<model::CampaignOrder> campaign_of(const ApiCall& call) const;
  [[nodiscard]] wire::Json campaigns() const;
  [[nodiscard]] size_t fresh_of(const model::CampaignOrder& order) const;
  void send_advice(const model::Advice& a);
  void publish_accounts();
  void tell_of_limit(const model::RelayLimit& limit, Time at);
  void tell_of_sign_in(const model::ClearSignIn& sign_in, Time at);  // sign_ins.cpp
  void send_accounts();
  [[nodiscard]] wire::Json account_row(const model::Account& a) const;
  [[nodiscard]] wire::Json relay_row(const edge::relay::Usage& usage) const;

  void absorb(decide::Step step);
  void commit_soon();
  void commit();
  [[nodiscard]] bool holding() const { return !journal_fault_.empty(); }
  [[nodiscard]] bool held_back(Role from, Message& message);
  void hold(const Error& why);
  void release();
  void checkpoint();
  void publish_snapshot();
  void publish_changes();
  void publish_plugs();
  void tick();
  void tell_of_bounds();
  void forget_old();  // what is past its lifetime (store/retention.h)
  // Whether it counts: pressed by the line itself, and not before for this reference.
  void judge_page(model::PageConfirmed& page);
  // When the line confirmed this reference; 0 = not among its newest records.
  [[nodiscard]] Time read_at(model::SubscriberId line, std::string_view reference);
  [[nodiscard]] edge::notice::Facts facts_of(const edge::notice::Question& question);
  [[nodiscard]] const model::Session* session_of(const IpAddress& asker) const;
  [[nodiscard]] edge::garden::Facts garden_facts_of(const model::Session& session);
  [[nodiscard]] page::CaseFacts case_facts(const model::Case& c, Time now);
  // letters.cpp
  [[nodiscard]] const model::CaseRules& rules_of(const model::Subscriber& subscriber) const;
  [[nodiscard]] tell::letter::Text text_of(const model::Case& c, const model::ContactAttempt& a,
                                           const model::Subscriber& subscriber) const;
  [[nodiscard]] std::string call_text(const model::Case& c) const;
  void send_notice(const model::Case& c, const model::ContactAttempt& a);
  void send_notices(const std::vector<model::Record>& journaled);
  void send_notices_again();
  [[nodiscard]] Result<wire::Json> command(model::Observation request);
  [[nodiscard]] wire::Json status() const;
  [[nodiscard]] wire::Json gate_status() const;
  [[nodiscard]] wire::Json decoys() const;
  [[nodiscard]] wire::Json reputation() const;
  [[nodiscard]] const RoleReport* report_of(Role role) const;
  // A role that has not reported for some seconds is not well.
  [[nodiscard]] bool is_heard(Role role, Time now) const;

  settings::Settings settings_;
  std::string settings_digest_;
  sys::Loop& loop_;
  store::Journal journal_;
  decide::Engine engine_;
  fold::LineDay line_day_;
  tables::ReferenceKey reference_key_;
  tables::ContactTags contact_tags_;
  fold::ToldToday told_of_sign_ins_;
  fold::NatLog nat_log_;  // as the edge tells it, which has it too
  std::unique_ptr<tell::api::View> view_;
  std::unique_ptr<tell::api::Api> api_;
  std::string operator_;  // of the API call under way

  uint64_t epoch_;
  Time started_;
  uint64_t observation_sequence_ = 0;
  uint64_t table_sequence_ = 0;
  size_t deltas_since_snapshot_ = 0;

  // Waiting for the next commit.
  std::vector<model::Record> records_;
  std::map<Prefix, std::optional<model::LineEntry>> changes_;  // of the table; nullopt = removed
  std::map<Role, std::vector<uint64_t>> settle_;
  std::vector<model::PlugAsk> asks_;
  bool commit_due_ = false;
  // First contacts: settled by the checkpoint that holds what the detectors made of them.
  std::map<Role, std::vector<uint64_t>> settle_at_checkpoint_;
  bool changed_since_checkpoint_ = false;
  std::optional<std::vector<std::string>> plugged_;        // as the edge was last told
  bool plugged_moved_ = true;                              // there may be others now
  std::optional<std::vector<std::string>> held_accounts_;  // as the edge was last told
  bool accounts_moved_ = true;
  std::map<model::AccountId, uint64_t> hooks_out_;  // told to the act role, nothing heard yet: the change's number
  Duration checkpoint_due_;

  std::set<model::ContactId> notices_out_;  // told to the act role, nothing heard yet; of open cases

  std::map<uint64_t, PageWaiting> pages_waiting_;  // by our own token: the oldest first
  uint64_t page_token_ = 0;
  uint64_t usage_unread_ = 0;  // pages told without what the relay counted

  std::string outsiders_;  // a sentence for `status`; empty when all is well

  // While the journal cannot be written: why, and what came meanwhile, in order.
  std::string journal_fault_;
  std::string checkpoint_fault_;
  std::deque<std::pair<Role, Message>> held_;
  bool held_overflow_ = false;
  uint64_t holds_ = 0;

  std::map<std::string, uint64_t> bounds_told_;  // of casework: what the counters were when they were logged last
  std::map<Role, RoleReport> reports_;
  uint64_t commits_ = 0;
  Link link_;
};

}  // namespace postern::daemon
