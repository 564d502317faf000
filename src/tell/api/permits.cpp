// SPDX-License-Identifier: Apache-2.0
// Permits: granting says what is missing before it becomes an order to the engine.
#include <algorithm>
#include <fmt/format.h>

#include "tell/api/query.h"
#include "tell/api/shapes.h"

namespace postern::tell::api {

namespace {
using wire::Json;

// A rate that was not said: what a small office's own server needs; a burst that was not said: one period's worth.
constexpr uint32_t kConnectionsPerMin = 30;
constexpr uint32_t kNetworksPerHour = 120;

void complete(model::Limits& limits, const Json& said, model::PermitKind kind) {
  const bool own = kind == model::PermitKind::own_server;
  if (own && said["connections_per_min"].is_null()) limits.connections_per_min = kConnectionsPerMin;
  if (said["connections_burst"].is_null()) limits.connections_burst = limits.connections_per_min;
  if (own && said["networks_per_hour"].is_null()) limits.networks_per_hour = kNetworksPerHour;
  if (said["networks_burst"].is_null()) limits.networks_burst = limits.networks_per_hour;
}

Result<model::Permit> permit_in(const Request& request, model::SubscriberId subscriber) {
  const Json& body = request.body;
  static constexpr std::string_view kNames[] = {"subscriber", "kind",          "limits",  "destinations",
                                                "for",        "terms_version", "expires", "note"};
  if (body.members() != nullptr)
    for (const Json::Member& m : *body.members())
      if (std::ranges::find(kNames, m.name) == std::end(kNames))
        return fail(Errc::bad_input, "it has a member that is not known", "body." + m.name);
  model::Permit p;
  p.subscriber = subscriber;
  p.granted = request.now;
  p.granted_by = request.operator_name;
  if (!body["kind"].is_null()) PN_TRY_VOID(wire::JsonReader::into(p.kind, body["kind"], "kind"));
  if (!body["limits"].is_null()) PN_TRY_VOID(wire::JsonReader::into(p.limits, body["limits"], "limits"));
  complete(p.limits, body["limits"], p.kind);
  if (!body["destinations"].is_null())
    PN_TRY_VOID(wire::JsonReader::into(p.destinations, body["destinations"], "destinations"));
  p.note = body["note"].text();
  p.terms_version = body["terms_version"].text();
  if (p.terms_version.empty())
    return fail(Errc::bad_input, "the version of the terms the customer agreed to is missing", "terms_version");
  if (!body["expires"].is_null()) {
    PN_TRY_VOID(wire::JsonReader::into(p.expires, body["expires"], "expires"));
  } else if (!body["for"].is_null()) {
    Duration lasts;
    PN_TRY_VOID(wire::JsonReader::into(lasts, body["for"], "for"));
    p.expires = request.now + lasts;
  } else {
    return fail(Errc::bad_input, "a permit needs an end", "expires", "give for (\"365d\") or expires (a time)");
  }
  if (p.expires <= request.now) return fail(Errc::bad_input, "a permit cannot end in the past", "expires");
  return p;
}
}  // namespace

Api::Answer Api::permits(const Request& request) {
  if (request.method == "POST") return grant(request);
  if (request.method != "GET")
    return fail(Errc::bad_input, fmt::format("{} does not take {}", request.path, request.method));
  const model::SubscriberId id = PN_TRY(subscriber_in_query(request));
  const store::Page page = PN_TRY(page_in(request));
  return list_of(PN_TRY(parts_.journal.permits(id, page)), [&](const model::Record& r) {
    return shape(parts_.view, std::get<model::PermitChanged>(r.body).permit);
  });
}

Api::Answer Api::grant(const Request& request) {
  const Json& key = request.body["subscriber"];
  if (key.string() == nullptr) return fail(Errc::bad_input, "subscriber is missing", "body.subscriber");
  const model::SubscriberId id = PN_TRY(find_subscriber(*key.string()))->id;
  model::Permit wanted = PN_TRY(permit_in(request, id));
  Json result = PN_TRY(command(request, model::GrantPermit{request.operator_name, std::move(wanted)}));
  const auto newest = PN_TRY(parts_.journal.permits(id, {1})).records;
  Json permit;
  if (!newest.empty()) permit = shape(parts_.view, std::get<model::PermitChanged>(newest.front().body).permit);
  return Json::object({{"permit", std::move(permit)}, {"result", std::move(result)}});
}

Api::Answer Api::permit(const Request& request, std::string_view rest) {
  const model::PermitId id{PN_TRY(whole(rest, "permit"))};
  if (request.method != "GET" && request.method != "DELETE")
    return fail(Errc::bad_input, fmt::format("{} does not take {}", request.path, request.method));
  const auto find = [&]() -> Result<model::Permit> {
    const auto newest = PN_TRY(parts_.journal.newest("permit_changed", id.value));
    if (!newest)
      return fail(Errc::not_found, fmt::format("there is no permit {}", id.value), "permit", "postern permit list");
    return std::get<model::PermitChanged>(newest->body).permit;
  };
  PN_TRY(find());
  Json result;
  if (request.method == "DELETE") {
    result = PN_TRY(command(request, model::RevokePermit{request.operator_name, id, in_query(request, "why")}));
  }
  Json out = Json::object({{"permit", shape(parts_.view, PN_TRY(find()))}});
  if (!result.is_null()) out.set("result", std::move(result));
  return out;
}

}  // namespace postern::tell::api
