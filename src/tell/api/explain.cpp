// SPDX-License-Identifier: Apache-2.0
#include "tell/api/explain.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <functional>
#include <optional>

#include "model/plug.h"
#include "tell/api/shapes.h"

namespace postern::tell::api {

namespace {
using wire::Json;
constexpr size_t kFindingsShown = 3;
constexpr size_t kOrdersLookedAt = 200;
constexpr size_t kAccountChangesShown = 10;

class Teller {
 public:
  Teller(const View& view, store::Journal& journal, const Question& question)
      : view_(view), journal_(journal), question_(question) {}

  Json finish(std::string_view is, std::string answer) {
    return Json::object({{"what", question_.what},
                         {"is", is},
                         {"at", to_string(question_.at)},
                         {"answer", std::move(answer)},
                         {"chain", chain_}});
  }
  void step(std::string_view name, Time at, std::string text, uint64_t record = 0, Json data = {}) {
    chain_.push(Json::object({{"step", name},
                              {"at", wire::to_json(at)},
                              {"text", std::move(text)},
                              {"record", record == 0 ? Json() : Json(record)},
                              {"data", std::move(data)}}));
  }

  Result<Json> address(const IpAddress& address);
  Result<Json> line(model::SubscriberId id);
  Result<Json> reference(const tables::Reference& r);
  Result<std::string> that_day(const tables::Reference& r, Time day);
  Result<Json> noun(std::string_view kind, uint64_t id);
  // An empty answer: nothing knows it.
  Result<std::optional<Json>> account(const std::string& name);

  // Each adds its steps; order() returns the sentence about what is in force.
  void session(const model::Session& s);
  void policy(std::string_view class_name);
  Status permits(model::SubscriberId id);
  Status evidence(model::SubscriberId id);
  void finding(const model::Record& record);
  void finding(const model::Finding& f, uint64_t record);
  Result<std::string> order(const model::Session& s);
  Result<std::string> receipts(const model::Order& o);
  Result<Json> of_session(const model::Session& s, std::string_view is, std::string opening);
  Status line_if_known(model::SubscriberId id);

