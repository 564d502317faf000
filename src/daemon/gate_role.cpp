// SPDX-License-Identifier: Apache-2.0
// The gate role: CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN and no byte from the network. It wires the kernel plane to the
// brain: table in, receipts, first contacts and sums out.
#include <unistd.h>

#include "act/gate_hooks/gate_hooks.h"
#include "act/gate_table/gate_table.h"
#include "daemon/bus/channel.h"
#include "daemon/bus/kit.h"
#include "daemon/bus/outbox.h"
#include "daemon/guard.h"
#include "gate/gate.h"
#include "observe/gate_events/gate_events.h"
#include "sys/clock.h"
#include "sys/log.h"

namespace postern::daemon {
namespace {

gate::Options options_of(const settings::Settings& s) {
  gate::Options o;
  o.pin_dir = s.gate.pin_dir;
  o.lines_max = s.gate.lines_max;
  o.fwmark = s.gate.fwmark;
  o.pass_mark = s.gate.pass_mark;
  return o;
}

act::gate_hooks::Wanted wanted_of(const settings::Settings& s) {
  return {.interfaces = s.network.subscriber_interfaces,
          .routing = {.fwmark = s.gate.fwmark, .table = s.gate.route_table},
          .guard = guard_of(s),
          .guard_on = s.gate.guard};
}

class GateRole {
 public:
  GateRole(WorkerStart start, sys::Loop& loop, gate::Gate gate)
      : kit_(std::move(start.kit)),
        settings_(std::move(start.settings)),
        loop_(loop),
        gate_(std::move(gate)),
        listener4_(take_fd(kit_, "explainer4")),
        listener6_(take_fd(kit_, "explainer6")),
        garden4_(take_fd(kit_, "garden4")),
        garden6_(take_fd(kit_, "garden6")),
        hooks_(gate_, wanted_of(settings_)),
        link_(
            loop, std::move(start.bus), Role::gate,
            [this](Role from, Message m, const std::shared_ptr<sys::Fd>& fd) { on_message(from, std::move(m), fd); },
            [this] { loop_.stop(); }),
        outbox_([this](const Message& m) { link_.send(Role::brain, m); }, static_cast<uint32_t>(sys::now().us)),
        table_(gate_, [this](std::vector<model::Receipt> r) { link_.send(Role::brain, Receipts{std::move(r)}); }),
        events_(gate_, loop,
                {.contact = [this](model::Observation o) { outbox_.put(std::move(o)); },
                 .sum = [this](model::Observation o) { outbox_.put_unkept(std::move(o)); }},
                sys::now) {}

  // Hooks only once the network's own rules are in the kernel: a filter with an empty configuration would close the
  // relay for everyone. With adopted maps that is so already.
  [[nodiscard]] Status wake() {
    PN_TRY_VOID(gate_.set_network(network(), sys::now()));
    PN_TRY_VOID(gate_.set_explainer(listener4_.get(), listener6_.get()));
    PN_TRY_VOID(gate_.set_garden(garden4_.get(), garden6_.get()));
    if (gate_.adopted()) heal();
    loop_.every(seconds(1), [this] { each_second(); });
    return {};
  }

 private:
  [[nodiscard]] gate::Network network() const {
    gate::Network n = gate::Network::of(settings_.policy(), table_.loaded() ? table_.table().stamp().revision : 0);
    n.source_validation = settings_.gate.source_validation;
    n.drop_fragments = settings_.gate.drop_fragments;
    n.allow = allow_;
    for (const auto& page : settings_.notice.listen)
      n.allow.push_back(Prefix::of(page.address, page.address.family == Family::v4 ? 32 : 128));
    n.banners_per_min = settings_.explainer.banners_per_min;
    return n;
  }

  void heal() { hooks_.heal(act::gate_hooks::present_interfaces()); }

  void on_message(Role from, Message message, const std::shared_ptr<sys::Fd>& fd) {
    if (std::holds_alternative<TableSnapshot>(message) && fd) {
      take_snapshot(*fd);
    } else if (const auto* delta = std::get_if<model::LineDelta>(&message)) {
      if (auto done = table_.take_delta(*delta, sys::now()); !done) want_snapshot(done.error());
    } else if (const auto* settled = std::get_if<Settled>(&message)) {
      outbox_.settled(settled->tokens);
    } else if (const auto* up = std::get_if<PeerUp>(&message); up != nullptr && up->role == Role::brain) {
      outbox_.resend();
    } else if (auto* allow = std::get_if<GardenAllow>(&message); allow != nullptr && from == Role::act) {
      take_allowed(std::move(allow->prefixes));
    } else if (std::holds_alternative<GateDetach>(message) && from == Role::brain) {
      detach();
    }
  }

