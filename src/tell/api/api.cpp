// SPDX-License-Identifier: Apache-2.0
#include "tell/api/api.h"

#include <algorithm>
#include <fmt/format.h>

#include "tell/api/explain.h"
#include "tell/api/query.h"
#include "tell/api/shapes.h"

namespace postern::tell::api {

namespace {
using wire::Json;

std::string code_name(Errc code) {
  switch (code) {
    case Errc::bad_input:
      return "bad_input";
    case Errc::not_found:
      return "not_found";
    case Errc::ambiguous:
      return "ambiguous";
    case Errc::conflict:
      return "conflict";
    case Errc::denied:
      return "denied";
    case Errc::unavailable:
      return "unavailable";
    case Errc::limit:
      return "limit";
    case Errc::io:
      return "io";
  }
  return "io";
}

int http_status(Errc code) {
  switch (code) {
    case Errc::bad_input:
      return 400;
    case Errc::not_found:
      return 404;
    case Errc::ambiguous:
    case Errc::conflict:
      return 409;
    case Errc::denied:
      return 403;
    case Errc::limit:
      return 429;
    case Errc::unavailable:
      return 503;
    case Errc::io:
      return 500;
  }
  return 500;
}

Result<Time> time_in(const Request& request, const std::string& name) {
  const std::string text = in_query(request, name);
  if (text.empty()) return request.now;
  auto time = parse_time(text);
  if (!time) return fail(Errc::bad_input, time.error().what, name, time.error().fix);
  return *time;
}

constexpr uint8_t kTcp = 6;
constexpr uint8_t kUdp = 17;

std::unexpected<Error> no_method(const Request& request) {
  return fail(Errc::bad_input, fmt::format("{} does not take {}", request.path, request.method), {},
              "see postern(1) for what the API takes");
}
}  // namespace

Response Api::handle(const Request& request) {
  Answer answer = route(request);
  if (answer) return {request.method == "POST" ? 201 : 200, std::move(*answer)};
  const Error& e = answer.error();
  Json error = Json::object({{"code", code_name(e.code)}, {"message", e.what}, {"where", e.where}, {"fix", e.fix}});
  return {http_status(e.code), Json::object({{"error", error}})};
}

Api::Answer Api::route(const Request& request) {
  const std::string_view path = request.path;
  constexpr std::string_view kRoot = "/v1/";
  if (!path.starts_with(kRoot))
    return fail(Errc::not_found, fmt::format("there is no {}", path), {}, "paths start with /v1/");
  const std::string_view inner = path.substr(kRoot.size());
  const size_t slash = std::min(inner.find('/'), inner.size());
  const std::string_view noun = inner.substr(0, slash);
  const std::string_view rest = slash < inner.size() ? inner.substr(slash + 1) : std::string_view();
  const bool get = request.method == "GET";
  if (noun == "status" && rest.empty()) return get ? status(request) : no_method(request);
  if (noun == "subscribers") return rest.empty() ? subscribers(request) : subscriber(request, rest);
  if (noun == "sessions" && rest.empty()) return get ? sessions(request) : no_method(request);
  if (noun == "sessions" && rest == "who") return get ? who(request) : no_method(request);
  if (noun == "permits") return rest.empty() ? permits(request) : permit(request, rest);
  if (noun == "cases") {
    if (!rest.empty()) return case_of(request, rest);
    return get ? cases(request) : no_method(request);
  }
  if (noun == "governor") return governor(request, rest);
  if (noun == "explain" && rest.empty()) {
    if (!get) return no_method(request);
    return explain(parts_.view, parts_.journal, parts_.references,
                   {in_query(request, "what"), PN_TRY(time_in(request, "at")), request.now});
  }
  if (noun == "gate") return gate(request, rest);
  if (noun == "reputation" && rest.empty() && parts_.reputation)
    return get ? Answer(parts_.reputation()) : no_method(request);
  if (noun == "decoys" && rest.empty() && parts_.decoys) return get ? Answer(parts_.decoys()) : no_method(request);
  return fail(
      Errc::not_found, fmt::format("there is no {}", path), {},
      "there are status, subscribers, sessions, permits, cases, governor, explain, gate, decoys and reputation");
}

Api::Answer Api::command(const Request& request, model::ObservationBody body) {
  model::Observation observation;
  observation.at = request.now;
  observation.body = std::move(body);
  PN_TRY_VOID(parts_.view.validate(observation));
  return parts_.command(std::move(observation));
}

Result<const model::Subscriber*> Api::find_subscriber(std::string_view key) const {
  const model::Subscriber* found = parts_.view.subscriber(key);
  if (found == nullptr && key.starts_with('#'))
    if (const auto id = whole(key.substr(1), "subscriber"); id && *id <= UINT32_MAX)
      found = parts_.view.subscriber(model::SubscriberId{static_cast<uint32_t>(*id)});
  if (found == nullptr)
    return fail(Errc::not_found, fmt::format("there is no subscriber {}", key), "subscriber",
                "postern subscriber list shows those there are");
  return found;
}

Result<model::SubscriberId> Api::subscriber_in_query(const Request& request) const {
  const std::string key = in_query(request, "subscriber");
  if (key.empty()) return model::SubscriberId{};
  return PN_TRY(find_subscriber(key))->id;
}

Api::Answer Api::status(const Request& request) {
  const View& view = parts_.view;
  const store::Counts counts = PN_TRY(parts_.journal.counts());
  Json journal = wire::to_json(counts);
  journal.set("last_sequence", parts_.journal.last_sequence());
  journal.set("bytes", PN_TRY(parts_.journal.size_bytes()));
  Json out = Json::object({{"now", to_string(request.now)},
                           {"policy_revision", view.revision()},
                           {"lines", static_cast<uint64_t>(view.lines())},
                           {"journal", journal},
                           {"engine", view.status()}});
  Json classes = Json::array();
  for (const auto& [name, policy] : view.policy().classes) classes.push(name);
  out.set("classes", std::move(classes));
  out.set("subscriber_prefixes", wire::to_json(view.policy().subscriber_prefixes));
  if (unfinished_) out.set("unfinished_import", wire::to_json(*unfinished_));
  if (parts_.gate_status) {
    auto gate = parts_.gate_status();
    out.set("gate", gate ? std::move(*gate) : Json::object({{"error", gate.error().text()}}));
  }
  return out;
}

Api::Answer Api::subscribers(const Request& request) {
  if (request.method == "POST") return import(request);
  if (request.method != "GET") return no_method(request);
  Rising page(PN_TRY(page_in(request)));
  parts_.view.for_each_subscriber([&](const model::Subscriber& s) {
    if (page.takes(s.id.value)) page.put(wire::to_json(s));
  });
  return page.answer();
}

Api::Answer Api::import(const Request& request) {
  model::ImportSubscribers import;
  import.operator_name = request.operator_name;
  import.file = request.body["file"].text();
  if (request.body["rows"].is_null())
    return fail(Errc::bad_input, "rows is missing", "body", "{\"rows\": [{\"key\": …}]}");
  if (const auto* rows = request.body["rows"].items(); rows != nullptr && rows->size() > kImportRowsMax)
    return fail(Errc::limit, fmt::format("{} rows, one request takes {}", rows->size(), kImportRowsMax), "rows",
                "send them in parts");
  PN_TRY_VOID(wire::JsonReader::into(import.rows, request.body["rows"], "rows"));
  import.first = 1;
  import.total = import.rows.size();
  for (const auto& [name, to] : {std::pair("first", &import.first), std::pair("total", &import.total)})
    if (!request.body[name].is_null()) PN_TRY_VOID(wire::JsonReader::into(*to, request.body[name], name));
  if (import.first == 0 || import.first > import.total || import.total - import.first + 1 < import.rows.size())
    return fail(
        Errc::bad_input,
        fmt::format("{} rows from row {} on are not in a file of {}", import.rows.size(), import.first, import.total),
        "first", "count from 1");
  size_t known = 0;
  for (size_t i = 0; i < import.rows.size(); ++i) {
    model::Subscriber& row = import.rows[i];
    if (row.key.empty()) return fail(Errc::bad_input, "a subscriber needs a key", fmt::format("rows[{}].key", i));
    row.id = {};
    known += parts_.view.subscriber(std::string_view(row.key)) != nullptr;
  }
  const size_t rows = import.rows.size();
  const Unfinished part{import.file, request.operator_name, import.first - 1 + rows, import.total, request.now};
  Json result = PN_TRY(command(request, std::move(import)));
  unfinished_ = part.rows_in < part.rows_total ? std::optional(part) : std::nullopt;
  return Json::object({{"imported", static_cast<uint64_t>(rows)},
                       {"new", static_cast<uint64_t>(rows - known)},
                       {"already_known", static_cast<uint64_t>(known)},
                       {"result", std::move(result)}});
}

Api::Answer Api::subscriber(const Request& request, std::string_view rest) {
  const bool set_class = rest.ends_with("/class");
  const std::string key(set_class ? rest.substr(0, rest.size() - 6) : rest);
  const model::SubscriberId id = PN_TRY(find_subscriber(key))->id;
  Json result;
  if (set_class) {
    if (request.method != "POST") return no_method(request);
    if (request.body["class"].string() == nullptr) return fail(Errc::bad_input, "class is missing", "body.class");
    result = PN_TRY(command(request, model::SetClass{request.operator_name, id, request.body["class"].text()}));
  } else if (request.method == "DELETE") {
    return Json::object(
        {{"erased", key}, {"result", PN_TRY(command(request, model::EraseSubscriber{request.operator_name, id}))}});
  } else if (request.method != "GET") {
    return no_method(request);
  }
  // Asked again: the command may have changed it.
  const model::Subscriber* s = PN_TRY(find_subscriber(key));
  Json sessions = Json::array();
  for (const model::Record& r : PN_TRY(parts_.journal.sessions_of(id, {20})).records) {
    const model::Session& old = std::get<model::SessionChanged>(r.body).session;
    const model::Session* live = parts_.view.session(old.id);
    sessions.push(shape(parts_.view, live != nullptr ? *live : old));
  }
  Json out = Json::object({{"subscriber", wire::to_json(*s)}, {"sessions", sessions}});
  Json permits = Json::array();
  for (const model::Record& r : PN_TRY(parts_.journal.permits(id, {20})).records)
    permits.push(shape(parts_.view, std::get<model::PermitChanged>(r.body).permit));
  Json cases = Json::array();
  for (const model::Record& r : PN_TRY(parts_.journal.cases(id, {20})).records)
    cases.push(shape(parts_.view, std::get<model::CaseChanged>(r.body).case_));
  out.set("permits", permits);
  out.set("cases", cases);
  out.set("watch", parts_.view.watch(id, request.now));
  return out;
}

Api::Answer Api::sessions(const Request& request) {
  const store::Page wanted = PN_TRY(page_in(request));
  const model::SubscriberId id = PN_TRY(subscriber_in_query(request));
  const bool all = in_query(request, "all") == "1";
  if (all && id) return fail(Errc::bad_input, "all and subscriber exclude each other", "all");
  if (id || all) {
    if (id && wanted.after != 0 && !PN_TRY(parts_.journal.newest("session_changed", wanted.after)))
      return fail(Errc::not_found, fmt::format("there is no session {}", wanted.after), "after",
                  "give the session that the page before ended with");
    return list_of(PN_TRY(parts_.journal.sessions_of(id, wanted)), [&](const model::Record& r) {
      const model::Session& old = std::get<model::SessionChanged>(r.body).session;
      const model::Session* live = parts_.view.session(old.id);
      return shape(parts_.view, live != nullptr ? *live : old);
    });
  }
  Rising page(wanted);
  parts_.view.for_each_session([&](const model::Session& s) {
    if (page.takes(s.id.value)) page.put(shape(parts_.view, s));
  });
  return page.answer();
}

fold::Inside Api::behind(uint8_t protocol, const IpAddress& address, uint16_t port, Time at) const {
  const auto logged = parts_.nat_log ? parts_.nat_log(protocol, address, port, at) : std::nullopt;
  if (!logged) return parts_.outside.of(protocol, address, port);
  return {*logged ? fold::Behind::line : fold::Behind::not_known, *logged};
}

Api::Answer Api::who(const Request& request) {
  const auto address = parse_ip(in_query(request, "address"));
  if (!address) return fail(Errc::bad_input, address.error().what, "address", address.error().fix);
  const Time at = PN_TRY(time_in(request, "at"));
  uint64_t port = 0;
  if (const std::string text = in_query(request, "port"); !text.empty()) port = PN_TRY(whole(text, "port"));
  const std::string protocol = in_query(request, "protocol");
  if (port > UINT16_MAX) return fail(Errc::bad_input, "no port is that high", "port", "65535 at most");
  if (!protocol.empty() && protocol != "tcp" && protocol != "udp")
    return fail(Errc::bad_input, fmt::format("no protocol {} is known here", protocol), "protocol", "tcp or udp");
  const fold::Inside inside = behind(protocol == "udp" ? kUdp : kTcp, *address, static_cast<uint16_t>(port), at);
  Who told;
  if (inside.kind != fold::Behind::not_known)
    told = judge(parts_.view, that_count(PN_TRY(parts_.journal.sessions_of_address(inside.address, at, at, 100))),
                 inside.address);
  Json out = Json::object({{"address", to_string(*address)}, {"at", to_string(at)}, {"answer", told.answer}});
  if (port != 0) out.set("port", port);
  if (inside.kind == fold::Behind::line) out.set("inside", to_string(inside.address));
  if (inside.kind == fold::Behind::not_known)
    out.set("note",
            "an address of a NAT: without the port of a line's block (--port) it is nobody's, and of one that "
            "logs only what it logged is known");
  out.set("confidence", PN_TRY(confidence(told, inside.address, at)));
  Json sessions = Json::array();
  for (const model::Session& s : told.sessions) sessions.push(shape(parts_.view, s));
  out.set("sessions", std::move(sessions));
  return out;
}

// certain: the line was heard of then or later, or said itself when it ended, and no other line had the address as near
// as two clocks may be apart.
Result<std::string_view> Api::confidence(const Who& told, const IpAddress& address, Time at) {
  if (told.answer != "found") return "none";
  const Duration reach = parts_.clock_skew * 2;
  const auto near = PN_TRY(parts_.journal.sessions_of_address(address, at - reach, at + reach, 100));
  const model::Session& s = told.sessions[0];
  const bool said = s.end == model::SessionEnd::stop || s.end == model::SessionEnd::expired;
  const bool heard = s.source == model::SessionSource::fixed || said || s.heard >= at;
  return heard && judge(parts_.view, near, address).answer == "found" ? "certain" : "likely";
}

Api::Answer Api::gate(const Request& request, std::string_view rest) {
  const bool detach = rest == "detach";
  if (!detach && !rest.empty()) return fail(Errc::not_found, fmt::format("there is no {}", request.path));
  if (request.method != (detach ? "POST" : "GET")) return no_method(request);
  const auto& answer = detach ? parts_.gate_detach : parts_.gate_status;
  if (!answer) return fail(Errc::unavailable, "there is no gate here", {}, "is the gate role running?");
  return answer();
}

}  // namespace postern::tell::api
