// SPDX-License-Identifier: Apache-2.0
// The edge role: the sockets that strangers write to. No disk, no capability, no decision: the explainer answers from
// the published table; RADIUS accounting and mail that comes back are decoded and handed on, the relay's Postfix is
// told who may send.
#include <fmt/format.h>
#include <unistd.h>

#include "daemon/bus/channel.h"
#include "daemon/bus/kit.h"
#include "daemon/decoys.h"
#include "daemon/outside/feedback.h"
#include "daemon/relay.h"
#include "edge/explainer/explainer.h"
#include "edge/radius_auth/radius_auth.h"
#include "fold/day/told_today.h"
#include "observe/dhcp_leases/dhcp_leases.h"
#include "observe/dnstap/dnstap.h"
#include "observe/flow_export/flow_export.h"
#include "observe/mail_intake/mail_intake.h"
#include "observe/mirror/line_proxies.h"
#include "observe/mirror/mirror.h"
#include "observe/nat_log/nat_log.h"
#include "observe/radius_acct/radius_acct.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "tables/c2_list.h"
#include "tables/line_table.h"
#include "tables/reference.h"

namespace postern::daemon {
namespace {

edge::explainer::Config explainer_config(const settings::Settings& s) {
  return {.texts = {.provider = s.provider.name,
                    .url = s.provider.url,
                    .relay_host = s.provider.relay_host,
                    .contact = s.provider.contact,
                    .phone = s.provider.phone},
          .banners_per_min = s.explainer.banners_per_min,
          .connections_max = s.explainer.connections_max,
          .idle_timeout = s.explainer.idle_timeout};
}

observe::radius_acct::Config radius_config(const settings::Settings& s, const Kit& kit) {
  observe::radius_acct::Config config;
  for (const auto& client : s.radius_acct.clients)
    config.clients.push_back({.from = client.address, .secret = kit.secrets.at("radius:" + to_string(client.address))});
  return config;
}

observe::flow_export::Config flow_config(const settings::Settings& s) {
  return {.exporters = s.flow_export.exporters,
          .relay = s.provider.relay,
          .sampling = s.flow_export.sampling,
          .hold = s.flow_export.hold,
          .contacts_per_s = s.flow_export.contacts_per_s,
          .outside = outside_of(s),
          .nat_logged = s.who.nat_logged,
          .nat_blocks_max = s.who.nat_blocks_max,
          .clock_skew = s.who.clock_skew};
}

observe::dhcp_leases::Config leases_config(const settings::Settings& s) {
  return {.identify = s.dhcp.identify, .inside = s.network.subscriber_prefixes};
}

class EdgeRole {
 public:
  EdgeRole(WorkerStart start, sys::Loop& loop)
      : kit_(std::move(start.kit)),
        settings_(std::move(start.settings)),
        loop_(loop),
        // Tokens of this process are unlike those of its predecessor: a late answer to that one settles nothing here.
        token_base_(static_cast<uint64_t>(sys::now().us) << 24),
        lease_base_(kLeaseTokens | static_cast<uint64_t>(sys::now().us)),
        link_(
            loop, std::move(start.bus), Role::edge,
            [this](Role, Message m, const std::shared_ptr<sys::Fd>& fd) { on_message(std::move(m), fd); },
            [this] { loop_.stop(); }),
        radius_(
            radius_config(settings_, kit_), loop, take_fds(kit_, "radius_acct"),
            [this](uint64_t token, model::Observation o) {
              link_.send(Role::brain, Observed{token_base_ + 2 * token, std::move(o)});
            },
            sys::now),
        flows_(
            flow_config(settings_), loop, take_fds(kit_, "flow_export"),
            [this](const IpAddress& a) { return folded_line_of(a); },
            [this](model::Observation o) { seen(std::move(o)); }, sys::now),
        nat_lines_(
            {.senders = settings_.who.nat_log_senders}, loop, take_fds(kit_, "nat_log"),
            {[this](const model::NatBlock& b) { flows_.take(b); }, [this](const model::NatLoss& l) { flows_.take(l); }},
            sys::now),
        leases_(
            leases_config(settings_), loop,
            [this](uint64_t token, model::Observation o) {
              link_.send(Role::brain, Observed{lease_base_ + token, std::move(o)});
            },
            sys::now),
        decoys_(kit_, settings_, loop_, nats_of(settings_, flows_.nat_log()),
                [this](model::Observation o) { seen(std::move(o)); }),
        proxies_(
            nats_of(settings_, flows_.nat_log()), [this](const IpAddress& a) { return folded_line_of(a).number; },
            [this](model::Observation o) { seen(std::move(o)); }),
        auth_({.allow = settings_.radius_auth.allow, .garden = settings_.radius_auth.garden}) {}

