// SPDX-License-Identifier: Apache-2.0
// The web role: HTTP and nothing else. Two faces that share no listener: the notice page on TCP, the API on a unix
// socket. Both ask the brain; neither knows a subscriber.
#include <map>
#include <unistd.h>

#include "daemon/bus/channel.h"
#include "daemon/bus/kit.h"
#include "edge/notice/notice.h"
#include "sys/clock.h"
#include "sys/entropy.h"
#include "sys/http.h"
#include "sys/log.h"
#include "tables/reference.h"
#include "wire/form.h"
#include "wire/json.h"

namespace postern::daemon {
namespace {

constexpr size_t kApiBodyOctetsMax = 32 * 1024 * 1024;  // a thousand subscribers a call, with room
constexpr size_t kWaitingMax = 4096;                    // questions to the brain under way

class WebRole {
 public:
  WebRole(WorkerStart start, sys::Loop& loop)
      : kit_(std::move(start.kit)),
        settings_(std::move(start.settings)),
        loop_(loop),
        next_token_(static_cast<uint64_t>(sys::now().us) << 24),
        link_(
            loop, std::move(start.bus), Role::web,
            [this](Role, Message m, const std::shared_ptr<sys::Fd>&) { on_message(std::move(m)); },
            [this] { loop_.stop(); }) {}

  [[nodiscard]] Status wake() {
    api_ = PN_TRY(sys::HttpServer::start(
        loop_, take_fd(kit_, "api"), {.body_octets = kApiBodyOctetsMax},
        [this](sys::HttpRequest r, sys::HttpServer::Reply reply) { on_api(std::move(r), std::move(reply)); }));
    PN_TRY_VOID(wake_notice());
    loop_.every(seconds(1), [this] { report(); });
    return {};
  }

 private:
  [[nodiscard]] Status wake_notice();

  void on_api(sys::HttpRequest request, sys::HttpServer::Reply reply) {
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

  static sys::HttpResponse refusal(const Error& e) {
    const wire::Json outer = wire::Json::object(
        {{"error",
          wire::Json::object({{"code", "bad_input"}, {"message", e.what}, {"where", e.where}, {"fix", e.fix}})}});
    return {400, "application/json", outer.dump(), {}};
  }

  void on_message(Message message) {
    if (const auto* answer = std::get_if<ApiAnswer>(&message)) {
      if (auto reply = api_waiting_.extract(answer->token))
        reply.mapped()({answer->status, "application/json", answer->body, {}});
    } else if (auto* told = std::get_if<NoticeTold>(&message)) {
      if (auto waiting = notice_waiting_.extract(told->token)) waiting.mapped()(std::move(told->facts));
    } else if (const auto* settled = std::get_if<Settled>(&message)) {
      for (const uint64_t token : settled->tokens)
        if (auto waiting = confirm_waiting_.extract(token)) waiting.mapped()(true);
    } else if (const auto* policy = std::get_if<PolicyInForce>(&message)) {
      revision_ = policy->revision;
    } else if (const auto* up = std::get_if<PeerUp>(&message); up != nullptr && up->role == Role::brain) {
      // What the old brain was asked nobody will answer; the HTTP server says 503 for it in time.
      api_waiting_.clear();
      notice_waiting_.clear();
      for (auto& [token, done] : std::exchange(confirm_waiting_, {})) done(false);
    }
  }

  void report() {
    RoleReport report{.pid = ::getpid(), .at = sys::now()};
    report.facts["settings"] = settings_digest(kit_.settings_text);
    sys::HttpStats::visit(api_->stats(), [&](std::string_view name, const uint64_t& value) {
      report.counters["api." + std::string(name) + "_total"] = value;
    });
    for (const auto& server : notice_servers_)
      sys::HttpStats::visit(server->stats(), [&](std::string_view name, const uint64_t& value) {
        report.counters["notice." + std::string(name) + "_total"] += value;
      });
    report.counters["messages_dropped_total"] = link_.dropped();
    link_.send(Role::brain, report);
  }

  Kit kit_;
  settings::Settings settings_;
  sys::Loop& loop_;
  uint64_t next_token_;
  Link link_;
  std::map<uint64_t, sys::HttpServer::Reply> api_waiting_;
  std::map<uint64_t, std::function<void(edge::notice::Facts)>> notice_waiting_;
  std::map<uint64_t, std::function<void(bool)>> confirm_waiting_;
  uint32_t revision_ = 0;
  std::unique_ptr<sys::HttpServer> api_;
  std::unique_ptr<edge::notice::Notice> notice_;
  std::vector<std::unique_ptr<sys::HttpServer>> notice_servers_;
};

Status WebRole::wake_notice() {
  const tables::ReferenceKey key = PN_TRY(tables::reference_key(kit_.secrets.at("reference")));
  const auto& p = settings_.provider;
  edge::notice::Config config{.provider = {p.name, p.url, p.contact, p.phone, p.relay_host}};
  sys::random_bytes(std::as_writable_bytes(std::span(config.token_secret)));
  notice_ = std::make_unique<edge::notice::Notice>(
      std::move(config), key,
      [this](edge::notice::Question q, std::function<void(edge::notice::Facts)> told) {
        // Too many at once: the HTTP server says 503 in time.
        if (notice_waiting_.size() >= kWaitingMax) return;
        notice_waiting_[++next_token_] = std::move(told);
        link_.send(Role::brain, NoticeAsk{next_token_, std::move(q)});
      },
      [this](model::PageConfirmed confirmed, std::function<void(bool)> done) {
        if (confirm_waiting_.size() >= kWaitingMax) return done(false);
        confirm_waiting_[++next_token_] = std::move(done);
        link_.send(Role::brain, Observed{next_token_, {0, sys::now(), std::move(confirmed)}});
      },
      sys::now, [this] { return revision_; });
  for (sys::Fd& socket : take_fds(kit_, "notice"))
    notice_servers_.push_back(PN_TRY(sys::HttpServer::start(
        loop_, std::move(socket), {},
        [this](sys::HttpRequest r, const sys::HttpServer::Reply& reply) { notice_->handle(std::move(r), reply); })));
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
