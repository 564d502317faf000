// SPDX-License-Identifier: Apache-2.0
// The web role: HTTP and nothing else. Faces that share no listener: the notice page on TCP, the garden on connections
// that the gate steers, the API on a unix socket, metrics on TCP. They ask the brain, and the published table when that
// is away; none knows a subscriber.
#include <algorithm>
#include <map>
#include <unistd.h>

#include "daemon/bus/channel.h"
#include "daemon/bus/kit.h"
#include "edge/autoconfig/autoconfig.h"
#include "edge/garden/garden.h"
#include "edge/notice/notice.h"
#include "settings/reference/autoconfig/autoconfig.h"
#include "sys/clock.h"
#include "sys/entropy.h"
#include "sys/http/http.h"
#include "sys/log.h"
#include "tables/line_table.h"
#include "tables/reference.h"
#include "tell/metrics/metrics.h"
#include "wire/form.h"
#include "wire/forwarded/forwarded.h"
#include "wire/json.h"
#include "words/words.h"

namespace postern::daemon {
namespace {

constexpr size_t kApiBodyOctetsMax = 32 * 1024 * 1024;  // a thousand subscribers a call, with room
constexpr size_t kWaitingMax = 4096;                    // questions to the brain under way
constexpr size_t kMonitorsMax = 16;                     // of them for metrics
constexpr Duration kBrainTime = seconds(3);             // then a garden page does without it

class WebRole {
 public:
  WebRole(WorkerStart start, sys::Loop& loop)
      : kit_(std::move(start.kit)),
        settings_(std::move(start.settings)),
        loop_(loop),
        next_token_(static_cast<uint64_t>(sys::now().us) << 24),
        link_(
            loop, std::move(start.bus), Role::web,
            [this](Role, Message m, const std::shared_ptr<sys::Fd>& fd) { on_message(std::move(m), fd); },
            [this] { loop_.stop(); }) {}

  [[nodiscard]] Status wake() {
    api_ = PN_TRY(sys::HttpServer::start(
        loop_, take_fd(kit_, "api"), {.body_octets = kApiBodyOctetsMax},
        [this](sys::HttpRequest r, sys::HttpServer::Reply reply) { on_api(std::move(r), std::move(reply)); }));
    for (sys::Fd& socket : take_fds(kit_, "metrics"))
      metrics_servers_.push_back(PN_TRY(sys::HttpServer::start(
          loop_, std::move(socket), {.connections = kMonitorsMax},
          [this](const sys::HttpRequest& r, sys::HttpServer::Reply reply) { on_metrics(r, std::move(reply)); })));
    PN_TRY_VOID(wake_garden());
    PN_TRY_VOID(wake_notice());
    loop_.every(milliseconds(500), [this] { answer_for_the_brain(); });
    loop_.every(seconds(1), [this] { report(); });
    return {};
  }

 private:
  [[nodiscard]] Status wake_notice();
  [[nodiscard]] Status wake_garden();
  void ask_garden(const IpAddress& asker, std::function<void(edge::garden::Facts)> told);
  void answer_for_the_brain();
  void press(const IpAddress& asker, model::CustomerStatus what, std::function<void(bool)> done);
  [[nodiscard]] sys::HttpRequest seen_through_proxy(sys::HttpRequest request) const;
  [[nodiscard]] edge::garden::Facts from_the_table(const IpAddress& asker) const;

  void on_api(sys::HttpRequest request, sys::HttpServer::Reply reply) {
    if (!brain_up_) return reply(away());
    if (api_waiting_.size() >= kWaitingMax)
      return reply({503, "application/json", R"({"error":{"code":"limit"}})", {}});
    ApiCall call{.token = ++next_token_,
                 .method = std::move(request.method),
                 .path = std::move(request.path),
                 .query = wire::form_values(request.query),
                 .operator_uid = request.peer_uid.value_or(~0U)};
    if (!request.body.empty()) {
      // The brain gets only what parsed here, written anew.
      auto body = wire::Json::parse(request.body, "request body");
      if (!body) return reply(refusal(body.error()));
      call.body = body->dump();
    }
    api_waiting_[call.token] = std::move(reply);
    link_.send(Role::brain, call);
  }

