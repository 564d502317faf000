// SPDX-License-Identifier: Apache-2.0
// The act role: orders that are carried out on the provider's own machines (its mail relay, its gateway, its access
// concentrators), and the look-up of names. The only role that opens connections; no disk, no capability, no listener.
// What it was told and has not answered the brain tells it again after a restart, so it keeps nothing.
#include <fmt/format.h>
#include <unistd.h>

#include "act/mail/mail.h"
#include "act/radius_coa/radius_coa.h"
#include "act/webhook/webhook.h"
#include "daemon/allow.h"
#include "daemon/bus/channel.h"
#include "daemon/bus/kit.h"
#include "daemon/outside/blocklists.h"
#include "sys/clock.h"
#include "sys/log.h"

namespace postern::daemon {
namespace {

std::string secret_of(const Kit& kit, const std::string& name) {
  const auto it = kit.secrets.find(name);
  return it == kit.secrets.end() ? std::string() : it->second;
}

act::mail::Config mail_config(const settings::Settings& s, const Kit& kit) {
  act::mail::Config config;
  config.relay = s.mail.relay.front();
  config.from = s.mail.from.empty() ? s.provider.contact : s.mail.from;
  config.from_name = s.provider.name;
  config.bounces = s.mail.bounces.empty() ? config.from : s.mail.bounces;
  config.helo = config.from.substr(config.from.rfind('@') + 1);
  config.require_tls = s.mail.require_tls || !s.mail.user.empty();
  config.ca = secret_of(kit, "act:ca:" + s.mail.ca_file);
  config.retry_for = s.mail.retry_for;
  config.user = s.mail.user;
  config.password = secret_of(kit, "act:mail");
  return config;
}

act::webhook::Config webhook_config(const settings::Settings& s, const Kit& kit) {
  return {.url = s.webhook.url,
          .connect_to = s.webhook.address.front(),
          .key = act::webhook::key_of(secret_of(kit, "act:webhook")).value_or(""),
          .ca = secret_of(kit, "act:ca:" + s.webhook.ca_file),
          .retry_for = s.webhook.retry_for};
}

// Settings name methods and attributes as act/radius_coa does, in the same order.
act::radius_coa::Config coa_config(const settings::Settings& s, const Kit& kit) {
  act::radius_coa::Config config;
  config.retransmit_after = s.radius_coa.retransmit_after;
  config.attempts = s.radius_coa.attempts;
  config.in_flight_max = s.radius_coa.in_flight_max;
  for (const auto& n : s.radius_coa.nases) {
    act::radius_coa::Nas nas{
        .name = n.name, .address = n.address, .source = n.source, .secret = kit.secrets.at("coa:" + n.name)};
    for (const auto i : n.identify) nas.identify.push_back(*act::radius_coa::Identify_from(to_string(i)));
    for (const auto m : n.methods) nas.methods.push_back(*wire::DynAuthVerb_from(to_string(m)));
    for (const auto& a : n.garden) nas.garden.push_back(*model::parse_radius_attribute(a));
    for (const auto& a : n.normal) nas.normal.push_back(*model::parse_radius_attribute(a));
    config.nases.push_back(std::move(nas));
  }
  return config;
}

class ActRole {
 public:
  ActRole(WorkerStart start, sys::Loop& loop)
      : kit_(std::move(start.kit)),
        settings_(std::move(start.settings)),
        link_(
            loop, std::move(start.bus), Role::act,
            [this](Role from, Message m, const std::shared_ptr<sys::Fd>&) { on_message(from, std::move(m)); },
            [&loop] { loop.stop(); }),
        allow_(settings_.garden, loop, [this](GardenAllow allow) { link_.send(Role::gate, std::move(allow)); }),
        blocklists_(settings_, loop,
                    [this](model::Observation o) { link_.send(Role::brain, Observed{0, std::move(o)}); }),
        coa_(
            coa_config(settings_, kit_), loop,
            [this](model::PlugAnswer answer) { link_.send(Role::brain, PlugAnswers{{std::move(answer)}}); }, sys::now) {
    const auto settle = [this](model::ContactSettled settled) {
      link_.send(Role::brain, Observed{0, {0, sys::now(), std::move(settled)}});
    };
    if (!settings_.mail.relay.empty())
      mail_ = std::make_unique<act::mail::Mail>(mail_config(settings_, kit_), loop, settle, sys::now);
    if (!settings_.webhook.url.empty()) {
      webhook_ = std::make_unique<act::webhook::Webhook>(webhook_config(settings_, kit_), loop, settle, sys::now);
      account_hook_ = std::make_unique<act::webhook::Webhook>(
          webhook_config(settings_, kit_), loop, [this](const model::ContactSettled& s) { settle_account(s); },
          sys::now);
    }
    loop.every(seconds(1), [this] { report(); });
  }

