// SPDX-License-Identifier: Apache-2.0
#include "edge/notice/notice.h"

#include <sodium.h>

#include "base/check.h"
#include "page/case_part.h"
#include "page/language.h"
#include "page/post_guard.h"
#include "page/sheet.h"
#include "sys/log.h"
#include "wire/form.h"

namespace postern::edge::notice {
namespace {

constexpr std::string_view kComponent = "notice";
constexpr std::string_view kOfReference = "/r/";

std::string form_value(std::string_view form, const std::string& name) {
  auto values = wire::form_values(form);
  return std::move(values[name]);
}

sys::HttpResponse see_other(std::string location) {
  return {.status = 303, .body = "", .headers = {{"Location", std::move(location)}}};
}

}  // namespace

Notice::Notice(Config config, const tables::ReferenceKey& key, Ask ask, Confirm confirm, Say say, Now now,
               Revision revision)
    : config_(std::move(config)),
      pages_(config_.provider),
      key_(key),
      ask_(std::move(ask)),
      confirm_(std::move(confirm)),
      say_(std::move(say)),
      now_(std::move(now)),
      revision_(std::move(revision)),
      limit_(config_.addresses_max) {
  PN_CHECK(sodium_init() >= 0);
}

sys::HttpResponse Notice::page(int status, std::string body) const {
  return {.status = status,
          .content_type = "text/html; charset=utf-8",
          .body = std::move(body),
          .headers = {{"Content-Security-Policy", page::content_security_policy()}}};
}

void Notice::handle(sys::HttpRequest request, const sys::HttpServer::Reply& reply) {
  Visit visit{
      .request = std::move(request), .reply = reply, .words = nullptr, .chosen = {}, .reference = {}, .text = {}};
  visit.chosen = page::chosen_language(visit.request.query);
  visit.words = &words_for(visit.chosen.empty() ? visit.request.header("accept-language") : visit.chosen);
  const std::string path = visit.request.path;
  std::string_view rest(path);
  // A reverse proxy may cut the path part of provider.url off, or not.
  const std::string& base = pages_.base_path();
  if (!base.empty() && rest.starts_with(base) && rest.substr(base.size()).starts_with('/'))
    rest.remove_prefix(base.size());
  route(std::move(visit), rest);
}

void Notice::route(Visit visit, std::string_view path) {
  const std::string& method = visit.request.method;
  const bool is_get = method == "GET" || method == "HEAD";
  const bool is_reference = path.starts_with(kOfReference) && path.size() > kOfReference.size();
  if (!is_get && !(method == "POST" && is_reference))
    return visit.reply({.status = 405,
                        .body = "this page is for GET\n",
                        .headers = {{"Allow", is_reference ? "GET, HEAD, POST" : "GET, HEAD"}}});
  if (is_reference) return visit_reference(std::move(visit), path.substr(kOfReference.size()));
  const Words& w = *visit.words;
  if (path == "/") return visit.reply(page(200, pages_.home(w, visit.chosen)));
  if (path == "/r" || path == kOfReference) return find(visit);
  if (path == "/health") return visit.reply({.body = "ok\n", .headers = {}});
  if (path == "/robots.txt") return visit.reply({.body = "User-agent: *\nDisallow: /\n", .headers = {}});
  if (path == "/favicon.ico") return visit.reply({.status = 204, .body = "", .headers = {}});
  visit.reply(page(404, pages_.message(w, w.not_here_title, w.not_here_text, visit.chosen)));
}

Result<tables::Reference> Notice::read(const Visit& visit, std::string_view typed) {
  const Time now = now_();
  auto reference = key_.read(typed, now.unix_day(), revision_());
  if (reference) return reference;
  ++stats_.wrong_reference;
  limit_.was_wrong(visit.request.peer.address, now);
  return reference;
}

sys::HttpResponse Notice::too_fast(const Visit& visit) {
  ++stats_.over_rate;
  sys::log(sys::Level::info, kComponent, "NOTICE_OVER_RATE", "an address asks too much; 429",
           {{"client", to_string(visit.request.peer.address)}});
  auto response =
      page(429, pages_.message(*visit.words, visit.words->too_fast_title, visit.words->too_fast_text, visit.chosen));
  response.headers.emplace_back("Retry-After", "60");
  return response;
}

sys::HttpResponse Notice::wrong(const Visit& visit, std::string_view typed) {
  return page(404, pages_.wrong_reference(*visit.words, typed, visit.chosen));
}

// The form of the home page.
void Notice::find(const Visit& visit) {
  const std::string typed = form_value(visit.request.query, "reference");
  if (typed.empty()) return visit.reply(see_other(pages_.base_path() + "/" + keep(visit)));
  if (!limit_.may_ask(visit.request.peer.address, now_())) return visit.reply(too_fast(visit));
  const auto reference = read(visit, typed);
  if (!reference) return visit.reply(wrong(visit, typed));
  visit.reply(see_other(pages_.base_path() + "/r/" + key_.make(*reference) + keep(visit)));
}

void Notice::visit_reference(Visit visit, std::string_view typed) {
  const IpAddress asker = visit.request.peer.address;
  const bool may = limit_.may_ask(asker, now_());
  if (limit_.evicted() != stats_.addresses_evicted) {
    stats_.addresses_evicted = limit_.evicted();
    sys::log(sys::Level::warning, kComponent, "NOTICE_RATE_TABLE_FULL",
             "more addresses ask than can be remembered; the oldest is forgotten");
  }
  if (!may) return visit.reply(too_fast(visit));
  const auto reference = read(visit, typed);
  if (!reference) return visit.reply(wrong(visit, typed));
  visit.reference = *reference;
  visit.text = key_.make(*reference);
  const bool is_post = visit.request.method == "POST";
  if (is_post && !is_from_our_page(visit)) {
    ++stats_.foreign_post;
    sys::log(sys::Level::info, kComponent, "NOTICE_FOREIGN_POST", "a confirmation that did not come from our page",
             {{"client", to_string(asker)}});
    const Words& w = *visit.words;
    return visit.reply(page(403, pages_.message(w, w.refused_post_title, w.refused_post_text, visit.chosen)));
  }
  const Question question{.reference = visit.reference, .asker = asker};
  ask_(question, [this, is_post, v = std::move(visit)](const Facts& facts) {
    if (is_post) {
      confirm(v, facts);
    } else {
      show(v, facts);
    }
  });
}

void Notice::show(const Visit& visit, const Facts& facts) {
  ++stats_.pages;
  if (facts.own_session) ++stats_.own_session;
  visit.reply(
      page(200, pages_.refusal(*visit.words, {.reference = visit.reference,
                                              .reference_text = visit.text,
                                              .facts = facts,
                                              .token = token_of(visit),
                                              .noted = form_value(visit.request.query, "noted") == token_of(visit),
                                              .chosen = visit.chosen,
                                              .kind = kind_of(visit, facts)})));
}

std::string Notice::kind_of(const Visit& visit, const Facts& facts) const {
  const auto named = config_.class_names.find(facts.class_name);
  if (named == config_.class_names.end()) return {};
  const auto text = named->second.find(std::string(visit.words->language));
  return text == named->second.end() ? std::string() : text->second;
}

void Notice::confirm(const Visit& visit, const Facts& facts) {
  const std::string back = pages_.base_path() + "/r/" + visit.text + keep(visit) + (visit.chosen.empty() ? "?" : "&") +
                           "noted=" + token_of(visit);
  const auto done = [this, visit, back](bool journaled) {
    ++(journaled ? stats_.confirmed : stats_.confirm_failed);
    if (journaled) return visit.reply(see_other(back));
    const Words& w = *visit.words;
    visit.reply(page(503, pages_.message(w, w.retry_title, w.retry_text, visit.chosen)));
  };
  const auto said = page::said_by(form_value(visit.request.body, std::string(page::kSayField)));
  if (said && facts.own_session && facts.case_) {
    ++stats_.said;
    return say_(visit.request.peer.address, *said, done);
  }
  // Pressed before: said once is enough.
  if (facts.own_session && facts.confirmed_at) return visit.reply(see_other(back));
  confirm_({.reference = visit.text, .from = visit.request.peer.address, .from_own_session = facts.own_session}, done);
}

std::string Notice::keep(const Visit& visit) { return page::language_query(visit.chosen); }

bool Notice::is_from_our_page(const Visit& visit) const {
  const std::string given = form_value(visit.request.body, "token");
  return page::from_our_page({.sec_fetch_site = visit.request.header("sec-fetch-site"),
                              .origin = visit.request.header("origin"),
                              .host = visit.request.header("host"),
                              .token = given},
                             token_of(visit));
}

std::string Notice::token_of(const Visit& visit) const {
  return page::form_token(config_.token_secret, visit.text + " " + to_string(visit.request.peer.address));
}

}  // namespace postern::edge::notice