  // As `postern metrics`: the status, in other words.
  void on_metrics(const sys::HttpRequest& request, sys::HttpServer::Reply reply) {
    if (request.path != "/metrics") return reply({404, tell::kMetricsType, "there is /metrics\n", {}});
    if (request.method != "GET") return reply({405, tell::kMetricsType, "GET, please\n", {{"Allow", "GET"}}});
    if (!brain_up_ || metrics_waiting_.size() >= kMonitorsMax) return reply({503, tell::kMetricsType, "not now\n", {}});
    metrics_waiting_[++next_token_] = std::move(reply);
    link_.send(
        Role::brain,
        ApiCall{
            .token = next_token_, .method = "GET", .path = "/v1/status", .query = {}, .body = {}, .operator_uid = ~0U});
  }

  void on_answer(const ApiAnswer& answer) {
    if (auto reply = api_waiting_.extract(answer.token))
      return reply.mapped()({answer.status, "application/json", answer.body, {}});
    auto monitor = metrics_waiting_.extract(answer.token);
    if (!monitor) return;
    const auto status = answer.status == 200 ? wire::Json::parse(answer.body, "status") : wire::Json();
    if (!status || status->is_null()) return monitor.mapped()({503, tell::kMetricsType, "not now\n", {}});
    monitor.mapped()({200, tell::kMetricsType, tell::metrics_of(*status), {}});
  }

  static sys::HttpResponse refusal(const Error& e) {
    const wire::Json outer = wire::Json::object(
        {{"error",
          wire::Json::object({{"code", "bad_input"}, {"message", e.what}, {"where", e.where}, {"fix", e.fix}})}});
    return {400, "application/json", outer.dump(), {}};
  }

  static sys::HttpResponse away() {
    const wire::Json error =
        wire::Json::object({{"code", "unavailable"},
                            {"message", "the role that decides is being started again"},
                            {"fix",
                             "ask again in a few seconds; an order given just now may have been carried out: "
                             "look before you repeat it"}});
    return {503, "application/json", wire::Json::object({{"error", error}}).dump(), {}};
  }

  // Orders are not repeated for anybody: whether the old brain carried one out, only its journal knows.
  void brain_gone() {
    brain_up_ = false;
    for (auto& [token, reply] : std::exchange(api_waiting_, {})) reply(away());
    for (auto& [token, reply] : std::exchange(metrics_waiting_, {})) reply({503, tell::kMetricsType, "not now\n", {}});
    for (auto& [token, done] : std::exchange(confirm_waiting_, {})) done(false);
  }

  // Questions are: the page comes a moment later.
  void brain_back() {
    if (brain_up_) brain_gone();
    brain_up_ = true;
    for (const auto& [token, waiting] : notice_waiting_) link_.send(Role::brain, NoticeAsk{token, waiting.question});
    for (const auto& [token, waiting] : garden_waiting_) link_.send(Role::brain, GardenAsk{token, waiting.asker});
  }

  void on_message(Message message, const std::shared_ptr<sys::Fd>& fd) {
    if (take_table(message, fd)) return;
    if (const auto* answer = std::get_if<ApiAnswer>(&message)) {
      on_answer(*answer);
    } else if (auto* told = std::get_if<NoticeTold>(&message)) {
      if (auto waiting = notice_waiting_.extract(told->token)) waiting.mapped().told(std::move(told->facts));
    } else if (auto* garden = std::get_if<GardenTold>(&message)) {
      if (auto waiting = garden_waiting_.extract(garden->token)) waiting.mapped().told(std::move(garden->facts));
      if (auto pressed = confirm_waiting_.extract(garden->token)) pressed.mapped()(false);
    } else if (const auto* settled = std::get_if<Settled>(&message)) {
      for (const uint64_t token : settled->tokens)
        if (auto waiting = confirm_waiting_.extract(token)) waiting.mapped()(true);
    } else if (const auto* policy = std::get_if<PolicyInForce>(&message)) {
      revision_ = policy->revision;
    } else if (const auto* up = std::get_if<PeerUp>(&message); up != nullptr && up->role == Role::brain) {
      brain_back();
    } else if (const auto* down = std::get_if<PeerDown>(&message); down != nullptr && down->role == Role::brain) {
      brain_gone();
    }
  }

