// SPDX-License-Identifier: Apache-2.0
// The brain's side of the API: who asked, what the daemon itself can tell, and requests that change something, which
// are journaled before they are answered.
#include <fmt/format.h>
#include <pwd.h>

#include "daemon/brain/brain.h"
#include "daemon/brain/engine_view.h"
#include "sys/clock.h"
#include "sys/log.h"

namespace postern::daemon {
namespace {

wire::Json counters_of(const RoleReport& report) {
  wire::Json out = wire::Json::object();
  for (const auto& [name, value] : report.counters) out.set(name, value);
  return out;
}

std::string fact_of(const RoleReport& report, const std::string& name) {
  const auto it = report.facts.find(name);
  return it != report.facts.end() ? it->second : "?";
}

// What "so many false cases a day" means for this network.
wire::Json detection_of(const decide::BudgetView& budget) {
  const auto nats = [](int32_t mnat) { return fmt::format("{}.{}", mnat / 1'000, mnat % 1'000 / 100); };
  const uint32_t milli = budget.false_cases_milli;
  return wire::Json::object({{"false_cases_a_day", fmt::format("{}.{:03}", milli / 1'000, milli % 1'000)},
                             {"acts_a_day", budget.acts_a_day},
                             {"case_score_alone", nats(budget.alone_mnat)},
                             {"case_score_together", nats(budget.together_mnat)}});
}

}  // namespace

std::string Brain::user_name(uint32_t uid) {
  const passwd* entry = ::getpwuid(uid);
  return entry != nullptr ? entry->pw_name : fmt::format("uid {}", uid);
}

void Brain::wake_api() {
  view_ = std::make_unique<EngineView>(engine_, [this] { return status(); });
  api_ = std::make_unique<tell::api::Api>(
      tell::api::Parts{.view = *view_,
                       .journal = journal_,
                       .references = reference_key_,
                       .command = [this](model::Observation o) { return command(std::move(o)); },
                       .call_text = [this](const model::Case& c) { return call_text(c); },
                       .gate_status = [this]() -> Result<wire::Json> { return gate_status(); },
                       .gate_detach = [this]() -> Result<wire::Json> {
                         link_.send(Role::gate, GateDetach{operator_});
                         return wire::Json::object({{"detached", true}});
                       },
                       .decoys = [this] { return decoys(); },
                       .reputation = [this] { return reputation(); },
                       .outside = outside_of(settings_),
                       .nat_log = [this](uint8_t protocol, const IpAddress& address, uint16_t port,
                                         Time at) -> std::optional<IpAddress> {
                         if (!nat_log_.is_logged(address)) return std::nullopt;
                         return nat_log_.behind(protocol, address, port, at, settings_.who.clock_skew * 2);
                       },
                       .clock_skew = settings_.who.clock_skew});
}

void Brain::on_api(Role from, const ApiCall& call) {
  if (on_relay_call(from, call) || on_account_call(from, call) || on_campaign_call(from, call)) return;
  operator_ = user_name(call.operator_uid);
  tell::api::Request request{
      .method = call.method, .path = call.path, .query = call.query, .operator_name = operator_, .now = sys::now()};
  if (!call.body.empty()) {
    auto body = wire::Json::parse(call.body, "request body");
    if (body) request.body = std::move(*body);
  }
  const tell::api::Response response = api_->handle(request);
  link_.send(from, ApiAnswer{call.token, static_cast<uint16_t>(response.status), response.body.dump()});
}

Result<wire::Json> Brain::command(model::Observation request) {
  request.sequence = ++observation_sequence_;
  if (!request.at) request.at = sys::now();
  absorb(engine_.observe(request));
  commit();
  if (holding())
    return fail(Errc::unavailable, "not in the journal yet: " + journal_fault_, {},
                "make room; then look whether it took effect before you say it again");
  return wire::Json::object({{"journaled", journal_.last_sequence()}});
}

wire::Json Brain::status() const {
  const Time now = sys::now();
  wire::Json roles = wire::Json::object();
  wire::Json faults = wire::Json::array();
  for (const Role role : kWorkers) {
    if (role == Role::brain) continue;
    const auto it = reports_.find(role);
    if (!is_heard(role, now)) faults.push(fmt::format("role {} does not report", to_string(role)));
    if (it == reports_.end()) continue;
    roles.set(to_string(role), wire::Json::object({{"pid", it->second.pid},
                                                   {"heard", to_string(it->second.at)},
                                                   {"settings", fact_of(it->second, "settings")},
                                                   {"counters", counters_of(it->second)}}));
  }
  if (!outsiders_.empty()) faults.push(outsiders_);
  roles.set("brain", wire::Json::object({{"pid", static_cast<int64_t>(::getpid())},
                                         {"since", to_string(started_)},
                                         {"settings", settings_digest_}}));
  wire::Json supervisor = wire::Json::object();
  if (const auto it = reports_.find(Role::supervisor); it != reports_.end()) {
    supervisor = counters_of(it->second);
    supervisor.set("settings", fact_of(it->second, "settings"));
    for (const auto& [name, text] : it->second.facts)
      if (name.starts_with("reload_fault.")) faults.push("the last reload was refused: " + text);
  }
  if (const auto it = reports_.find(Role::gate); it != reports_.end()) {
    for (const auto& [name, text] : it->second.facts)
      if (name.starts_with("fault.")) faults.push("gate: " + text);
    if (it->second.facts.contains("state") && it->second.facts.at("state") != "in force")
      faults.push("gate: " + it->second.facts.at("state"));
  }
  for (const Role role : {Role::supervisor, Role::edge, Role::act})
    if (const auto it = reports_.find(role); it != reports_.end())
      for (const auto& [name, text] : it->second.facts)
        if (name.starts_with("fault.")) faults.push(fmt::format("{}: {}", name.substr(6), text));
  if (holding()) faults.push(fmt::format("journal: {}; nothing is acknowledged or changed", journal_fault_));
  if (!checkpoint_fault_.empty()) faults.push("checkpoint: " + checkpoint_fault_);
  const decide::GovernorView governor = engine_.governor(now);
  if (governor.promise_missed != 0)
    faults.push(fmt::format("casework: {} open cases whose customer was not told in time (postern case calls)",
                            governor.promise_missed));
  if (const size_t owed = engine_.restores_owed(); owed > 0)
    faults.push(
        fmt::format("plug: {} sessions are to be let out again and their NAS does not do it; it is asked again "
                    "(postern case list)",
                    owed));
  if (governor.over_limit) {
    faults.push("governor: more is due than its numbers allow, and is held (postern governor status)");
  } else if (governor.holding) {
    faults.push("governor: restrictions are due and held (postern governor status)");
  }
  wire::Json counters = wire::Json::object();
  decide::Counters::visit(engine_.counters(),
                          [&](std::string_view name, const uint64_t& value) { counters.set(name, value); });
  counters.set("commits", commits_);
  counters.set("observations_held", static_cast<uint64_t>(records_.size() + held_.size()));
  counters.set("journal_holds", holds_);
  counters.set("usage_unread", usage_unread_);
  return wire::Json::object({{"healthy", faults.items()->empty()},
                             {"faults", std::move(faults)},
                             {"roles", std::move(roles)},
                             {"supervisor", std::move(supervisor)},
                             {"detection", detection_of(engine_.budget())},
                             {"counters", std::move(counters)}});
}

wire::Json Brain::gate_status() const {
  const auto it = reports_.find(Role::gate);
  if (it == reports_.end()) return wire::Json::object({{"state", "no report yet"}});
  wire::Json interfaces = wire::Json::array();
  wire::Json faults = wire::Json::array();
  wire::Json counters = wire::Json::object();
  wire::Json fill = wire::Json::object();
  const RoleReport& report = it->second;
  for (const auto& [name, text] : report.facts) {
    if (name.starts_with("interface."))
      interfaces.push(wire::Json::object({{"name", name.substr(10)}, {"link", text}}));
    if (name.starts_with("fault.")) faults.push(text);
  }
  for (const auto& [name, value] : report.counters) {
    if (name.starts_with("counter.")) {
      counters.set(name.substr(8), value);
    } else {
      fill.set(name, value);
    }
  }
  const auto state = report.facts.find("state");
  return wire::Json::object({{"state", state != report.facts.end() ? state->second : "?"},
                             {"heard", to_string(report.at)},
                             {"interfaces", std::move(interfaces)},
                             {"faults", std::move(faults)},
                             {"counters", std::move(counters)},
                             {"tables", std::move(fill)}});
}

}  // namespace postern::daemon
