// SPDX-License-Identifier: Apache-2.0
// Mail accounts that are held or locked: the edge is told which, the operator's hook what it is to do and whom it is to
// tell, and operators see and change them. A change is sent once it is in the journal, and again until it is settled.
#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "daemon/brain/brain.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "tell/letter/limit.h"

namespace postern::daemon {
namespace {

constexpr std::string_view kPath = "/v1/accounts";
constexpr size_t kWhyMax = 400;

// What the hook does, by the state an account is in now.
std::string_view event_of(model::AccountState state) {
  switch (state) {
    case model::AccountState::open:
      return "account.release";
    case model::AccountState::held:
      return "account.hold";
    case model::AccountState::locked:
      return "account.lock";
  }
  return {};
}

// Where its owner reads mail other than with an account of theirs: whoever has one password may have the others.
std::string mail_elsewhere(const model::Subscriber& owner) {
  const std::string& mail = owner.contact->mail;
  return std::ranges::binary_search(*owner.accounts, model::account_name(mail)) ? std::string() : mail;
}

std::pair<uint16_t, std::string_view> status_of(Errc code) {
  if (code == Errc::unavailable) return {503, "unavailable"};
  if (code == Errc::conflict) return {409, "conflict"};
  if (code == Errc::limit) return {409, "limit"};
  return {400, "bad_input"};
}

}  // namespace

void Brain::publish_accounts() {
  if (held_accounts_ && !std::exchange(accounts_moved_, false)) return;
  std::vector<std::string> held = engine_.held_accounts();
  if (held_accounts_ != held) {
    held_accounts_ = std::move(held);
    link_.send(Role::edge, HeldAccounts{*held_accounts_});
  }
  send_accounts();
}

// Never mail to the account itself: whoever has it reads that. The hook knows another way (another address, telephone).
void Brain::send_accounts() {
  if (settings_.webhook.url.empty()) return;
  std::erase_if(hooks_out_, [this](const auto& out) {
    const model::Account* a = engine_.account(out.first);
    return a == nullptr || a->settled;
  });
  engine_.for_each_account([this](const model::Account& a) {
    if (a.settled || a.name.erased) return;
    uint64_t& out = hooks_out_[a.id];
    if (out == a.changes) return;
    out = a.changes;
    const model::Subscriber* owner = engine_.subscriber(a.owner);
    const bool known = owner != nullptr;
    const wire::Json body = wire::Json::object({{"type", event_of(a.state)},
                                                {"account", *a.name},
                                                {"state", to_string(a.state)},
                                                {"change", a.changes},
                                                {"at", to_string(a.changed)},
                                                {"because", a.because},
                                                {"line", known ? wire::Json(owner->key) : wire::Json()},
                                                {"name", known ? owner->contact->name : std::string()},
                                                {"phone", known ? owner->contact->phone : std::string()},
                                                {"mail", known ? mail_elsewhere(*owner) : std::string()},
                                                {"language", known ? owner->language : std::string("en")}});
    link_.send(Role::act, SendAccount{a.id, a.changes, body.dump(), a.changed});
  });
}

// By mail, to the line's customer or the account's owner; the edge says it once an hour and day, of port 25 once a day.
// No contact of a case: nothing waits for what becomes of it, and after a restart it is not said again.
void Brain::tell_of_limit(const model::RelayLimit& limit, Time at) {
  model::SubscriberId who = limit.line;
  if (!who) who = engine_.owner_of(model::account_id(limit.account));
  const model::Subscriber* s = engine_.subscriber(who);
  const bool port = limit.what == "auth_on_25";
  if (port)
    sys::log(sys::Level::info, "relay", "RELAY_AUTH_ON_25", "an account signs in on port 25",
             {{"owner", std::to_string(who.value)}});
  else
    sys::log(sys::Level::info, "relay", "RELAY_LIMIT", limit.percent >= 100 ? "a limit is reached" : "a limit is near",
             {{"line", std::to_string(who.value)}, {"what", limit.what}, {"window", limit.window}});
  if (s == nullptr || s->contact->mail.empty() || settings_.mail.relay.empty()) return;
  const model::Case* open = engine_.open_case_of(who);
  if (open != nullptr && open->kind == model::CaseKind::relay_limit && open->opened == at)
    return;  // its notice says it
  const auto& p = settings_.provider;
  const tell::letter::Text text =
      tell::letter::compose(tell::letter::LimitFacts{.provider = {p.name, p.contact, p.phone, p.relay_host},
                                                     .customer = s->contact->name,
                                                     .language = s->language,
                                                     .line_key = s->key,
                                                     .limit = limit,
                                                     .page = p.url + std::string(edge::garden::kPortal)});
  // A number far from those of contacts, the same for the same limit of the same hour.
  const std::string mark =
      fmt::format("{} {} {} {} {}", who.value, limit.account, limit.what, limit.window, limit.percent);
  const auto period = static_cast<uint64_t>(at.unix_seconds() / (port ? 86'400 : 3'600));
  const model::ContactId id{(model::account_id(mark).value ^ period) | uint64_t{3} << 62};
  link_.send(Role::act, SendMail{{id, s->contact->mail, s->contact->name, text.language, text.subject, text.body,
                                  p.contact, at, contact_tags_.make(id)}});
}

wire::Json Brain::account_row(const model::Account& a) const {
  const model::Subscriber* owner = engine_.subscriber(a.owner);
  wire::Json row = wire::Json::object({{"name", a.name.erased ? std::string("(erased)") : *a.name},
                                       {"state", to_string(a.state)},
                                       {"shadow", to_string(a.shadow)},
                                       {"owner", owner != nullptr ? owner->key : std::string()},
                                       {"changed", a.changed ? wire::Json(to_string(a.changed)) : wire::Json()},
                                       {"hook", a.settled ? "done" : "waits"},
                                       {"because", a.because}});
  return row;
}

bool Brain::on_account_call(Role from, const ApiCall& call) {
  if (!call.path.starts_with(kPath)) return false;
  std::string_view rest = std::string_view(call.path).substr(kPath.size());
  if (!rest.empty() && rest.front() != '/') return false;
  if (!rest.empty()) rest.remove_prefix(1);
  const auto answer = [&](uint16_t status, const wire::Json& body) {
    link_.send(from, ApiAnswer{call.token, status, body.dump()});
    return true;
  };
  const auto refuse = [&](const Error& e) {
    const auto [status, code] = status_of(e.code);
    const wire::Json error =
        wire::Json::object({{"code", code}, {"message", e.what}, {"where", e.where}, {"fix", e.fix}});
    return answer(status, wire::Json::object({{"error", error}}));
  };
  if (call.method == "GET" && rest.empty()) {
    wire::Json items = wire::Json::array();
    engine_.for_each_account([&](const model::Account& a) { items.push(account_row(a)); });
    return answer(200, wire::Json::object({{"items", std::move(items)}, {"more", false}, {"left", 0}}));
  }
  // An account's name may hold a slash; a verb stands at the end.
  const size_t slash = call.method == "POST" ? rest.rfind('/') : std::string_view::npos;
  const std::string name = model::account_name(rest.substr(0, slash));
  const model::AccountId id = model::account_id(name);
  if (call.method == "GET") {
    model::Account a;
    a.id = id;
    a.name.value = name;
    a.owner = engine_.owner_of(id);
    if (const model::Account* known = engine_.account(id)) a = *known;
    wire::Json row = account_row(a);
    if (const auto watch = engine_.watch(id, sys::now())) {
      for (const auto& level : watch->levels)
        row.set(fmt::format("level_{}", level.detector), fmt::format("{:.1f}", level.level_mnat / 1'000.0));
      row.set("seen", watch->explained);
    }
    return answer(200, row);
  }
  const auto verb = model::AccountVerb_from(slash == std::string_view::npos ? "" : rest.substr(slash + 1));
  if (call.method != "POST" || !verb)
    return refuse({Errc::bad_input, "an account takes hold, lock and release", call.path, "see postern(1)"});
  model::AccountCommand order{.account = name, .verb = *verb};
  order.operator_name = user_name(call.operator_uid);
  if (const auto body = wire::Json::parse(call.body.empty() ? "{}" : call.body, "request body"))
    if (const std::string* why = (*body)["why"].string()) order.why = why->substr(0, kWhyMax);
  model::Observation request{0, sys::now(), std::move(order)};
  if (const Status good = engine_.validate(request); !good) return refuse(good.error());
  auto done = command(std::move(request));
  if (!done) return refuse(done.error());
  return answer(200, wire::Json::object({{"account", name}, {"result", std::move(*done)}}));
}

}  // namespace postern::daemon
