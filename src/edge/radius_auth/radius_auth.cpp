// SPDX-License-Identifier: Apache-2.0
#include "edge/radius_auth/radius_auth.h"

#include <algorithm>

#include "model/plug.h"
#include "sys/log.h"
#include "wire/form.h"
#include "wire/json.h"

namespace postern::edge::radius_auth {
namespace {

using wire::Json;

std::string_view trimmed(std::string_view s) {
  while (s.starts_with(' ')) s.remove_prefix(1);
  while (s.ends_with(' ')) s.remove_suffix(1);
  if (s.size() >= 2 && s.front() == '"' && s.back() == '"') s = s.substr(1, s.size() - 2);
  return s;
}

// do_xlat: a '%' in a value is a '%', not a program for the RADIUS server.
void set(Json& reply, std::string_view name, std::string_view value) {
  const bool numbered = !name.empty() && name.front() >= '0' && name.front() <= '9';
  Json values = Json::array();
  values.push(value);
  reply.set("reply:" + std::string(numbered ? "Attr-" : "") + std::string(name),
            Json::object({{"op", ":="}, {"do_xlat", false}, {"value", std::move(values)}}));
}

sys::HttpResponse plain(int status, std::string_view text) {
  return {status, "text/plain; charset=utf-8", std::string(text), {}};
}

}  // namespace

RadiusAuth::RadiusAuth(const Config& config) : allow_(config.allow) {
  Json reply = Json::object({});
  set(reply, "Class", model::kGardenClass);
  for (const std::string& text : config.garden) {
    const size_t cut = text.find('=');
    set(reply, trimmed(std::string_view(text).substr(0, cut)), trimmed(std::string_view(text).substr(cut + 1)));
  }
  garden_reply_ = reply.dump();
}

void RadiusAuth::take(std::vector<std::string> keys) {
  keys_ = std::move(keys);
  has_list_ = true;
}

sys::HttpResponse RadiusAuth::answer(const sys::HttpRequest& request) {
  ++stats_.asked;
  if (std::ranges::none_of(allow_, [&](const Prefix& p) { return p.contains(request.peer.address); })) {
    ++stats_.not_allowed;
    sys::log(sys::Level::warning, "radius_auth", "RADIUS_AUTH_NOT_ALLOWED", "this address may not ask",
             {{"client", to_string(request.peer)}});
    return plain(403, "not in radius_auth.allow\n");
  }
  if (request.path != "/v1/authorize") return plain(404, "ask for /v1/authorize?user=NAME\n");
  if (request.method != "GET") return plain(405, "GET only\n");
  const auto values = wire::form_values(request.query);
  const auto user = values.find("user");
  if (user == values.end() || user->second.empty() || user->second.size() > kUserOctetsMax) {
    ++stats_.broken;
    return plain(400, "no user\n");
  }
  if (!has_list_) {
    ++stats_.no_list;
    sys::log(sys::Level::warning, "radius_auth", "RADIUS_AUTH_NO_LIST",
             "which lines are held is not known yet; lines log in as usual");
    return plain(503, "not known yet\n");
  }
  if (!std::ranges::binary_search(keys_, user->second)) {
    ++stats_.normal;
    return {204, "", "", {}};
  }
  ++stats_.garden;
  return {200, "application/json", garden_reply_, {}};
}

}  // namespace postern::edge::radius_auth
