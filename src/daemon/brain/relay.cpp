// SPDX-License-Identifier: Apache-2.0
// What was sent through the relay, for operators: the edge counts it, the brain knows whose line that is and what its
// class may send. The brain keeps nothing of it: the question goes to the edge, the answer back to who asked.
#include "daemon/relay.h"

#include <charconv>
#include <fmt/format.h>
#include <tuple>

#include "daemon/brain/brain.h"

namespace postern::daemon {
namespace {

constexpr std::string_view kPath = "/v1/relay";
constexpr uint32_t kRowsDefault = 20;

}  // namespace

bool Brain::on_relay_call(Role from, const ApiCall& call) {
  if (!call.path.starts_with(kPath)) return false;
  std::string_view who = std::string_view(call.path).substr(kPath.size());
  if (!who.empty() && who.front() != '/') return false;
  if (!who.empty()) who.remove_prefix(1);
  const auto refuse = [&](uint16_t status, std::string_view code, std::string what, std::string fix) {
    const wire::Json error =
        wire::Json::object({{"code", code}, {"message", std::move(what)}, {"where", ""}, {"fix", std::move(fix)}});
    link_.send(from, ApiAnswer{call.token, status, wire::Json::object({{"error", error}}).dump()});
    return true;
  };
  if (call.method != "GET")
    return refuse(400, "bad_input", call.path + " takes GET only", "see postern(1) for what the API takes");
  if (!relay_is_asked(settings_))
    return refuse(503, "unavailable", "no mail server asks Postern here",
                  "set relay.listen_unix or relay.milter_unix (docs/operator/relay.md)");
  RelayAsk ask{.token = call.token,
               .asker = from,
               .line = {},
               .account = std::string(who),
               .rows_max = kRowsDefault,
               .accounts = {}};
  if (const auto it = call.query.find("limit"); it != call.query.end())
    std::from_chars(it->second.data(), it->second.data() + it->second.size(), ask.rows_max);
  const model::Subscriber* subscriber = engine_.subscriber(who);
  uint32_t number = 0;
  if (subscriber == nullptr && who.starts_with('#') &&
      std::from_chars(who.data() + 1, who.data() + who.size(), number).ec == std::errc())
    subscriber = engine_.subscriber(model::SubscriberId{number});
  if (subscriber != nullptr) ask.line = subscriber->id;
  link_.send(Role::edge, ask);
  return true;
}

std::pair<edge::relay::Limits, bool> Brain::limits_of(model::SubscriberId line) const {
  const auto sessions = engine_.sessions_of(line);
  const auto it =
      settings_.classes.find(sessions.empty() ? std::string() : std::string(engine_.class_of(*sessions.front())));
  const edge::relay::Limits limits =
      relay_limits(it != settings_.classes.end() ? it->second : settings_.classes.at("unknown"));
  const model::Order* order = sessions.empty() ? nullptr : engine_.order_of(sessions.front()->id);
  const bool held =
      order != nullptr && (order->hold != model::Hold::none || order->reason == model::Reason::restriction);
  return {held ? limits.part(settings_.relay.restricted_percent) : limits, held};
}

wire::Json Brain::relay_row(const edge::relay::Usage& usage) const {
  const model::Subscriber* s = usage.line ? engine_.subscriber(usage.line) : nullptr;
  wire::Json row = wire::Json::object(
      {{"name", usage.line ? s != nullptr ? s->key : fmt::format("#{}", usage.line.value) : usage.account},
       {"kind", usage.line       ? "line"
                : usage.of_class ? "class"
                                 : "account"},
       {"last", to_string(usage.last)},
       {"refused", usage.refused},
       {"auth_on_25", usage.auth_on_25}});
  edge::relay::Limits limits = relay_account_limits(settings_);
  if (usage.line) {
    bool held = false;
    std::tie(limits, held) = limits_of(usage.line);
    row.set("held", held);
  }
  if (usage.of_class) {
    const auto it = settings_.classes.find(usage.account);
    limits = it == settings_.classes.end() ? edge::relay::Limits{} : relay_limits(it->second).of_class();
  }
  using namespace edge::relay;
  for (size_t q = 0; q < kQuantities; ++q) {
    for (size_t w = 0; w < kWindows && w * kQuantities + q < usage.used.size(); ++w) {
      const std::string name =
          fmt::format("{}_{}", to_string(static_cast<Quantity>(q)), to_string(static_cast<Window>(w)));
      row.set(name, usage.used[w * kQuantities + q]);
      if (limits.most[w][q] != 0) row.set(name + "_limit", limits.most[w][q]);
    }
  }
  return row;
}

void Brain::on_relay_told(const RelayTold& told) {
  if (told.asker == Role::brain) return tell_usage(told);
  wire::Json items = wire::Json::array();
  for (const edge::relay::Usage& usage : told.rows) items.push(relay_row(usage));
  const wire::Json body =
      wire::Json::object({{"items", std::move(items)}, {"more", told.left != 0}, {"left", told.left}});
  link_.send(told.asker, ApiAnswer{told.token, 200, body.dump()});
}

}  // namespace postern::daemon