  [[nodiscard]] Status wake() {
    const tables::ReferenceKey key = PN_TRY(tables::reference_key(kit_.secrets.at("reference")));
    edge::explainer::Listeners listeners{take_fd(kit_, "explainer4"), take_fd(kit_, "explainer6")};
    explainer_ = PN_TRY(edge::explainer::Explainer::make(
        explainer_config(settings_), std::move(listeners), [this](const IpAddress& a) { return line_of(a); }, key,
        {.utc = sys::now, .monotonic = sys::monotonic}, nullptr));
    explainer_->start(loop_);
    relay_ =
        PN_TRY(Relay::make(kit_, settings_, loop_,
                           [this](const IpAddress& a) { return table_.stamp().epoch == 0 ? std::nullopt : line_of(a); },
                           nats_of(settings_, flows_.nat_log()),
                           {[this](RelayTold told) { link_.send(Role::brain, std::move(told)); },
                            [this](model::ObservationBody body) {
                              link_.send(Role::brain, Observed{0, {0, sys::now(), std::move(body)}});
                            }}));
    if (settings_.flow_export.by_origin)
      flows_.set_origins([this](const IpAddress& a) { return relay_->origin_of(a); });
    // Made only where it is used: its memory of names is 32 MiB.
    auto listeners_of_dns = take_fds(kit_, "dnstap");
    if (!listeners_of_dns.empty() || !settings_.mirror.interfaces.empty())
      dnstap_ = std::make_unique<observe::dnstap::Dnstap>(
          observe::dnstap::Config{settings_.dnstap.senders, settings_.dnstap.lookups_per_s}, loop_,
          std::move(listeners_of_dns), [this](const IpAddress& a) { return folded_line_of(a); },
          [this](model::Observation o) { link_.send(Role::brain, Observed{0, std::move(o)}); }, sys::now);
    // One memory of networks and one of names for each line, whoever saw them: the mirror hands on what it sees.
    if (auto ports = take_fds(kit_, "mirror"); !ports.empty())
      mirror_ = PN_TRY(observe::mirror::Mirror::make(
          {.ring_blocks = sys::ring_blocks(settings_.mirror.ring), .hold = settings_.flow_export.hold}, loop_,
          std::move(ports),
          {[this](const model::Flow& f) { flows_.take(f); }, [this](const model::DnsQuestion& q) { dnstap_->see(q); },
           [this](const wire::Proxied& p) { proxies_.see(p); }},
          sys::now));
    for (sys::Fd& socket : take_fds(kit_, "radius_auth"))
      auth_servers_.push_back(PN_TRY(sys::HttpServer::start(
          loop_, std::move(socket), {},
          [this](const sys::HttpRequest& r, const sys::HttpServer::Reply& reply) { reply(auth_.answer(r)); })));
    if (auto listeners_of_mail = take_fds(kit_, "mail_intake"); !listeners_of_mail.empty())
      intake_ = std::make_unique<observe::mail_intake::MailIntake>(
          intake_config(
              settings_, [this](std::string_view id) { return relay_->account_of(id); }, flows_.nat_log()),
          loop_, std::move(listeners_of_mail), PN_TRY(tables::ContactTags::of(kit_.secrets.at("reference"))),
          [this](uint64_t token, model::Observation o) {
            link_.send(Role::brain, Observed{token_base_ + 2 * token + 1, std::move(o)});
          },
          observe::mail_intake::MailIntake::Clock{sys::now, sys::monotonic});
    loop_.every(seconds(1), [this] {
      tell_nat_log(flows_.take_blocks(), flows_.take_losses());
      report();
    });
    return {};
  }

 private:
  // A source without an entry is an unknown line under the table's policy revision.
  [[nodiscard]] std::optional<model::LineEntry> line_of(const IpAddress& source) const {
    if (auto entry = table_.find(source)) return entry;
    model::LineEntry unknown;
    unknown.reason = model::Reason::unknown_line;
    unknown.revision = table_.stamp().revision;
    return unknown;
  }

