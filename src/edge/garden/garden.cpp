// SPDX-License-Identifier: Apache-2.0
#include "edge/garden/garden.h"

#include <sodium.h>

#include "base/check.h"
#include "edge/garden/probes.h"
#include "page/case_part.h"
#include "page/language.h"
#include "page/post_guard.h"
#include "page/sheet.h"
#include "sys/log.h"
#include "wire/form.h"
#include "wire/json.h"

namespace postern::edge::garden {
namespace {

constexpr std::string_view kComponent = "garden";
constexpr std::string_view kCaptive = "/captive-portal/api";
constexpr std::string_view kHttp = "http://";
constexpr size_t kHostMax = 255;

std::string form_value(std::string_view form, std::string_view name) {
  auto values = wire::form_values(form);
  return std::move(values[std::string(name)]);
}

// Lower case, without the port that http has anyway; "" for what is no host name or address.
std::string host_of(std::string_view given) {
  std::string host;
  for (const char c : given.substr(0, kHostMax + 1)) {
    const char low = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool fits = (low >= 'a' && low <= 'z') || (low >= '0' && low <= '9') || low == '.' || low == '-' ||
                      low == '_' || low == ':' || low == '[' || low == ']';
    if (!fits) return {};
    host += low;
  }
  if (host.size() > kHostMax) return {};
  if (host.ends_with(":80") && (host.find(':') == host.size() - 3 || host.ends_with("]:80")))
    host.resize(host.size() - 3);
  return host;
}

struct UrlParts {
  std::string host, path;
};
UrlParts parts_of(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  const size_t slash = std::min(url.find('/'), url.size());
  return {host_of(url.substr(0, slash)), std::string(url.substr(slash))};
}

bool is_get(const sys::HttpRequest& r) { return r.method == "GET" || r.method == "HEAD"; }

const Words& words_of(const sys::HttpRequest& r) {
  const std::string_view chosen = page::chosen_language(r.query);
  return words_for(chosen.empty() ? r.header("accept-language") : chosen);
}

}  // namespace

std::string portal_url_of(const page::Provider& provider) {
  std::string_view url = provider.url;
  if (url.starts_with("https://")) {
    url.remove_prefix(std::string_view("https://").size());
    // A port is that of https; plain http is on its own.
    std::string_view host = url.substr(0, std::min(url.find('/'), url.size()));
    const std::string_view rest = url.substr(host.size());
    const size_t colon = host.rfind(':');
    if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos)
      host = host.substr(0, colon);
    return std::string(kHttp) + std::string(host) + std::string(rest) + std::string(kPortal);
  }
  return std::string(url) + std::string(kPortal);
}

Garden::Garden(Config config, HoldOf hold_of, Ask ask, Say say, Now now)
    : config_(std::move(config)),
      pages_(config_.provider),
      base_path_(page::base_path_of(config_.provider)),
      hold_of_(std::move(hold_of)),
      ask_(std::move(ask)),
      say_(std::move(say)),
      now_(std::move(now)),
      limit_(config_.addresses_max, config_.asks_per_min) {
  PN_CHECK(sodium_init() >= 0);
  if (config_.url.empty()) config_.url = portal_url_of(config_.provider);
  UrlParts parts = parts_of(config_.url);
  portal_host_ = std::move(parts.host);
  portal_path_ = parts.path.empty() ? "/" : std::move(parts.path);
}

sys::HttpResponse Garden::page(int status, std::string body) {
  return {.status = status,
          .content_type = "text/html; charset=utf-8",
          .body = std::move(body),
          .headers = {{"Content-Security-Policy", page::content_security_policy()}}};
}

bool Garden::too_fast(const sys::HttpRequest& request, const Reply& reply) {
  const bool may = limit_.may_ask(request.peer.address, now_());
  if (limit_.evicted() != stats_.addresses_evicted) {
    stats_.addresses_evicted = limit_.evicted();
    sys::log(sys::Level::warning, kComponent, "GARDEN_RATE_TABLE_FULL",
             "more addresses ask than can be remembered; the oldest is forgotten");
  }
  if (may) return false;
  ++stats_.over_rate;
  sys::log(sys::Level::info, kComponent, "GARDEN_OVER_RATE", "a line asks too much; 429",
           {{"client", to_string(request.peer.address)}});
  const Words& w = words_of(request);
  sys::HttpResponse response = page(429, pages_.message(w, w.fast_title, w.fast_text));
  response.headers.emplace_back("Retry-After", "60");
  response.headers.emplace_back("Connection", "close");
  reply(std::move(response));
  return true;
}

void Garden::steered(const sys::HttpRequest& request, const Reply& reply) {
  if (too_fast(request, reply)) return;
  const std::string host = host_of(request.header("host"));
  if (host == portal_host_ && request.path == portal_path_) {
    if (is_get(request)) return visit(request, reply);
    if (request.method == "POST") return say(request, reply);
  }
  if (hold_of_(request.peer.address) == model::Hold::garden) return lead_there(request, host, reply);
  open_again(request, host, reply);
}