  bool take_table(const Message& message, const std::shared_ptr<sys::Fd>& fd) {
    if (std::holds_alternative<TableSnapshot>(message) && fd) {
      auto table = tables::LineTable::open(*fd);
      if (table) {
        table_ = std::move(*table);
      } else {
        sys::log(sys::Level::error, "web", "TABLE_REFUSED", table.error().text());
      }
      return true;
    }
    const auto* delta = std::get_if<model::LineDelta>(&message);
    if (delta == nullptr) return false;
    if (auto done = table_.apply(*delta); !done) link_.send(Role::brain, WantSnapshot{done.error().what});
    return true;
  }

  // The servers of one face together.
  static void count(RoleReport& report, const std::string& face, const sys::HttpServer& server) {
    sys::HttpStats::visit(server.stats(), [&](std::string_view name, const uint64_t& value) {
      report.counters[face + std::string(name) + (name == "connections_open" ? "" : "_total")] += value;
    });
  }

  void report() {
    RoleReport report{.pid = ::getpid(), .at = sys::now()};
    report.facts["settings"] = settings_digest(kit_.settings_text);
    count(report, "api.", *api_);
    for (const auto& server : metrics_servers_) count(report, "metrics.", *server);
    for (const auto& server : notice_servers_) count(report, "notice.", *server);
    for (const auto& server : garden_servers_) count(report, "garden.", *server);
    edge::garden::Stats::visit(garden_->stats(), [&](std::string_view name, const uint64_t& value) {
      report.counters["garden." + std::string(name) + "_total"] = value;
    });
    report.counters["garden.answered_alone_total"] = answered_alone_;
    report.counters["autoconfig.served_total"] = autoconfig_->served();
    report.counters["table_lines"] = table_.size();
    report.counters["messages_dropped_total"] = link_.dropped();
    link_.send(Role::brain, report);
  }