  // Which line's memory of destinations a flow belongs to; whose it is, the brain says for the flow's own time.
  [[nodiscard]] fold::MailFlows::Line folded_line_of(const IpAddress& source) const {
    const auto entry = table_.find(source);
    if (!entry || !entry->line) return {};
    const auto named = settings_.classes.find(entry->class_name);
    return {.number = entry->line.value,
            .memory = named == settings_.classes.end() ? hours(24) : named->second.destination_memory};
  }

  // What flows, mirror ports and decoys show. Signing in without encryption is the same news from each of them.
  void seen(model::Observation o) {
    if (const auto* sign_in = std::get_if<model::ClearSignIn>(&o.body)) {
      const uint32_t line = folded_line_of(sign_in->source).number;
      if (line == 0) return;
      const fold::News news = told_of_sign_ins_.see(line, o.at);
      if (news == fold::News::full)
        sys::log(sys::Level::warning, "edge", "SIGN_INS_FULL",
                 "more lines sign in without encryption than can be told in one day");
      if (news != fold::News::fresh) return;
    }
    link_.send(Role::brain, Observed{0, std::move(o)});
  }

  void on_message(Message message, const std::shared_ptr<sys::Fd>& fd) {
    if (std::holds_alternative<TableSnapshot>(message) && fd) {
      auto table = tables::LineTable::open(*fd);
      if (table) {
        table_ = std::move(*table);
      } else {
        sys::log(sys::Level::error, "edge", "TABLE_REFUSED", table.error().text());
      }
    } else if (const auto* delta = std::get_if<model::LineDelta>(&message)) {
      if (auto done = table_.apply(*delta); !done) link_.send(Role::brain, WantSnapshot{done.error().what});
    } else if (const auto* settled = std::get_if<Settled>(&message)) {
      for (const uint64_t token : settled->tokens) on_settled(token);
    } else if (const auto* leases = std::get_if<LeaseFile>(&message); leases != nullptr && fd) {
      leases_.file(leases->server, leases->v6, leases->last, std::move(*fd));
    } else if (const auto* c2 = std::get_if<C2File>(&message); c2 != nullptr && fd) {
      on_c2_list(c2->path, *fd);
    } else if (auto* ask = std::get_if<RelayAsk>(&message)) {
      if (relay_) relay_->ask(std::move(*ask));
    } else if (const auto* held = std::get_if<HeldAccounts>(&message)) {
      if (relay_) relay_->hold(*held);
    } else if (auto* plugged = std::get_if<PluggedLines>(&message)) {
      auth_.take(std::move(plugged->keys));
    } else if (const auto* up = std::get_if<PeerUp>(&message); up != nullptr && up->role == Role::brain) {
      radius_.forget_in_flight();  // the NAS sends again; the engine takes what was journaled as a duplicate
      if (intake_) intake_->forget_in_flight();  // so does Postfix
      tell_nat_log(flows_.nat_log().all_blocks(), flows_.nat_log().all_losses());
    }
  }

  // One with a fault leaves the list of before in force, and is told until a good one comes.
  void on_c2_list(const std::string& path, const sys::Fd& fd) {
    auto text = sys::read_whole(fd.get(), tables::kC2BytesMax);
    auto list = text ? tables::C2List::parse(*text) : std::unexpected(text.error());
    if (!list) {
      c2_fault_ = fmt::format("{}: {}", path, list.error().text());
      return sys::log(sys::Level::error, "edge", "C2_LIST_REFUSED", c2_fault_ + "; the list of before stays");
    }
    c2_fault_.clear();
    sys::log(sys::Level::info, "edge", "C2_LIST", "control servers are looked for",
             {{"file", path}, {"servers", std::to_string(list->size())}});
    flows_.take(std::move(*list));
  }

  // In messages of a size that the bus forwards at once.
  void tell_nat_log(std::vector<model::NatBlock> blocks, std::vector<model::NatLoss> losses) {
    constexpr size_t kBlocksEach = 512;
    for (size_t at = 0; at < blocks.size(); at += kBlocksEach) {
      const auto from = blocks.begin() + static_cast<ssize_t>(at);
      const auto to = blocks.begin() + static_cast<ssize_t>(std::min(at + kBlocksEach, blocks.size()));
      link_.send(Role::brain, NatBlocks{{from, to}, {}});
    }
    if (!losses.empty()) link_.send(Role::brain, NatBlocks{{}, std::move(losses)});
  }