 private:
  const View& view_;
  store::Journal& journal_;
  const Question& question_;
  Json chain_ = Json::array();
};

std::string prefixes_text(const model::Session& s) {
  if (s.prefixes.erased) return "addresses erased";
  std::string out;
  for (const Prefix& p : *s.prefixes) out += (out.empty() ? "" : ", ") + to_string(p);
  return out.empty() ? "no address yet" : out;
}

std::string means(model::Verdict verdict) {
  switch (verdict) {
    case model::Verdict::open:
      return "port 25 is open";
    case model::Verdict::limited:
      return "port 25 is open within limits";
    case model::Verdict::listed:
      return "port 25 is open to the named servers only";
    case model::Verdict::explain:
      return "port 25 is closed and every attempt is told why";
    case model::Verdict::reject:
      return "port 25 is closed";
    case model::Verdict::drop:
      return "port 25 is closed, packets are dropped";
  }
  return "?";
}

void Teller::session(const model::Session& s) {
  std::string text =
      fmt::format("session {}: {} held {} ({}{}), since {}", s.id.value, name_of(view_, s), prefixes_text(s),
                  to_string(s.source), s.nas.empty() ? "" : " " + s.nas, to_string(s.since));
  if (s.until)
    text += fmt::format(" until {} ({})", to_string(s.until), to_string(s.end));
  else
    text += fmt::format(", live, last heard {}", to_string(s.heard));
  uint64_t record = 0;
  if (const auto newest = journal_.newest("session_changed", s.id.value); newest && *newest)
    record = (*newest)->sequence;
  step("session", s.since, std::move(text), record, shape(view_, s));
}

void Teller::policy(std::string_view class_name) {
  const auto& classes = view_.policy().classes;
  const auto found = classes.find(std::string(class_name));
  uint64_t record = 0;
  Time since;
  if (const auto newest = journal_.newest("policy_revision", view_.revision()); newest && *newest) {
    record = (*newest)->sequence;
    since = (*newest)->at;
  }
  const std::string text = found == classes.end()
                               ? fmt::format("policy revision {}: no class {}", view_.revision(), class_name)
                               : fmt::format("policy revision {}: class {} is {}", view_.revision(), class_name,
                                             to_string(found->second.verdict));
  step("policy", since, text, record, found == classes.end() ? Json() : wire::to_json(found->second));
}

Status Teller::permits(model::SubscriberId id) {
  if (!id) return {};
  for (const model::Record& record : PN_TRY(journal_.permits(id, {10})).records) {
    const model::Permit& p = std::get<model::PermitChanged>(record.body).permit;
    step("permit", p.granted,
         fmt::format("permit {}: {}, {}, granted by {} until {}, terms {}", p.id.value, to_string(p.kind),
                     to_string(p.state), p.granted_by, to_string(p.expires), p.terms_version),
         record.sequence, wire::to_json(p));
  }
  return {};
}

// Of a line: what it contacted, where it contacted something. Of an account: the network it was used from.
std::string where_text(const model::Increment& i) {
  if (i.port != 0) return fmt::format("{} port {}, outcome {}", to_string(i.destination), i.port, to_string(i.outcome));
  return i.destination ? fmt::format("from {}", to_string(destination_network(i.destination))) : std::string();
}

void Teller::finding(const model::Record& record) { finding(std::get<model::Finding>(record.body), record.sequence); }

void Teller::finding(const model::Finding& f, uint64_t record) {
  for (const model::Increment& i : f.evidence) {
    const std::string where = where_text(i);
    step("observation", i.at,
         fmt::format("{}: {}{}{}: {}{} = {}", i.family, i.note, i.note.empty() || where.empty() ? "" : "; ", where,
                     i.mnat < 0 ? "" : "+", mnat_text(i.mnat), mnat_text(i.level_mnat)),
         record, wire::to_json(i));
  }
  std::string text = fmt::format("finding {}: stage {}, score {}", f.id.value, wire::public_name(to_string(f.stage)),
                                 mnat_text(f.score_mnat));
  if (f.first_contacts != 0) text += fmt::format(" from {} first contacts", f.first_contacts);
  step("finding", f.at, std::move(text), record, wire::to_json(f));
}

// Oldest first: what each change rests on, and who or what made it. The ring of the newest finding holds that of the
// earlier ones.
Result<std::optional<Json>> Teller::account(const std::string& name) {
  const std::string known_as = model::account_name(name);
  const std::vector<model::Record> changes =
      PN_TRY(journal_.history("account_changed", model::account_id(known_as).value, kAccountChangesShown));
  const Json now = view_.account(known_as, question_.now);
  if (changes.empty() && now.is_null()) return std::optional<Json>();
  const auto newest = std::ranges::find_if(changes, [](const model::Record& r) {
    return static_cast<bool>(std::get<model::AccountChanged>(r.body).finding.id);
  });
  for (size_t i = changes.size(); i-- > 0;) {
    const auto& changed = std::get<model::AccountChanged>(changes[i].body);
    model::Finding f = changed.finding;
    if (i != static_cast<size_t>(newest - changes.begin())) f.evidence.clear();
    if (f.id) finding(f, changes[i].sequence);
    step("account", changes[i].at,
         fmt::format("{}{}: {}", to_string(changed.account.state),
                     changed.account.shadow > changed.account.state
                         ? fmt::format(" (shadow: {})", to_string(changed.account.shadow))
                         : std::string(),
                     changed.why),
         changes[i].sequence, wire::to_json(changed.account));
  }
  const std::string owner = now["owner"].text();
  std::string answer = fmt::format("{}, mail account of {}: {}", known_as, owner.empty() ? "nobody we know" : owner,
                                   now.is_null() ? "not seen of late" : now["state"].text());
  if (!changes.empty()) {
    const auto& last = std::get<model::AccountChanged>(changes.front().body);
    if (!last.account.because.empty()) answer += ", because " + last.account.because;
  }
  if (const std::string seen = now["seen"].text(); !seen.empty()) answer += "; seen now: " + seen;
  return finish("account", std::move(answer));
}

Status Teller::evidence(model::SubscriberId id) {
  if (!id) return {};
  std::vector<model::Record> findings = PN_TRY(journal_.findings_of(id, kFindingsShown));
  // The ring of the newest holds that of the earlier ones; those are shown without it.
  for (size_t i = findings.size(); i-- > 1;) {
    auto& f = std::get<model::Finding>(findings[i].body);
    f.evidence.clear();
    finding(findings[i]);
  }
  if (!findings.empty()) finding(findings.front());
  for (const model::Record& record : PN_TRY(journal_.cases(id, {3})).records) {
    const auto& changed = std::get<model::CaseChanged>(record.body);
    step("case", changed.case_.opened,
         fmt::format("case {}: {}, {} (last: {})", changed.case_.id.value, to_string(changed.case_.state),
                     changed.case_.summary, changed.why),
         record.sequence, shape(view_, changed.case_));
  }
  return {};
}

// The last word of each actuator, newest first in the journal.
Result<std::string> Teller::receipts(const model::Order& o) {
  std::string out;
  for (const model::Record& record : PN_TRY(journal_.receipts_of(o.id))) {
    const auto& r = std::get<model::Receipt>(record.body);
    const std::string_view word = model::word_of(r);
    out += fmt::format("{}{} says {} since {}", out.empty() ? "" : ", ", r.actuator, word, to_string(r.at));
    step("receipt", r.at,
         fmt::format("{}: order {} {}{}{}", r.actuator, o.id.value, word, r.detail.empty() ? "" : ", ", r.detail),
         record.sequence, wire::to_json(r));
  }
  return out.empty() ? "no receipt yet" : out;
}

Result<std::string> Teller::order(const model::Session& s) {
  for (const model::Record& record : PN_TRY(journal_.orders_of_session(s.id, kOrdersLookedAt))) {
    const auto& o = std::get<model::Order>(record.body);
    // What was then in force; a later order says nothing about it.
    if (o.since > question_.at) continue;
    step("order", o.since,
         fmt::format("order {}: {} because {}{}", o.id.value, to_string(o.verdict), o.because,
                     o.mode == model::Mode::shadow ? " (shadow: without effect)" : ""),
         record.sequence, wire::to_json(o));
    const std::string in_force = PN_TRY(receipts(o));
    return fmt::format("{}, because {}; {}", means(o.verdict), o.because, in_force);
  }
  return std::string("no order was given for it");
}

Result<Json> Teller::of_session(const model::Session& s, std::string_view is, std::string opening) {
  session(s);
  policy(view_.class_of(s));
  PN_TRY_VOID(permits(s.subscriber));
  PN_TRY_VOID(evidence(s.subscriber));
  const std::string what = PN_TRY(order(s));
  return finish(is, fmt::format("{}: {}", opening, what));
}

Result<Json> Teller::address(const IpAddress& a) {
  const auto sessions = that_count(PN_TRY(journal_.sessions_of_address(a, question_.at, question_.at, 100)));
  const Who who = judge(view_, sessions, a);
  if (who.answer == "nobody") {
    policy("unknown");
    return finish("address", fmt::format("no session held {} at {}: class unknown, governed services are closed",
                                         to_string(a), to_string(question_.at)));
  }
  if (who.answer == "ambiguous") {
    for (const model::Session& s : who.sessions) session(s);
    return finish("address", fmt::format("{} lines claim {} at {}: ambiguous, nothing may be done to any of them",
                                         who.sessions.size(), to_string(a), to_string(question_.at)));
  }
  const model::Session& s = who.sessions.front();
  return of_session(s, "address",
                    fmt::format("{} was {}'s at {}", to_string(a), name_of(view_, s), to_string(question_.at)));
}

Result<Json> Teller::line(model::SubscriberId id) {
  const model::Subscriber* s = view_.subscriber(id);
  const std::string name = name_of(view_, id);
  for (const model::Record& record : PN_TRY(journal_.sessions_of(id, {5})).records) {
    const model::Session& last = std::get<model::SessionChanged>(record.body).session;
    return of_session(last, "subscriber", fmt::format("{} ({})", name, last.until ? "not on line" : "on line"));
  }
  if (s == nullptr) return fail(Errc::not_found, fmt::format("nothing is known of line {}", id.value), question_.what);
  policy(s->class_name.empty() ? view_.policy().default_class : s->class_name);
  PN_TRY_VOID(permits(id));
  PN_TRY_VOID(evidence(id));
  return finish("subscriber", fmt::format("{} never had a session", name));
}

// The steps of the line of a case or permit; it may have been erased since.
Status Teller::line_if_known(model::SubscriberId id) {
  const Result<Json> told = line(id);
  if (!told && told.error().code != Errc::not_found) return std::unexpected(told.error());
  return {};
}

// What the journal has of the reference's day: the policy it names, and the orders that closed the line then.
Result<std::string> Teller::that_day(const tables::Reference& r, Time day) {
  const std::string date = to_string(day).substr(0, 10);
  const auto policy = PN_TRY(journal_.newest("policy_revision", r.revision));
  std::string out = fmt::format("on {}: refused, reason {}, policy revision {}", date, to_string(r.reason), r.revision);
  out += policy ? fmt::format(" (in force since {})", to_string(policy->at)) : " (not in this journal)";
  if (!r.line) return out + "; which machine it was is unknown";
  // Those that began on that day, and the one that was in force when it began.
  std::vector<model::Record> held;
  for (model::Record& entry : PN_TRY(journal_.orders_of(r.line, kOrdersLookedAt))) {
    const Time since = std::get<model::Order>(entry.body).since;
    if (since >= day + days(1)) continue;
    held.push_back(std::move(entry));
    if (since < day) break;
  }
  if (held.empty()) return out + "; no order of the line that old is in the journal, so what else held then is unknown";
  // A reference knows its day, not its hour.
  const auto fits = [&](const model::Record& entry) {
    const auto& o = std::get<model::Order>(entry.body);
    return o.reason == r.reason && o.revision == r.revision;
  };
  if (std::ranges::any_of(held, fits)) std::erase_if(held, std::not_fn(fits));
  std::ranges::reverse(held);
  for (const model::Record& entry : held) {
    const auto& o = std::get<model::Order>(entry.body);
    const std::string said = fmt::format("order {}: {} because {}", o.id.value, to_string(o.verdict), o.because);
    step("then", o.since, said, entry.sequence, wire::to_json(o));
    if (held.size() == 1) out += "; " + said;
  }
  if (held.size() > 1) out += fmt::format("; {} orders held on that day, which of them it met is unknown", held.size());
  return out;
}

Result<Json> Teller::reference(const tables::Reference& r) {
  const Time day{days(1).us * r.day};
  step("reference", day,
       fmt::format("given on {} to {}: reason {}, policy revision {}", to_string(day).substr(0, 10),
                   r.line ? name_of(view_, r.line) : "a source no session owned", to_string(r.reason), r.revision),
       0,
       Json::object({{"line", wire::to_json(r.line)},
                     {"reason", to_string(r.reason)},
                     {"revision", r.revision},
                     {"day", to_string(day).substr(0, 10)}}));
  const std::string then = PN_TRY(that_day(r, day));
  if (!r.line) {
    policy("unknown");
    return finish("reference", then +
                                   "; now: a source that belongs to no session is of class unknown, governed services "
                                   "are closed");
  }
  // The line may have been erased since.
  const Result<Json> now = line(r.line);
  if (!now && now.error().code != Errc::not_found) return std::unexpected(now.error());
  return finish("reference", fmt::format("{}; now: {}", then, now ? (*now)["answer"].text() : "the line is gone"));
}

Result<Json> Teller::noun(std::string_view kind, uint64_t id) {
  const auto missing = [&] {
    return fail(Errc::not_found, fmt::format("there is no {} {}", kind, id), question_.what);
  };
  if (kind == "subscriber" || kind == "line") return line(model::SubscriberId{static_cast<uint32_t>(id)});
  const bool bare = kind == "finding" || kind == "order";
  const std::string record_kind(bare ? std::string(kind) : std::string(kind) + "_changed");
  const auto newest = PN_TRY(journal_.newest(record_kind, id));
  if (!newest) return missing();
  if (const auto* s = std::get_if<model::SessionChanged>(&newest->body))
    return of_session(s->session, kind, fmt::format("session {} of {}", id, name_of(view_, s->session)));
  if (const auto* o = std::get_if<model::Order>(&newest->body)) {
    if (const auto s = PN_TRY(journal_.newest("session_changed", o->session.value)))
      session(std::get<model::SessionChanged>(s->body).session);
    step("order", o->since, fmt::format("order {}: {} because {}", id, to_string(o->verdict), o->because),
         newest->sequence, wire::to_json(*o));
    const std::string in_force = PN_TRY(receipts(*o));
    return finish(kind, fmt::format("order {} for {}: {}, because {}; {}", id, name_of(view_, o->subject),
                                    means(o->verdict), o->because, in_force));
  }
  if (const auto* c = std::get_if<model::CaseChanged>(&newest->body)) {
    PN_TRY_VOID(line_if_known(c->case_.line));
    return finish(kind, fmt::format("case {} of {}: {}, {}", id, name_of(view_, c->case_.line),
                                    to_string(c->case_.state), c->case_.summary));
  }
  if (const auto* p = std::get_if<model::PermitChanged>(&newest->body)) {
    PN_TRY_VOID(line_if_known(p->permit.subscriber));
    return finish(kind, fmt::format("permit {} of {}: {}, until {}", id, name_of(view_, p->permit.subscriber),
                                    to_string(p->permit.state), to_string(p->permit.expires)));
  }
  finding(*newest);
  const auto& f = std::get<model::Finding>(newest->body);
  return finish(kind, fmt::format("finding {} about {}: stage {}, score {}", id, name_of(view_, f.line),
                                  wire::public_name(to_string(f.stage)), mnat_text(f.score_mnat)));
}

// "case:3", "case 3", "case/3", "#7".
std::optional<std::pair<std::string, uint64_t>> split_noun(std::string_view what) {
  const size_t cut = what.starts_with('#') ? 0 : what.find_first_of(": /");
  if (cut == std::string_view::npos) return std::nullopt;
  const std::string kind(cut == 0 ? "subscriber" : what.substr(0, cut));
  static constexpr std::string_view kKinds[] = {"subscriber", "line", "session", "finding", "case", "order", "permit"};
  if (std::ranges::find(kKinds, kind) == std::end(kKinds)) return std::nullopt;
  const std::string_view digits = what.substr(cut + 1);
  uint64_t id = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
  if (error != std::errc{} || end != digits.data() + digits.size() || id > INT64_MAX) return std::nullopt;
  return std::pair(kind, id);
}
}  // namespace

Result<Json> explain(const View& view, store::Journal& journal, const tables::ReferenceKey& references,
                     const Question& asked) {
  Question question = asked;
  if (!question.at) question.at = question.now;
  Teller teller(view, journal, question);
  if (question.what.empty())
    return fail(Errc::bad_input, "what is to be explained?", "what", "an address, a key or id");
  if (const model::Subscriber* s = view.subscriber(std::string_view(question.what))) return teller.line(s->id);
  if (const auto address = parse_ip(question.what)) return teller.address(*address);
  if (const auto noun = split_noun(question.what)) return teller.noun(noun->first, noun->second);
  if (const auto reference = references.read(question.what, question.now.unix_day(), view.revision()))
    return teller.reference(*reference);
  std::string account = question.what;
  if (account.starts_with("account:")) account.erase(0, std::string_view("account:").size());
  if (auto told = PN_TRY(teller.account(account))) return std::move(*told);
  return fail(Errc::not_found, "nothing here has that name", question.what,
              "ask for an address, a subscriber's key, a mail account, a reference, or session:N, finding:N, case:N, "
              "order:N, permit:N");
}

}  // namespace postern::tell::api
