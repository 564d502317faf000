// SPDX-License-Identifier: Apache-2.0
// Cases: the list, one with its history and evidence, what operators order, and the governor's switch.
#include <algorithm>
#include <fmt/format.h>

#include "model/plug.h"
#include "tell/api/query.h"
#include "tell/api/shapes.h"

namespace postern::tell::api {

namespace {
using wire::Json;

Json history_of(const std::vector<model::Record>& newest_first) {
  Json out = Json::array();
  for (size_t i = newest_first.size(); i-- > 0;) {
    const model::Record& r = newest_first[i];
    const auto& changed = std::get<model::CaseChanged>(r.body);
    out.push(Json::object({{"sequence", r.sequence},
                           {"at", to_string(r.at)},
                           {"state", to_string(changed.case_.state)},
                           {"why", changed.why}}));
  }
  return out;
}

template <const auto& kNames>
Status known(const std::string& word, const char* where) {
  if (word.empty() || std::ranges::find(kNames, word) != kNames.end()) return {};
  return fail(Errc::bad_input, fmt::format("there is no {} {}", where, word), where,
              fmt::format("one of {}", fmt::join(kNames, ", ")));
}

// Which open cases; an empty part is met by all.
struct Filter {
  std::string state;
  std::string customer;
  std::string grade;
  std::string class_name;
  std::string kind;

