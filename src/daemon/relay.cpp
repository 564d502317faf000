// SPDX-License-Identifier: Apache-2.0
#include "daemon/relay.h"

#include <algorithm>
#include <fmt/format.h>
#include <span>

#include "edge/relay/milter/session.h"
#include "edge/relay/policy.h"
#include "sys/clock.h"
#include "sys/entropy.h"
#include "sys/log.h"

namespace postern::daemon {
namespace {

namespace relay = edge::relay;

constexpr size_t kScansMax = 16;
constexpr size_t kRowsPerSlice = 4'096;
constexpr uint32_t kRowsMax = 1'000;
constexpr Duration kTellEvery = milliseconds(500);
constexpr size_t kUsesPerTell = 1'024;  // 2,000 a second: what the brain is asked to look at

uint32_t now_s() { return static_cast<uint32_t>(sys::now().unix_seconds()); }

std::string relay_account_class(const settings::Settings& s) {
  return s.relay.account_class.empty() ? s.network.default_class : s.relay.account_class;
}

relay::Config judge_config(const settings::Settings& s, fold::Nats nats) {
  relay::Config config{.provider = s.provider.name,
                       .url = s.provider.url,
                       .relay_host = s.provider.relay_host,
                       .subscriber_prefixes = s.network.subscriber_prefixes,
                       .trusted = s.relay.trusted,
                       .nats = std::move(nats),
                       .relay = s.provider.relay,
                       .classes = {},
                       .otherwise = relay_limits(s.classes.at("unknown")),
                       .account = relay_account_limits(s),
                       .account_class = relay_account_class(s),
                       .restricted_percent = s.relay.restricted_percent,
                       .refuse_auth_on_25 = s.relay.auth_on_25 == settings::AuthOn25::refuse,
                       .warn_percent = s.relay.warn_percent,
                       .honey_accounts = s.relay.honey_accounts};
  for (const auto& [name, c] : s.classes) config.classes[name] = relay_limits(c);
  return config;
}

uint64_t weight_of(const relay::Meter& meter, uint32_t now) {
  relay::Meter m = meter;
  m.roll(now);
  return uint64_t{m.used(relay::Window::hour, relay::Quantity::recipients, now)} << 32 |
         m.used(relay::Window::day, relay::Quantity::recipients, now);
}

}  // namespace

relay::Limits relay_limits(const settings::Class& c) {
  relay::Limits out{.invalid_percent = c.relay_invalid_percent,
                    .recipients_per_message = c.relay_recipients_per_message};
  const auto set = [&](relay::Quantity q, uint32_t hour, uint32_t day) {
    out.most[0][static_cast<size_t>(q)] = hour;
    out.most[1][static_cast<size_t>(q)] = day;
  };
  set(relay::Quantity::messages, c.relay_messages_per_hour, c.relay_messages_per_day);
  set(relay::Quantity::recipients, c.relay_recipients_per_hour, c.relay_recipients_per_day);
  set(relay::Quantity::kilobytes, c.relay_megabytes_per_hour * 1'024, c.relay_megabytes_per_day * 1'024);
  set(relay::Quantity::domains, c.relay_domains_per_hour, c.relay_domains_per_day);
  out.class_recipients = {c.relay_class_recipients_per_hour, c.relay_class_recipients_per_day};
  return out;
}

relay::Limits relay_account_limits(const settings::Settings& s) {
  return relay_limits(s.classes.at(relay_account_class(s)));
}

bool relay_is_asked(const settings::Settings& s) {
  return !s.relay.listen_unix.empty() || !s.relay.listen.empty() || !s.relay.milter_unix.empty() ||
         !s.relay.milter.empty();
}

Result<std::unique_ptr<Relay>> Relay::make(Kit& kit, const settings::Settings& s, sys::Loop& loop, relay::Lookup lookup,
                                           fold::Nats nats, Told told) {
  std::array<uint8_t, 16> key{};
  sys::random_bytes(std::as_writable_bytes(std::span(key)));
  const sys::Fd memory = take_fd(kit, "relay_meters");
  relay::Meters meters = PN_TRY(relay::Meters::open(
      memory, {.meters_max = s.relay.meters_max, .messages_max = (s.relay.messages_max + 7) / 8 * 8}, key));
  if (meters.adopted())
    sys::log(sys::Level::info, "relay", "RELAY_METERS_KEPT", "counts go on where the process before stopped",
             {{"meters", fmt::to_string(meters.used())}});
  std::unique_ptr<Relay> out(
      new Relay(s, std::move(meters), loop, std::move(lookup), std::move(nats), std::move(told)));
  PN_TRY_VOID(out->serve(out->policy_, s, take_fds(kit, "relay"), false));
  PN_TRY_VOID(out->serve(out->milter_, s, take_fds(kit, "milter"), true));
  if (const auto it = kit.secrets.find("relay:origins"); it != kit.secrets.end())
    out->origins_ = PN_TRY(tables::Origins::parse(it->second));
  out->log_ = std::make_unique<observe::mail_log::MailLog>(
      observe::mail_log::Config{.clients = s.relay.clients}, loop, take_fds(kit, "mail_log"),
      observe::mail_log::MailLog::To{
          .final_word = [relay = out.get()](
                            std::string_view account, std::string_view recipient,
                            bool delivered) { relay->judge_.final_word(account, recipient, delivered, sys::now()); },
          .login_failed = [relay = out.get()](std::string_view account,
                                              uint32_t n) { relay->judge_.login_failed(account, n); },
          .tried = [relay = out.get()](const wire::PostfixLogLine& l) { relay->receivers_.tried(l, sys::now()); },
          .removed = [relay = out.get()](std::string_view id) { relay->receivers_.removed(id); }});
  loop.every(kTellEvery, [relay = out.get()] {
    relay->judge_.sweep(sys::now());
    relay->tell();
  });
  return out;
}

Relay::Relay(const settings::Settings& s, relay::Meters meters, sys::Loop& loop, relay::Lookup lookup, fold::Nats nats,
             Told told)
    : loop_(loop),
      meters_(std::move(meters)),
      judge_(judge_config(s, std::move(nats)), meters_, std::move(lookup)),
      receivers_(s.reputation),
      told_(std::move(told)) {}

Status Relay::serve(Way& way, const settings::Settings& s, std::vector<sys::Fd> listeners, bool is_milter) {
  if (listeners.empty()) return {};
  relay::NewTalk talk = [this, &way] { return std::make_unique<relay::PolicyTalk>(judge_, way.asked); };
  if (is_milter)
    talk = [this, &way, sizes = judge_config(s, {}).limits_size()] {
      return std::make_unique<relay::MilterTalk>(judge_, way.asked, sizes);
    };
  way.server = PN_TRY(relay::Server::make(
      {.connections_max = s.relay.connections_max, .clients = s.relay.clients, .acknowledge_at_once = is_milter},
      std::move(listeners), std::move(talk), {.utc = sys::now}));
  way.server->start(loop_);
  return {};
}

void Relay::ask(RelayAsk ask) {
  ask.rows_max = std::min(ask.rows_max, kRowsMax);
  if (!ask.line && ask.account.empty() && ask.accounts.empty()) {
    if (scans_.size() >= kScansMax) {
      ++asks_dropped_;
      return;  // the web role says 503 in time
    }
    scans_.push_back({std::move(ask), 0, {}});
    if (scans_.size() == 1) loop_.after({}, [this] { scan(); });
    return;
  }
  RelayTold told{.token = ask.token, .asker = ask.asker, .rows = {}, .left = 0};
  const auto add = [&](uint64_t key) {
    if (const relay::Meter* m = meters_.find(key)) told.rows.push_back(relay::usage_of(*m, now_s()));
  };
  if (ask.line) add(judge_.key_of_line(ask.line.value));
  if (!ask.account.empty()) add(judge_.key_of_account(ask.account));
  if (ask.accounts.size() > page::kRelayAccountsShown) ask.accounts.resize(page::kRelayAccountsShown);
  for (const std::string& account : ask.accounts) add(judge_.key_of_account(account));
  told_.usage(std::move(told));
}

void Relay::hold(const HeldAccounts& held) {
  judge_.hold(held.names);
  held_ = held.names.size();
}

// What accounts did since the last time. Lost when the brain is not there: the next uses say it again.
void Relay::tell() {
  for (model::AccountUse& use : judge_.uses().take(kUsesPerTell)) {
    if (use.source) use.place = origins_.find(use.source);
    told_.seen(std::move(use));
  }
  for (model::RelayLimit& limit : judge_.uses().take_limits()) told_.seen(std::move(limit));
}

void Relay::scan() {
  Scan& scan = scans_.front();
  const std::span<const relay::Meter> rows = meters_.rows();
  const size_t end = std::min(scan.next + kRowsPerSlice, rows.size());
  const uint32_t now = now_s();
  for (; scan.next < end; ++scan.next) {
    const relay::Meter& m = rows[scan.next];
    if (m.key == 0) continue;
    scan.best.emplace_back(weight_of(m, now), static_cast<uint32_t>(scan.next));
    std::ranges::push_heap(scan.best, std::greater{});
    if (scan.best.size() <= scan.ask.rows_max) continue;
    std::ranges::pop_heap(scan.best, std::greater{});
    scan.best.pop_back();
  }
  if (scan.next >= rows.size()) {
    finish(scan);
    scans_.pop_front();
  }
  if (!scans_.empty()) loop_.after({}, [this] { this->scan(); });
}

void Relay::finish(const Scan& scan) {
  RelayTold told{.token = scan.ask.token, .asker = scan.ask.asker, .rows = {}, .left = 0};
  auto best = scan.best;
  std::ranges::sort(best, std::greater{});
  for (const auto& [weight, row] : best) told.rows.push_back(relay::usage_of(meters_.rows()[row], now_s()));
  told.left = meters_.used() > best.size() ? meters_.used() - best.size() : 0;
  told_.usage(std::move(told));
}

void Relay::report(const Way& way, std::string_view prefix, RoleReport& report) {
  if (!way.server) return;
  const auto count = [&](std::string_view name, const uint64_t& value) {
    report.counters[fmt::format("{}{}_total", prefix, name)] = value;
  };
  relay::ServerStats::visit(way.server->stats(), count);
  relay::TalkStats::visit(way.asked, count);
  report.counters[fmt::format("{}open", prefix)] = way.server->open();
}

void Relay::report(RoleReport& report) {
  const auto count = [&](std::string_view name, const uint64_t& value) {
    report.counters[fmt::format("relay.{}_total", name)] = value;
  };
  relay::Stats::visit(judge_.stats(), count);
  Relay::report(policy_, "relay.", report);
  Relay::report(milter_, "relay.milter_", report);
  report.counters["relay.meters"] = meters_.used();
  report.counters["relay.asks_dropped_total"] = asks_dropped_;
  report.counters["relay.uses_dropped_total"] = judge_.uses_dropped();
  report.counters["relay.accounts_held"] = held_;
  report.counters["relay.origins"] = origins_.size();
  receivers_.report(report, sys::now());
  observe::mail_log::Stats::visit(log_->stats(), [&](std::string_view name, const uint64_t& value) {
    report.counters[fmt::format("mail_log.{}_total", name)] = value;
  });
}

}  // namespace postern::daemon