void Garden::lead_there(const sys::HttpRequest& request, std::string_view host, const Reply& reply) {
  const Words& w = words_of(request);
  if (!is_get(request)) {
    ++stats_.not_get;
    return reply(page(511, pages_.pointer(w, config_.url)));
  }
  ++stats_.redirected;
  if (find_probe(host, request.path) != nullptr) ++stats_.probes;
  sys::HttpResponse response = page(302, pages_.pointer(w, config_.url));
  response.headers.emplace_back("Location", config_.url);
  reply(std::move(response));
}

void Garden::open_again(const sys::HttpRequest& request, std::string_view host, const Reply& reply) {
  ++stats_.open_again;
  sys::HttpResponse response;
  const Probe* probe = is_get(request) ? find_probe(host, request.path) : nullptr;
  if (probe != nullptr) {
    response = {.status = probe->status,
                .content_type = std::string(probe->content_type),
                .body = std::string(probe->body),
                .headers = {}};
  } else {
    const bool whole = is_get(request) && !host.empty() && request.path.starts_with('/');
    const std::string again = whole ? std::string(kHttp) + std::string(host) + "/" : std::string();
    response = page(503, pages_.open_again(words_of(request), again));
    response.headers.emplace_back("Retry-After", "1");
  }
  // The next request goes out on a new connection, which nothing steers any more.
  response.headers.emplace_back("Connection", "close");
  reply(std::move(response));
}

bool Garden::portal(const sys::HttpRequest& request, const Reply& reply) {
  std::string_view path(request.path);
  // A reverse proxy may cut the path part of provider.url off, or not.
  if (!base_path_.empty() && path.starts_with(base_path_) && path.substr(base_path_.size()).starts_with('/'))
    path.remove_prefix(base_path_.size());
  if (path != kPortal && path != kCaptive) return false;
  if (too_fast(request, reply)) return true;
  const bool is_portal = path == kPortal;
  if (is_get(request)) {
    is_portal ? visit(request, reply) : captive(request, reply);
  } else if (is_portal && request.method == "POST") {
    say(request, reply);
  } else {
    reply({.status = 405,
           .body = "this page is for GET\n",
           .headers = {{"Allow", is_portal ? "GET, HEAD, POST" : "GET, HEAD"}}});
  }
  return true;
}

void Garden::visit(const sys::HttpRequest& request, const Reply& reply) {
  ++stats_.pages;
  const std::string token = token_of(request);
  Visit visit{.facts = {},
              .address = to_string(request.peer.address),
              .action = request.path,
              .token = token,
              .noted = form_value(request.query, "noted") == token,
              .chosen = page::chosen_language(request.query)};
  ask_(request.peer.address, [this, reply, words = &words_of(request), v = std::move(visit)](Facts facts) mutable {
    v.facts = std::move(facts);
    reply(page(200, pages_.portal(*words, v)));
  });
}

void Garden::say(const sys::HttpRequest& request, const Reply& reply) {
  const Words* w = &words_of(request);
  const std::string given = form_value(request.body, "token");
  const auto said = page::said_by(form_value(request.body, page::kSayField));
  const page::Post post{.sec_fetch_site = request.header("sec-fetch-site"),
                        .origin = request.header("origin"),
                        .host = request.header("host"),
                        .token = given};
  if (!said || !page::from_our_page(post, token_of(request))) {
    ++stats_.foreign_post;
    sys::log(sys::Level::info, kComponent, "GARDEN_FOREIGN_POST", "a button that was not pressed on our page",
             {{"client", to_string(request.peer.address)}});
    return reply(
        page(403, pages_.message(*w, w->refused_title, w->refused_text, page::chosen_language(request.query))));
  }
  const std::string_view chosen = page::chosen_language(request.query);
  const std::string keep = page::language_query(chosen);
  std::string back = request.path + keep + (keep.empty() ? "?" : "&") + "noted=" + token_of(request);
  say_(request.peer.address, *said, [this, reply, w, chosen, back = std::move(back)](bool journaled) {
    ++(journaled ? stats_.said : stats_.say_failed);
    if (!journaled) return reply(page(503, pages_.message(*w, w->retry_title, w->retry_text, chosen)));
    reply({.status = 303, .body = "", .headers = {{"Location", back}}});
  });
}

// RFC 8908 section 4. No seconds-remaining: whether a deadline ends in the garden is nobody's promise. no-store is
// stricter than the `private` of section 4.2.
void Garden::captive(const sys::HttpRequest& request, const Reply& reply) {
  ++stats_.captive_asks;
  const bool is_captive = hold_of_(request.peer.address) == model::Hold::garden;
  wire::Json answer = wire::Json::object({{"captive", is_captive}});
  answer.set("user-portal-url", config_.provider.url + std::string(kPortal));
  answer.set("venue-info-url", config_.provider.url);
  reply({.status = 200, .content_type = "application/captive+json", .body = answer.dump(), .headers = {}});
}

std::string Garden::token_of(const sys::HttpRequest& request) const {
  return page::form_token(config_.token_secret, "garden " + to_string(request.peer.address));
}

}  // namespace postern::edge::garden
