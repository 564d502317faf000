// SPDX-License-Identifier: Apache-2.0
#include "daemon/brain/brain.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/check.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "tables/line_table.h"

namespace postern::daemon {
namespace {

constexpr Duration kCheckpointEvery = seconds(10);
// A checkpoint of a million lines takes a while: at most this share of the brain's time goes into them.
constexpr int64_t kCheckpointShare = 50;
constexpr size_t kDeltasPerSnapshot = 4096;           // or an eighth of the lines, whichever is more
constexpr Duration kNoticesAgainEvery = minutes(10);  // what the act role had no room for
constexpr size_t kRecordsPerCommit = 4096;            // a burst is cut, so that nobody waits behind an import

bool says_who_is_plugged(const model::Record& r) {
  return std::holds_alternative<model::CaseChanged>(r.body) || std::holds_alternative<model::PolicyRevision>(r.body) ||
         std::holds_alternative<model::SubscriberChanged>(r.body) ||
         std::holds_alternative<model::SubscriberErased>(r.body);
}

}  // namespace

Brain::Brain(WorkerStart start, sys::Loop& loop, store::Journal journal, const tables::ReferenceKey& key,
             const tables::ContactTags& tags)
    : settings_(std::move(start.settings)),
      settings_digest_(settings_digest(start.kit.settings_text)),
      loop_(loop),
      journal_(std::move(journal)),
      reference_key_(key),
      contact_tags_(tags),
      told_of_sign_ins_(std::max(1U, settings_.mail.sign_in_days)),
      nat_log_(settings_.who.nat_logged, settings_.who.nat_blocks_max),
      epoch_(static_cast<uint64_t>(sys::now().us)),
      started_(sys::now()),
      link_(
          loop, std::move(start.bus), Role::brain,
          [this](Role from, Message m, const std::shared_ptr<sys::Fd>&) { on_message(from, std::move(m)); },
          [this] { loop_.stop(); }) {}

Status Brain::wake() {
  uint64_t replay_after = 0;
  if (auto newest = PN_TRY(journal_.newest_checkpoint())) {
    const auto& checkpoint = std::get<model::Checkpoint>(newest->body);
    if (auto restored = engine_.restore(checkpoint.engine)) {
      replay_after = newest->sequence;
    } else {
      // Facts come back from the first record on; only detector levels are lost.
      sys::log(sys::Level::warning, "brain", "CHECKPOINT_REFUSED", restored.error().text());
      engine_ = decide::Engine();
    }
  }
  uint64_t replayed = 0;
  PN_TRY_VOID(journal_.for_each(replay_after, [&](const model::Record& record) {
    engine_.replay(record);
    ++replayed;
  }));
  observation_sequence_ = engine_.counters().observations;
  tell_of_bounds();
  absorb(engine_.set_policy(settings_.policy(), sys::now()));
  commit();
  if (holding()) return fail(Errc::limit, journal_fault_);
  publish_snapshot();
  sys::log(sys::Level::info, "brain", "AWAKE", "journal is replayed and the table is published",
           {{"records", std::to_string(journal_.last_sequence())},
            {"replayed", std::to_string(replayed)},
            {"lines", std::to_string(engine_.lines())}});
  look_for_outsiders();
  wake_api();
  link_.send(Role::web, PolicyInForce{engine_.revision()});
  checkpoint_due_ = sys::monotonic() + kCheckpointEvery;
  loop_.every(seconds(1), [this] { tick(); });
  send_notices_again();
  loop_.every(kNoticesAgainEvery, [this] { send_notices_again(); });
  loop_.every(hours(24), [this] { forget_old(); });
  return {};
}

// Imports refuse such prefixes; settings that changed since may have left some behind, and the gate lets them be.
void Brain::look_for_outsiders() {
  const auto& inside = engine_.policy().subscriber_prefixes;
  size_t n = 0;
  std::string example;
  engine_.for_each_subscriber([&](const model::Subscriber& s) {
    for (const Prefix& p : s.fixed) {
      if (std::ranges::any_of(inside, [&](const Prefix& range) { return range.contains(p); })) continue;
      if (n++ == 0) example = fmt::format("{} of {}", to_string(p), s.key);
    }
  });
  outsiders_.clear();
  if (n == 0) return;
  outsiders_ = fmt::format("{} fixed prefixes are in none of network.subscriber_prefixes (the first: {})", n, example);
  sys::log(sys::Level::warning, "brain", "PREFIXES_OUTSIDE", outsiders_ + "; nothing governs them");
}

void Brain::on_message(Role from, Message message) {
  if (holding() && held_back(from, message)) return;
  if (auto* observed = std::get_if<Observed>(&message)) {
    on_observed(from, std::move(*observed));
  } else if (auto* receipts = std::get_if<Receipts>(&message)) {
    for (const model::Receipt& r : receipts->receipts) absorb(engine_.receive(r));
  } else if (const auto* told = std::get_if<PlugAnswers>(&message)) {
    for (const model::PlugAnswer& a : told->answers) absorb(engine_.receive(a));
  } else if (auto* report = std::get_if<RoleReport>(&message)) {
    reports_[from] = std::move(*report);
  } else if (const auto* call = std::get_if<ApiCall>(&message)) {
    on_api(from, *call);
  } else if (const auto* ask = std::get_if<NoticeAsk>(&message)) {
    on_notice(from, *ask);
  } else if (const auto* garden = std::get_if<GardenAsk>(&message)) {
    on_garden(from, *garden);
  } else if (const auto* pressed = std::get_if<CustomerPressed>(&message)) {
    on_pressed(from, *pressed);
  } else if (const auto* nat = std::get_if<NatBlocks>(&message)) {
    for (const model::NatBlock& b : nat->blocks) (void)nat_log_.see(b);
    for (const model::NatLoss& l : nat->losses) nat_log_.lost(l);
  } else if (const auto* relay = std::get_if<RelayTold>(&message)) {
    on_relay_told(*relay);
  } else if (const auto* up = std::get_if<PeerUp>(&message)) {
    // What the predecessor was owed nobody waits for any more.
    settle_[up->role].clear();
    settle_at_checkpoint_[up->role].clear();
    if (up->role == Role::act) engine_.forget_asked();
    if (up->role == Role::edge) plugged_.reset();
    if (up->role == Role::edge) held_accounts_.reset();
    if (up->role == Role::act) hooks_out_.clear();
    if (up->role == Role::web) link_.send(Role::web, PolicyInForce{engine_.revision()});
    if (up->role == Role::act) send_notices_again();
  } else if (const auto* want = std::get_if<WantSnapshot>(&message)) {
    sys::log(sys::Level::info, "brain", "SNAPSHOT_WANTED", want->why);
    commit();
    publish_snapshot();
  }
}

void Brain::on_observed(Role from, Observed observed) {
  observed.observation.sequence = ++observation_sequence_;
  line_day_.see(observed.observation);
  if (auto* page = std::get_if<model::PageConfirmed>(&observed.observation.body)) judge_page(*page);
  const bool contact = std::holds_alternative<model::FirstContact>(observed.observation.body);
  absorb(engine_.observe(observed.observation));
  if (const auto* limit = std::get_if<model::RelayLimit>(&observed.observation.body))
    tell_of_limit(*limit, observed.observation.at);
  if (const auto* sign_in = std::get_if<model::ClearSignIn>(&observed.observation.body))
    tell_of_sign_in(*sign_in, observed.observation.at);
  changed_since_checkpoint_ = true;
  if (observed.token != 0) (contact ? settle_at_checkpoint_ : settle_)[from].push_back(observed.token);
  commit_soon();
}

void Brain::absorb(decide::Step step) {
  plugged_moved_ = plugged_moved_ || std::ranges::any_of(step.records, says_who_is_plugged);
  for (const model::Record& r : step.records)
    if (const auto* changed = std::get_if<model::GovernorChanged>(&r.body))
      sys::log(sys::Level::warning, "casework", "GOVERNOR", changed->why);
  accounts_moved_ = accounts_moved_ || std::ranges::any_of(step.records, [](const model::Record& r) {
                      return std::holds_alternative<model::AccountChanged>(r.body) ||
                             std::holds_alternative<model::SubscriberErased>(r.body);
                    });
  std::ranges::move(step.records, std::back_inserter(records_));
  // One delta a commit: a later change of the same prefix replaces an earlier one.
  for (const Prefix& p : step.table.removed) changes_[p] = std::nullopt;
  for (model::LineEntry& e : step.table.set) changes_[e.prefix] = std::move(e);
  std::ranges::move(step.asks, std::back_inserter(asks_));
  if (records_.size() >= kRecordsPerCommit) {
    commit();
  } else if (!records_.empty() || !changes_.empty() || !asks_.empty()) {
    commit_soon();
  }
}

void Brain::commit_soon() {
  if (commit_due_) return;
  commit_due_ = true;
  // After the handlers of this turn: all they brought is one transaction.
  loop_.after({}, [this] { commit(); });
}

void Brain::commit() {
  commit_due_ = false;
  if (!records_.empty()) {
    for (model::Record& record : records_)
      if (!record.at) record.at = sys::now();
    const bool erased = std::ranges::any_of(
        records_, [](const model::Record& r) { return std::holds_alternative<model::SubscriberErased>(r.body); });
    // An erasure empties the checkpoints before it; the fresh one goes into the same transaction.
    if (erased && !holding()) records_.push_back({0, sys::now(), {}, model::Checkpoint{engine_.checkpoint()}});
    if (auto done = journal_.append(records_); !done) return hold(done.error());
    const std::vector<model::Record> journaled = std::exchange(records_, {});
    send_notices(journaled);
    ++commits_;
    changed_since_checkpoint_ = true;
  }
  publish_changes();
  publish_plugs();
  publish_accounts();
  for (auto& [role, tokens] : settle_)
    if (!tokens.empty()) link_.send(role, Settled{std::exchange(tokens, {})});
  if (holding()) release();
}

void Brain::checkpoint() {
  const Duration begin = sys::monotonic();
  commit();
  if (holding()) return;  // it would hold what the records before it have not said yet
  std::vector<model::Record> one{{0, sys::now(), {}, model::Checkpoint{engine_.checkpoint()}}};
  if (auto done = journal_.append(one); !done) {
    checkpoint_fault_ = done.error().text();
    sys::log(sys::Level::error, "brain", "CHECKPOINT_FAILED", checkpoint_fault_);
  } else {
    checkpoint_fault_.clear();
    changed_since_checkpoint_ = false;
    for (auto& [role, tokens] : settle_at_checkpoint_)
      if (!tokens.empty()) link_.send(role, Settled{std::exchange(tokens, {})});
  }
  const Duration took = sys::monotonic() - begin;
  checkpoint_due_ = sys::monotonic() + std::max(kCheckpointEvery, took * kCheckpointShare);
}

void Brain::publish_snapshot() {
  tables::SnapshotWriter writer(
      {.epoch = epoch_, .sequence = table_sequence_, .revision = engine_.revision(), .published_us = sys::now().us});
  engine_.for_each_line([&](const model::LineEntry& e) { writer.add(e); });
  auto memfd = sys::sealed_memfd("postern-lines", writer.finish());
  if (!memfd) {
    sys::log(sys::Level::error, "brain", "SNAPSHOT_FAILED", memfd.error().text());
    return;
  }
  link_.send(Role::supervisor, TableSnapshot{epoch_, table_sequence_}, std::make_shared<sys::Fd>(std::move(*memfd)));
  deltas_since_snapshot_ = 0;
}

void Brain::publish_changes() {
  if (changes_.empty()) return;
  model::LineDelta delta{.epoch = epoch_, .sequence = ++table_sequence_};
  deltas_since_snapshot_ += changes_.size();
  const bool fresh = deltas_since_snapshot_ > std::max(kDeltasPerSnapshot, engine_.lines() / 8);
  for (auto& [prefix, entry] : std::exchange(changes_, {})) {
    if (fresh) break;  // a snapshot says it all
    if (entry) {
      delta.set.push_back(std::move(*entry));
    } else {
      delta.removed.push_back(prefix);
    }
  }
  if (fresh) return publish_snapshot();
  link_.send(Role::supervisor, std::move(delta));
}

void Brain::publish_plugs() {
  if (!asks_.empty()) link_.send(Role::act, PlugAsks{std::exchange(asks_, {})});
  if (plugged_ && !std::exchange(plugged_moved_, false)) return;
  std::vector<std::string> plugged = engine_.plugged_lines();
  if (plugged_ == plugged) return;
  plugged_ = std::move(plugged);
  link_.send(Role::edge, PluggedLines{*plugged_});
}

void Brain::forget_old() {
  const auto expired = journal_.expire(sys::now());
  if (!expired) {
    sys::log(sys::Level::error, "brain", "EXPIRE_FAILED", expired.error().text());
  } else if (*expired > 0) {
    sys::log(sys::Level::info, "brain", "EXPIRED", "records past their lifetime lost their personal part",
             {{"records", std::to_string(*expired)}});
  }
}

// Each bound of casework that was met since the last tick.
void Brain::tell_of_bounds() {
  const decide::Counters& now = engine_.counters();
  for (const auto& [name, count, what] :
       {std::tuple("contacts_full", now.contacts_full, "a case had its last notice: look at it (postern case list)"),
        std::tuple("findings_full", now.findings_full, "a finding is in the journal, and no longer named by its case"),
        std::tuple("past_cut", now.past_cut, "a line's last case is forgotten: a relapse will count as a first time"),
        std::tuple("services_full", now.services_full, "a case is about more services than a restriction can close"),
        std::tuple("undo_cut", now.undo_cut, "a case that was closed by hand can be undone no more")}) {
    const uint64_t before = std::exchange(bounds_told_[name], count);
    if (count > before)
      sys::log(sys::Level::warning, "casework", "CASEWORK_BOUND", what,
               {{"counter", name}, {"count", std::to_string(count)}});
  }
}

void Brain::tick() {
  give_up_usage();
  if (holding()) return;
  absorb(engine_.tick(sys::now()));
  if (!plugged_) publish_plugs();
  if (!held_accounts_ || accounts_moved_) publish_accounts();
  tell_of_bounds();
  nat_log_.forget_before(sys::now());
  if (changed_since_checkpoint_ && sys::monotonic() >= checkpoint_due_) checkpoint();
}

}  // namespace postern::daemon