  void take_snapshot(const sys::Fd& fd) {
    if (detached_) return;
    if (auto done = table_.take_snapshot(fd, network(), sys::now()); !done) {
      sys::log(sys::Level::error, "gate", "GATE_TABLE_REFUSED", done.error().text());
      return;
    }
    heal();
  }

  void take_allowed(std::vector<Prefix> prefixes) {
    allow_ = std::move(prefixes);
    if (detached_) return;
    if (auto done = gate_.set_network(network(), sys::now()); !done)
      sys::log(sys::Level::error, "gate", "GATE_ALLOW_REFUSED", done.error().text());
  }

  void want_snapshot(const Error& why) {
    if (why.code == Errc::conflict) {
      link_.send(Role::brain, WantSnapshot{why.what});
    } else {
      sys::log(sys::Level::error, "gate", "GATE_TABLE_REFUSED", why.text());
    }
  }

  // An operator opened the network. The role stays up and idle, so that nothing hooks itself in again before posternd
  // is stopped or restarted.
  void detach() {
    std::vector<std::string> names;
    for (const auto& a : gate_.attached()) names.push_back(a.name);
    detached_ = true;
    const Status filters = gate::Gate::detach(settings_.gate.pin_dir, names);
    const Status guard = settings_.gate.guard ? gate::remove_guard() : Status{};
    const Status routing = gate::remove_routing(wanted_of(settings_).routing);
    for (const Status* s : {&filters, &guard, &routing})
      if (!*s) sys::log(sys::Level::error, "gate", "GATE_DETACH_FAULT", s->error().text());
    sys::log(sys::Level::warning, "gate", "GATE_DETACHED", "port 25 is open to every line until posternd restarts");
  }

  void each_second() {
    if (!detached_ && (table_.loaded() || gate_.adopted())) heal();
    RoleReport report{.pid = ::getpid(), .at = sys::now()};
    report.facts["settings"] = settings_digest(kit_.settings_text);
    const gate::Stats stats = gate_.stats();
    for (const auto& [name, value] : stats.counters) report.counters["counter." + std::string(name)] = value;
    report.counters["lines"] = stats.lines;
    report.counters["lines_max"] = stats.lines_max;
    report.counters["pages"] = stats.pages;
    report.counters["pages_max"] = stats.pages_max;
    report.counters["prefixes6"] = stats.prefixes6;
    report.counters["prefixes6_max"] = stats.prefixes6_max;
    report.counters["listed"] = stats.listed;
    report.counters["listed_max"] = stats.listed_max;
    report.counters["pending"] = stats.pending;
    report.counters["pending_max"] = stats.pending_max;
    report.counters["holds"] = stats.holds;
    report.counters["holds_max"] = stats.holds_max;
    report.counters["holds_refused_total"] = stats.holds_refused;
    report.counters["refused_total"] = stats.refused;
    report.counters["healed_total"] = hooks_.healed();
    report.counters["outbox"] = outbox_.waiting();
    report.counters["outbox_overflow_total"] = outbox_.overflowed();
    report.counters["messages_dropped_total"] = link_.dropped();
    report.facts["state"] = detached_ ? "detached" : gate_.attached().empty() ? "no interface" : "in force";
    for (const auto& a : gate_.attached())
      report.facts["interface." + a.name] =
          std::string(a.ethernet ? "ethernet" : "ip only") + (a.egress ? "" : ", no egress hook");
    for (size_t i = 0; i < hooks_.faults().size(); ++i) report.facts["fault." + std::to_string(i)] = hooks_.faults()[i];
    link_.send(Role::brain, report);
  }

  Kit kit_;
  settings::Settings settings_;
  sys::Loop& loop_;
  gate::Gate gate_;
  sys::Fd listener4_;
  sys::Fd listener6_;
  sys::Fd garden4_;
  sys::Fd garden6_;
  std::vector<Prefix> allow_;  // empty until the act role said what it is
  act::gate_hooks::GateHooks hooks_;
  Link link_;
  Outbox outbox_;
  act::gate_table::GateTable table_;
  observe::gate_events::GateEvents events_;
  bool detached_ = false;
};

}  // namespace

int run_gate(WorkerStart start) {
  auto gate = gate::Gate::open(options_of(start.settings));
  if (!gate) {
    sys::log(sys::Level::error, "gate", "GATE_OPEN_FAILED", gate.error().text());
    return 1;
  }
  sys::Loop loop;
  GateRole role(std::move(start), loop, std::move(*gate));
  if (auto up = role.wake(); !up) {
    sys::log(sys::Level::error, "gate", "GATE_WAKE_FAILED", up.error().text());
    return 1;
  }
  loop.run();
  return 0;
}

}  // namespace postern::daemon