  void on_settled(uint64_t token) {
    if ((token & kLeaseTokens) != 0) {
      if (token > lease_base_) leases_.journaled(token - lease_base_);
    } else if (token > token_base_) {
      on_journaled(token - token_base_);
    }
  }

  // Even tokens are accounting's, odd ones the mail intake's.
  void on_journaled(uint64_t token) {
    if (token % 2 == 0) return radius_.journaled(token / 2);
    if (intake_) intake_->journaled(token / 2);
  }

  void report() {
    RoleReport report{.pid = ::getpid(), .at = sys::now()};
    report.facts["settings"] = settings_digest(kit_.settings_text);
    const edge::explainer::Stats e = explainer_->stats();
    report.counters = {{"explainer.accepted_total", e.accepted},
                       {"explainer.closed_total", e.closed},
                       {"explainer.limited_total", e.limited},
                       {"explainer.unknown_line_total", e.unknown_line},
                       {"explainer.refused_total", e.refused},
                       {"explainer.evicted_total", e.evicted},
                       {"explainer.open", e.open},
                       {"sign_ins.told_total", told_of_sign_ins_.told()},
                       {"sign_ins.untold_total", told_of_sign_ins_.untold()},
                       {"proxies.told_total", proxies_.told().told()},
                       {"proxies.untold_total", proxies_.told().untold()},
                       {"table_lines", table_.size()},
                       {"messages_dropped_total", link_.dropped()}};
    observe::radius_acct::Stats::visit(radius_.stats(), [&](std::string_view name, const uint64_t& value) {
      report.counters["radius_acct." + std::string(name) + "_total"] = value;
    });
    report_flows(report);
    if (!settings_.c2.list.empty()) report_c2(report);
    if (!settings_.who.nat_log.empty()) report_nat_lines(report);
    decoys_.report(report);
    if (dnstap_) {
      observe::dnstap::Stats::visit(dnstap_->stats(), [&](std::string_view name, const uint64_t& value) {
        report.counters["dnstap." + std::string(name) + "_total"] = value;
      });
      report.counters["dnstap.open"] = dnstap_->open();
    }
    if (mirror_) report_mirror(report);
    report_leases(report);
    relay_->report(report);
    edge::radius_auth::Stats::visit(auth_.stats(), [&](std::string_view name, const uint64_t& value) {
      report.counters["radius_auth." + std::string(name) + "_total"] = value;
    });
    report.counters["radius_auth.lines"] = auth_.held();
    if (!auth_servers_.empty() && !auth_.has_list())
      report.facts["fault.radius_auth"] = "which lines are held is not known: they log in as usual";
    report.counters["radius_acct.in_flight"] = radius_.in_flight();
    if (intake_) report_intake(report, *intake_);
    link_.send(Role::brain, report);
  }

  void report_leases(RoleReport& report) const {
    if (settings_.dhcp.servers.empty()) return;
    const auto put = [&](std::string_view name, const uint64_t& value) {
      report.counters["dhcp." + std::string(name) + "_total"] = value;
    };
    observe::dhcp_leases::Stats::visit(leases_.stats(), put);
    for (size_t i = 0; i < pn_enum_size(wire::KeaFault{}); ++i) {
      const auto why = static_cast<wire::KeaFault>(i);
      put("fault_" + std::string(to_string(why)), leases_.faults(why));
    }
    report.counters["dhcp.in_flight"] = leases_.in_flight();
    report.counters["dhcp.caught_up"] = leases_.caught_up() ? 1 : 0;
  }

  void report_mirror(RoleReport& report) const {
    const auto put = [&](std::string_view name, const uint64_t& value) {
      report.counters["mirror." + std::string(name) + "_total"] = value;
    };
    const wire::Traffic& traffic = mirror_->traffic();
    observe::mirror::Stats::visit(mirror_->stats(), put);
    for (size_t i = 0; i < pn_enum_size(wire::NoHeaders{}); ++i) {
      const auto why = static_cast<wire::NoHeaders>(i);
      put("unread_" + std::string(to_string(why)), traffic.without_headers(why));
    }
    wire::DnsStats::visit(
        traffic.dns(), [&](std::string_view name, const uint64_t& value) { put("dns_" + std::string(name), value); });
    put("passed_over", traffic.beginnings()->passed_over());
    put("connections_forgotten_early", traffic.beginnings()->forgotten_early());
    put("greetings_forgotten_early", traffic.smtp().forgotten_early());
    put("talks_forgotten_early", traffic.sign_ins()->forgotten_early());
    put("proxy_asks_forgotten_early", traffic.proxies()->forgotten_early());
    put("flows_ended_early", traffic.flows().ended_early());
    report.counters["mirror.both_ways"] = mirror_->both_ways() ? 1 : 0;
    report.counters["mirror.connections"] = traffic.beginnings()->size();
    if (mirror_->is_down()) report.facts["fault.mirror"] = "an interface went down: its mirror port shows nothing";
  }