  [[nodiscard]] Status validate(const model::Policy& policy) const {
    PN_TRY_VOID(known<model::pn_names_of_CaseState>(state, "state"));
    PN_TRY_VOID(known<model::pn_names_of_CustomerStatus>(customer, "customer"));
    PN_TRY_VOID(known<model::pn_names_of_CaseGrade>(grade, "grade"));
    PN_TRY_VOID(known<model::pn_names_of_CaseKind>(kind, "kind"));
    if (class_name.empty() || policy.classes.contains(class_name)) return {};
    return fail(Errc::bad_input, fmt::format("there is no class {}", class_name), "class");
  }
  [[nodiscard]] bool takes(const model::Case& c, const View& view) const {
    return (state.empty() || to_string(c.state) == state) && (customer.empty() || to_string(c.customer) == customer) &&
           (grade.empty() || to_string(c.grade) == grade) && (kind.empty() || to_string(c.kind) == kind) &&
           (class_name.empty() || view.class_of_line(c.line) == class_name);
  }
  [[nodiscard]] std::string words() const {
    std::vector<std::string> out;
    for (const auto& [name, value] :
         {std::pair("state", state), {"customer", customer}, {"grade", grade}, {"class", class_name}, {"kind", kind}})
      if (!value.empty()) out.push_back(fmt::format("{}={}", name, value));
    return fmt::format("{}", fmt::join(out, ","));
  }
};

std::unexpected<Error> no_verb(std::string_view verb) {
  return fail(Errc::not_found, fmt::format("a case cannot be told to {}", verb), {},
              fmt::format("there are {}", fmt::join(model::pn_names_of_CaseVerb, ", ")));
}
}  // namespace

// Those whose customer is to be called: the last channel of the ladder, done by people.
Json Api::calls(store::Page wanted) const {
  Rising page(wanted);
  parts_.view.for_each_case([&](const model::Case& c) {
    const bool call = std::ranges::any_of(c.contacts, [&](const model::ContactAttempt& a) {
      return a.channel == model::Channel::call_list && a.state == model::ContactState::ordered && a.at > c.confirmed_at;
    });
    if (!call || !page.takes(c.id.value)) return;
    Json item = shape(parts_.view, c);
    if (const model::Subscriber* s = parts_.view.subscriber(c.line); s != nullptr) {
      item.set("name", s->contact->name);
      item.set("phone", s->contact->phone);
      item.set("language", s->language);
      item.set("say", parts_.call_text(c));
    }
    page.put(std::move(item));
  });
  return page.answer();
}

// Open cases with what the query asks for; every part that is not there is met by all.
Api::Answer Api::open_cases(const Request& request) const {
  Filter filter;
  filter.state = in_query(request, "state");
  filter.customer = in_query(request, "customer");
  filter.grade = in_query(request, "grade");
  filter.class_name = in_query(request, "class");
  filter.kind = in_query(request, "kind");
  PN_TRY_VOID(filter.validate(parts_.view.policy()));
  Rising page(PN_TRY(page_in(request)));
  parts_.view.for_each_case([&](const model::Case& c) {
    if (filter.takes(c, parts_.view) && page.takes(c.id.value)) page.put(shape(parts_.view, c));
  });
  return page.answer();
}

// What each actuator last said of the orders that the line's live sessions are under.
Result<Json> Api::in_force(model::SubscriberId line) {
  std::vector<model::SessionId> sessions;
  parts_.view.for_each_session([&](const model::Session& s) {
    if (s.subscriber == line) sessions.push_back(s.id);
  });
  Json out = Json::array();
  for (const model::SessionId session : sessions)
    for (const model::Record& o : PN_TRY(parts_.journal.orders_of_session(session, 1)))
      for (const model::Record& record : PN_TRY(parts_.journal.receipts_of(std::get<model::Order>(o.body).id))) {
        const auto& r = std::get<model::Receipt>(record.body);
        out.push(Json::object({{"session", session.value},
                               {"order", r.order.value},
                               {"actuator", r.actuator},
                               {"says", model::word_of(r)},
                               {"detail", r.detail},
                               {"at", to_string(r.at)}}));
      }
  return out;
}

Api::Answer Api::cases(const Request& request) {
  if (in_query(request, "calls") == "1") return calls(PN_TRY(page_in(request)));
  for (const char* filter : {"state", "customer", "grade", "class", "kind"})
    if (!in_query(request, filter).empty()) return open_cases(request);
  const store::Page page = PN_TRY(page_in(request));
  const model::SubscriberId id = PN_TRY(subscriber_in_query(request));
  return list_of(PN_TRY(parts_.journal.cases(id, page)), [&](const model::Record& r) {
    return shape(parts_.view, std::get<model::CaseChanged>(r.body).case_);
  });
}

Api::Answer Api::case_of(const Request& request, std::string_view rest) {
  const size_t slash = rest.find('/');
  const std::string_view which = rest.substr(0, slash);
  if (slash != std::string_view::npos && (which == "where" || which.contains(','))) {
    const Chosen chosen = PN_TRY(which == "where" ? chosen_by_filter(request.body["where"]) : chosen_by_number(which));
    return bulk(request, chosen, rest.substr(slash + 1));
  }
  const uint64_t id = PN_TRY(whole(rest.substr(0, slash), "case"));
  if (slash != std::string_view::npos) return case_command(request, {id}, rest.substr(slash + 1));
  if (request.method != "GET")
    return fail(Errc::bad_input, fmt::format("{} does not take {}", request.path, request.method));
  const auto newest = PN_TRY(parts_.journal.newest("case_changed", id));
  if (!newest) return fail(Errc::not_found, fmt::format("there is no case {}", id), "case", "postern case list");
  const model::Case& c = std::get<model::CaseChanged>(newest->body).case_;
  Json findings = Json::array();
  for (const model::FindingId finding : c.findings)
    if (const auto f = PN_TRY(parts_.journal.newest("finding", finding.value)))
      findings.push(wire::to_json(std::get<model::Finding>(f->body)));
  Json notes = Json::array();
  const auto put = [&](const model::Record& r, const std::string& by, const std::string& text) {
    notes.push(Json::object({{"at", to_string(r.at)}, {"by", by}, {"text", text}}));
  };
  for (const model::Record& r : PN_TRY(parts_.journal.history("case_noted", id, kListDefault))) {
    const auto& note = std::get<model::CaseNoted>(r.body);
    put(r, note.operator_name, note.text.erased ? "(erased)" : *note.text);
  }
  for (const model::Record& r : PN_TRY(parts_.journal.history("case_note", id, kListDefault))) {
    const auto& note = std::get<model::CaseNote>(r.body);
    put(r, note.operator_name, note.text);
  }
  return Json::object({{"case", shape(parts_.view, c)},
                       {"findings", findings},
                       {"history", history_of(PN_TRY(parts_.journal.history("case_changed", id, kListMax)))},
                       {"notes", notes},
                       {"in_force", PN_TRY(in_force(c.line))},
                       {"watch", parts_.view.watch(c.line, request.now)}});
}

Result<Api::Chosen> Api::chosen_by_number(std::string_view ids) const {
  Chosen out;
  for (size_t begin = 0; begin <= ids.size();) {
    const size_t end = std::min(ids.find(',', begin), ids.size());
    out.cases.push_back({PN_TRY(whole(ids.substr(begin, end - begin), "case"))});
    begin = end + 1;
  }
  return out;
}

Result<Api::Chosen> Api::chosen_by_filter(const Json& where) const {
  Filter filter;
  filter.state = where["state"].text();
  filter.customer = where["customer"].text();
  filter.grade = where["grade"].text();
  filter.class_name = where["class"].text();
  filter.kind = where["kind"].text();
  PN_TRY_VOID(filter.validate(parts_.view.policy()));
  if (filter.words().empty())
    return fail(Errc::bad_input, "the filter names nothing", "where", "give state, customer, grade, class or kind");
  Chosen out{.which = filter.words()};
  parts_.view.for_each_case([&](const model::Case& c) {
    if (filter.takes(c, parts_.view)) out.cases.push_back(c.id);
  });
  if (out.cases.empty())
    return fail(Errc::not_found, "no open case fits " + out.which, "where", "see postern case list");
  return out;
}

// The same order for several cases, each on its own: one that cannot be carried out does not stop the others. One
// action in the audit.
Api::Answer Api::bulk(const Request& request, const Chosen& chosen, std::string_view verb) {
  if (chosen.cases.size() > kBulkMax)
    return fail(Errc::limit, fmt::format("{} cases, at most {} at once", chosen.cases.size(), kBulkMax), "case",
                "say more exactly which");
  model::CasesCommand all{.order = PN_TRY(order_of(request, verb)), .which = chosen.which};
  std::map<model::CaseId, std::string> refused;
  for (const model::CaseId id : chosen.cases) {
    model::CaseCommand one = all.order;
    one.case_ = id;
    if (const Status may = parts_.view.validate({0, request.now, one}); may) {
      all.cases.push_back(id);
    } else {
      refused[id] = may.error().text();
    }
  }
  const size_t done = all.cases.size();
  if (done != 0) (void)PN_TRY(command(request, std::move(all)));
  Json items = Json::array();
  for (const model::CaseId id : chosen.cases) {
    Json item = Json::object({{"id", id.value}});
    if (const auto newest = PN_TRY(parts_.journal.newest("case_changed", id.value)))
      item.set("state", to_string(std::get<model::CaseChanged>(newest->body).case_.state));
    const auto why = refused.find(id);
    item.set("outcome", why == refused.end() ? std::string("done") : why->second);
    items.push(std::move(item));
  }
  return Json::object({{"items", std::move(items)}, {"done", done}, {"refused", refused.size()}});
}

Result<model::CaseCommand> Api::order_of(const Request& request, std::string_view verb) const {
  const auto known_verb = model::CaseVerb_from(verb);
  if (!known_verb) return no_verb(verb);
  if (request.method != "POST")
    return fail(Errc::bad_input, fmt::format("{} does not take {}", request.path, request.method));
  model::CaseCommand o;
  o.operator_name = request.operator_name;
  o.verb = *known_verb;
  o.text = request.body["text"].text();
  if (o.text.size() > kNoteMax)
    return fail(Errc::limit, fmt::format("the text has {} bytes, at most {}", o.text.size(), kNoteMax), "text");
  if (o.verb == model::CaseVerb::says && !request.body["says"].is_null())
    PN_TRY_VOID(wire::JsonReader::into(o.says, request.body["says"], "says"));
  if (o.verb != model::CaseVerb::extend) return o;
  if (!request.body["until"].is_null()) {
    PN_TRY_VOID(wire::JsonReader::into(o.until, request.body["until"], "until"));
  } else if (request.body["for"].is_null()) {
    return fail(Errc::bad_input, "the new deadline is missing", "case extend",
                "give for (\"48h\", from now; --for 48h) or until (a time; --until)");
  } else {
    Duration lasts;
    PN_TRY_VOID(wire::JsonReader::into(lasts, request.body["for"], "for"));
    o.until = request.now + lasts;
  }
  return o;
}

Api::Answer Api::case_command(const Request& request, model::CaseId id, std::string_view verb) {
  model::CaseCommand o = PN_TRY(order_of(request, verb));
  o.case_ = id;
  Json result = PN_TRY(command(request, std::move(o)));
  const auto newest = PN_TRY(parts_.journal.newest("case_changed", id.value));
  Json now;
  if (newest) now = shape(parts_.view, std::get<model::CaseChanged>(newest->body).case_);
  return Json::object({{"case", std::move(now)}, {"result", std::move(result)}});
}

Api::Answer Api::governor(const Request& request, std::string_view rest) {
  if (request.method == "POST" && (rest == "stop" || rest == "go")) {
    model::GovernorSwitch o{request.operator_name, rest == "stop", request.body["text"].text()};
    Json result = PN_TRY(command(request, std::move(o)));
    Json out = parts_.view.governor(request.now);
    out.set("result", std::move(result));
    return out;
  }
  if (request.method == "GET" && rest.empty()) return parts_.view.governor(request.now);
  return fail(Errc::bad_input, fmt::format("{} does not take {}", request.path, request.method), {},
              "GET /v1/governor, POST /v1/governor/stop or /v1/governor/go");
}

}  // namespace postern::tell::api