  [[nodiscard]] Status wake() { return coa_.open(); }

 private:
  void on_message(Role from, Message message) {
    if (const auto* up = std::get_if<PeerUp>(&message); up != nullptr && up->role == Role::gate) allow_.resend();
    if (from != Role::brain) return;
    if (auto* letter = std::get_if<SendMail>(&message)) {
      if (mail_) mail_->send(std::move(letter->letter));
    } else if (auto* hook = std::get_if<SendWebhook>(&message)) {
      if (webhook_) webhook_->send(std::move(hook->message));
    } else if (auto* order = std::get_if<SendAccount>(&message)) {
      if (account_hook_) send_account(std::move(*order));
    } else if (auto* asks = std::get_if<PlugAsks>(&message)) {
      for (model::PlugAsk& ask : asks->asks) coa_.ask(std::move(ask));
    }
  }

  // A number of its own for the hook's webhook-id, far from those of contacts; the same one again is the same order.
  void send_account(SendAccount order) {
    const model::ContactId id{(order.account.value ^ order.change * 0x9e3779b97f4a7c15ULL) | uint64_t{1} << 63};
    account_orders_[id] = {order.account, order.change};
    account_hook_->send({id, std::move(order.body), order.at});
  }

  void settle_account(const model::ContactSettled& settled) {
    const auto it = account_orders_.find(settled.contact);
    if (it == account_orders_.end()) return;
    const auto [account, change] = it->second;
    account_orders_.erase(it);
    link_.send(Role::brain,
               Observed{0, {0, sys::now(), model::AccountSettled{account, change, settled.state, settled.detail}}});
  }

  static void count(RoleReport& report, std::string_view name, const sys::Retries& queue) {
    sys::Retries::Stats::visit(queue.stats(), [&](std::string_view what, const uint64_t& value) {
      report.counters[fmt::format("{}.{}_total", name, what)] = value;
    });
    report.counters[fmt::format("{}.waiting", name)] = queue.waiting();
  }

  void report() {
    RoleReport report{.pid = ::getpid(), .at = sys::now()};
    act::radius_coa::Stats::visit(coa_.stats(), [&](std::string_view name, const uint64_t& value) {
      report.counters["radius_coa." + std::string(name) + "_total"] = value;
    });
    report.counters["radius_coa.in_flight"] = coa_.in_flight();
    report.counters["radius_coa.waiting"] = coa_.waiting();
    report.facts["settings"] = settings_digest(kit_.settings_text);
    allow_.report(report);
    blocklists_.report(report);
    report.counters["messages_dropped_total"] = link_.dropped();
    if (mail_) {
      count(report, "mail", mail_->queue());
      report.counters["mail.refused_by_relay_total"] = mail_->refused_by_relay();
      if (!mail_->relay_fault().empty())
        report.facts["fault.mail"] = "the relay refuses notices whoever they are for: " + mail_->relay_fault();
    }
    if (webhook_) count(report, "webhook", webhook_->queue());
    if (account_hook_) count(report, "account_hook", account_hook_->queue());
    link_.send(Role::brain, report);
  }

  Kit kit_;
  settings::Settings settings_;
  Link link_;
  Allow allow_;
  Blocklists blocklists_;
  act::radius_coa::RadiusCoa coa_;
  std::unique_ptr<act::mail::Mail> mail_;
  std::unique_ptr<act::webhook::Webhook> webhook_;
  std::unique_ptr<act::webhook::Webhook> account_hook_;
  std::map<model::ContactId, std::pair<model::AccountId, uint64_t>> account_orders_;  // as the hook's queue has them
};

}  // namespace

int run_act(WorkerStart start) {
  sys::Loop loop;
  ActRole role(std::move(start), loop);
  if (auto up = role.wake(); !up) {
    sys::log(sys::Level::error, "act", "ACT_WAKE_FAILED", up.error().text());
    return 1;
  }
  loop.run();
  return 0;
}

}  // namespace postern::daemon