  void report_c2(RoleReport& report) const {
    observe::flow_export::C2Stats::visit(flows_.c2().stats(), [&](std::string_view name, const uint64_t& value) {
      report.counters["c2." + std::string(name) + "_total"] = value;
    });
    report.counters["c2.servers"] = flows_.c2().servers();
    if (settings_.flow_export.listen.empty() && settings_.mirror.interfaces.empty())
      report.facts["fault.c2"] =
          "c2.list without flow_export.listen or mirror.interfaces: nothing shows who talks to them";
    if (!c2_fault_.empty()) report.facts["fault.c2"] = c2_fault_;
  }

  void report_nat_lines(RoleReport& report) const {
    const auto put = [&](std::string_view name, const uint64_t& value) {
      report.counters["nat_log." + std::string(name) + "_total"] = value;
    };
    observe::nat_log::Stats::visit(nat_lines_.stats(), put);
    for (size_t i = 0; i < pn_enum_size(wire::NatLineIs{}); ++i) {
      const auto is = static_cast<wire::NatLineIs>(i);
      put("line_" + std::string(to_string(is)), nat_lines_.read_as(is));
    }
  }

  void report_flows(RoleReport& report) const {
    const auto put = [&](std::string_view name, const uint64_t& value) {
      report.counters["flow_export." + std::string(name) + "_total"] = value;
    };
    observe::flow_export::Stats::visit(flows_.stats(), put);
    wire::FlowExportStats::visit(flows_.decoder().stats(), put);
    for (size_t i = 0; i < pn_enum_size(wire::FlowFault{}); ++i) {
      const auto why = static_cast<wire::FlowFault>(i);
      put("fault_" + std::string(to_string(why)), flows_.decoder().faults(why));
    }
    report.counters["flow_export.held"] = flows_.held();
    report.counters["flow_export.nat_blocks"] = flows_.nat_log().blocks();
    report.counters["flow_export.nat_evicted_total"] = flows_.nat_log().evicted();
    if (flows_.one_way())
      report.facts["fault.flow_export"] = "the exports show no answers of servers: failures are not judged";
    report.counters["flow_export.templates"] = flows_.decoder().templates();
  }

  Kit kit_;
  settings::Settings settings_;
  sys::Loop& loop_;
  static constexpr uint64_t kLeaseTokens = uint64_t{1} << 63;  // theirs have the highest bit

  uint64_t token_base_;
  uint64_t lease_base_;
  tables::LineTable table_;
  fold::ToldToday told_of_sign_ins_;
  Link link_;
  observe::radius_acct::RadiusAcct radius_;
  observe::flow_export::FlowExport flows_;
  std::string c2_fault_;
  observe::nat_log::NatLog nat_lines_;
  observe::dhcp_leases::DhcpLeases leases_;
  Decoys decoys_;
  observe::mirror::LineProxies proxies_;
  edge::radius_auth::RadiusAuth auth_;
  std::vector<std::unique_ptr<sys::HttpServer>> auth_servers_;
  std::unique_ptr<edge::explainer::Explainer> explainer_;
  std::unique_ptr<Relay> relay_;
  std::unique_ptr<observe::mail_intake::MailIntake> intake_;
  std::unique_ptr<observe::dnstap::Dnstap> dnstap_;
  std::unique_ptr<observe::mirror::Mirror> mirror_;
};

}  // namespace

int run_edge(WorkerStart start) {
  sys::Loop loop;
  EdgeRole role(std::move(start), loop);
  if (auto up = role.wake(); !up) {
    sys::log(sys::Level::error, "edge", "EDGE_WAKE_FAILED", up.error().text());
    return 1;
  }
  loop.run();
  return 0;
}

}  // namespace postern::daemon