  Kit kit_;
  settings::Settings settings_;
  sys::Loop& loop_;
  uint64_t next_token_;
  Link link_;
  std::map<uint64_t, sys::HttpServer::Reply> api_waiting_;
  std::map<uint64_t, sys::HttpServer::Reply> metrics_waiting_;
  bool brain_up_ = false;
  struct NoticeWaiting {
    edge::notice::Question question;
    std::function<void(edge::notice::Facts)> told;
  };
  std::map<uint64_t, NoticeWaiting> notice_waiting_;
  std::map<uint64_t, std::function<void(bool)>> confirm_waiting_;
  struct GardenWaiting {
    IpAddress asker;
    Duration until;
    std::function<void(edge::garden::Facts)> told;
  };
  std::map<uint64_t, GardenWaiting> garden_waiting_;
  uint64_t answered_alone_ = 0;
  tables::LineTable table_;
  uint32_t revision_ = 0;
  std::unique_ptr<sys::HttpServer> api_;
  std::vector<std::unique_ptr<sys::HttpServer>> metrics_servers_;
  std::unique_ptr<edge::autoconfig::Autoconfig> autoconfig_;
  std::unique_ptr<edge::notice::Notice> notice_;
  std::vector<std::unique_ptr<sys::HttpServer>> notice_servers_;
  std::unique_ptr<edge::garden::Garden> garden_;
  std::vector<std::unique_ptr<sys::HttpServer>> garden_servers_;
};

edge::garden::Facts WebRole::from_the_table(const IpAddress& asker) const {
  const auto entry = table_.find(asker);
  if (!entry) return {};
  return {.known = static_cast<bool>(entry->line), .hold = entry->hold};
}

void WebRole::ask_garden(const IpAddress& asker, std::function<void(edge::garden::Facts)> told) {
  if (garden_waiting_.size() >= kWaitingMax) {
    ++answered_alone_;
    return told(from_the_table(asker));
  }
  garden_waiting_[++next_token_] = {asker, sys::monotonic() + kBrainTime, std::move(told)};
  link_.send(Role::brain, GardenAsk{next_token_, asker});
}

// The brain is away: the page says what the table knows.
void WebRole::answer_for_the_brain() {
  const Duration now = sys::monotonic();
  while (!garden_waiting_.empty() && garden_waiting_.begin()->second.until <= now) {
    const auto waiting = garden_waiting_.extract(garden_waiting_.begin());
    ++answered_alone_;
    sys::log(sys::Level::warning, "web", "GARDEN_ALONE", "the brain does not answer; a page is made from the table");
    waiting.mapped().told(from_the_table(waiting.mapped().asker));
  }
}

void WebRole::press(const IpAddress& asker, model::CustomerStatus what, std::function<void(bool)> done) {
  if (confirm_waiting_.size() >= kWaitingMax) return done(false);
  confirm_waiting_[++next_token_] = std::move(done);
  link_.send(Role::brain, CustomerPressed{next_token_, asker, what});
}

sys::HttpRequest WebRole::seen_through_proxy(sys::HttpRequest request) const {
  const auto is_it = [&](const Prefix& p) { return p.contains(request.peer.address); };
  if (std::ranges::any_of(settings_.notice.proxies, is_it))
    if (const auto behind = wire::last_forwarded(request.header("x-forwarded-for"))) request.peer.address = *behind;
  return request;
}

Status WebRole::wake_garden() {
  const auto& p = settings_.provider;
  edge::garden::Config config{.provider = {p.name, p.url, p.contact, p.phone, p.relay_host},
                              .url = settings_.garden.url,
                              .asks_per_min = settings_.garden.asks_per_min};
  sys::random_bytes(std::as_writable_bytes(std::span(config.token_secret)));
  garden_ = std::make_unique<edge::garden::Garden>(
      std::move(config), [this](const IpAddress& a) { return from_the_table(a).hold; },
      [this](const IpAddress& a, std::function<void(edge::garden::Facts)> told) { ask_garden(a, std::move(told)); },
      [this](const IpAddress& a, model::CustomerStatus what, std::function<void(bool)> done) {
        press(a, what, std::move(done));
      },
      sys::now);
  for (const char* name : {"garden4", "garden6"}) {
    sys::Fd socket = take_fd(kit_, name);
    if (!socket) continue;
    garden_servers_.push_back(PN_TRY(sys::HttpServer::start(
        loop_, std::move(socket), {.connections = settings_.garden.connections_max},
        [this](const sys::HttpRequest& r, const sys::HttpServer::Reply& reply) { garden_->steered(r, reply); })));
  }
  return {};
}

Status WebRole::wake_notice() {
  const tables::ReferenceKey key = PN_TRY(tables::reference_key(kit_.secrets.at("reference")));
  const auto& p = settings_.provider;
  edge::notice::Config config{.provider = {p.name, p.url, p.contact, p.phone, p.relay_host}};
  for (const auto& [name, c] : settings_.classes)
    for (const auto& [language, text] : c.shown())
      config.class_names[name][std::string(words::language_for(language))] = text;
  sys::random_bytes(std::as_writable_bytes(std::span(config.token_secret)));
  notice_ = std::make_unique<edge::notice::Notice>(
      std::move(config), key,
      [this](edge::notice::Question q, std::function<void(edge::notice::Facts)> told) {
        // Too many at once: the HTTP server says 503 in time.
        if (notice_waiting_.size() >= kWaitingMax) return;
        notice_waiting_[++next_token_] = {q, std::move(told)};
        link_.send(Role::brain, NoticeAsk{next_token_, q});
      },
      [this](model::PageConfirmed confirmed, std::function<void(bool)> done) {
        if (confirm_waiting_.size() >= kWaitingMax) return done(false);
        confirm_waiting_[++next_token_] = std::move(done);
        link_.send(Role::brain, Observed{next_token_, {0, sys::now(), std::move(confirmed)}});
      },
      [this](const IpAddress& asker, model::CustomerStatus what, std::function<void(bool)> done) {
        press(asker, what, std::move(done));
      },
      sys::now, [this] { return revision_; });
  autoconfig_ = std::make_unique<edge::autoconfig::Autoconfig>(settings::mozilla_config(settings_));
  for (sys::Fd& socket : take_fds(kit_, "notice"))
    notice_servers_.push_back(PN_TRY(sys::HttpServer::start(
        loop_, std::move(socket), {}, [this](sys::HttpRequest request, const sys::HttpServer::Reply& reply) {
          sys::HttpRequest r = seen_through_proxy(std::move(request));
          if (!autoconfig_->handle(r, reply) && !garden_->portal(r, reply)) notice_->handle(std::move(r), reply);
        })));
  return {};
}

}  // namespace

int run_web(WorkerStart start) {
  sys::Loop loop;
  WebRole role(std::move(start), loop);
  if (auto up = role.wake(); !up) {
    sys::log(sys::Level::error, "web", "WEB_WAKE_FAILED", up.error().text());
    return 1;
  }
  loop.run();
  return 0;
}

}  // namespace postern::daemon
