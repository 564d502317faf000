// SPDX-License-Identifier: Apache-2.0
// Campaigns: what a rehearsal found, told in advance. Operators send them and see what became of them; the engine says
// whose turn it is, and what is ordered is in the journal before it is sent.
#include <fmt/format.h>
#include <map>
#include <set>

#include "daemon/brain/brain.h"
#include "decide/casework/advices.h"
#include "sys/clock.h"
#include "tell/letter/advice.h"

namespace postern::daemon {
namespace {

constexpr std::string_view kPath = "/v1/campaigns";
constexpr size_t kNameMax = 80;
constexpr size_t kUnknownShown = 5;

}  // namespace

void Brain::send_advice(const model::Advice& a) {
  const model::Subscriber* subscriber = engine_.subscriber(a.line);
  if (a.state != model::AdviceState::ordered) {
    notices_out_.erase(a.id);
    return;
  }
  if (subscriber == nullptr || !notices_out_.insert(a.id).second) return;
  const auto& p = settings_.provider;
  const tell::letter::Text text =
      tell::letter::compose(tell::letter::AdviceFacts{.provider = {p.name, p.contact, p.phone, p.relay_host},
                                                      .customer = subscriber->contact->name,
                                                      .language = subscriber->language,
                                                      .line_key = subscriber->key,
                                                      .page = p.url,
                                                      .text = a.text});
  const model::ContactId number = decide::casework::number_of(a);
  if (a.channel == model::Channel::mail) {
    link_.send(Role::act, SendMail{{number, subscriber->contact->mail, subscriber->contact->name, text.language,
                                    text.subject, text.body, p.contact, a.at, contact_tags_.make(number)}});
    return;
  }
  const wire::Json body = wire::Json::object({{"type", fmt::format("advice.{}", to_string(a.text))},
                                              {"contact", number.value},
                                              {"campaign", a.campaign},
                                              {"line", subscriber->key},
                                              {"name", subscriber->contact->name},
                                              {"phone", subscriber->contact->phone},
                                              {"mail", subscriber->contact->mail},
                                              {"language", text.language},
                                              {"subject", text.subject},
                                              {"short", text.short_},
                                              {"text", text.body}});
  link_.send(Role::act, SendWebhook{{number, body.dump(), a.at}});
}

Result<model::CampaignOrder> Brain::campaign_of(const ApiCall& call) const {
  const wire::Json body = PN_TRY(wire::Json::parse(call.body.empty() ? "{}" : call.body, "request body"));
  model::CampaignOrder order;
  order.operator_name = user_name(call.operator_uid);
  order.name = body["name"].text();
  if (order.name.size() > kNameMax)
    return fail(Errc::limit, fmt::format("the name has {} bytes, at most {}", order.name.size(), kNameMax), "name");
  order.send = body["send"].boolean() != nullptr && *body["send"].boolean();
  const wire::Json::Array* rows = body["rows"].items();
  if (rows == nullptr) return fail(Errc::bad_input, "rows is no list", "rows");
  std::string unknown;
  size_t unknowns = 0;
  for (const wire::Json& row : *rows) {
    const std::string key = row["line"].text();
    const auto text = model::AdviceText_from(row["advice"].text());
    if (!text)
      return fail(Errc::bad_input, fmt::format("{}: there is no advice \"{}\"", key, row["advice"].text()), "rows",
                  fmt::format("one of {}", fmt::join(model::pn_names_of_AdviceText, ", ")));
    const model::Subscriber* s = engine_.subscriber(key);
    if (s != nullptr) {
      order.rows.push_back({s->id, *text});
    } else if (unknowns++ < kUnknownShown) {
      unknown += (unknown.empty() ? "" : ", ") + key;
    }
  }
  if (unknowns != 0)
    return fail(
        Errc::not_found,
        fmt::format("{} rows name no subscriber ({}{})", unknowns, unknown, unknowns > kUnknownShown ? ", …" : ""),
        "rows", "rehearse with --subscribers, so that rows are lines and not addresses; nothing was sent");
  return order;
}

// As Work::operator()(CampaignOrder) counts them.
size_t Brain::fresh_of(const model::CampaignOrder& order) const {
  std::set<std::pair<model::SubscriberId, model::AdviceText>> told;
  engine_.for_each_advice([&](const model::Advice& a) { told.emplace(a.line, a.text); });
  size_t fresh = 0;
  for (const model::AdviceRow& row : order.rows)
    fresh += engine_.open_case_of(row.line) == nullptr && told.emplace(row.line, row.text).second ? 1 : 0;
  return fresh;
}

wire::Json Brain::campaigns() const {
  struct Sum {
    Time planned;
    std::map<model::AdviceState, uint64_t> states;
  };
  std::map<std::string, Sum> sums;
  engine_.for_each_advice([&](const model::Advice& a) {
    Sum& sum = sums[a.campaign];
    if (!sum.planned || a.planned < sum.planned) sum.planned = a.planned;
    ++sum.states[a.state];
  });
  wire::Json items = wire::Json::array();
  for (auto& [name, sum] : sums) {
    wire::Json row = wire::Json::object({{"name", name}, {"planned", to_string(sum.planned)}});
    for (size_t i = 0; i < pn_enum_size(model::AdviceState{}); ++i) {
      const auto state = static_cast<model::AdviceState>(i);
      row.set(to_string(state), sum.states[state]);
    }
    items.push(std::move(row));
  }
  return wire::Json::object({{"items", std::move(items)}, {"more", false}, {"left", 0}});
}

bool Brain::on_campaign_call(Role from, const ApiCall& call) {
  if (call.path != kPath) return false;
  const auto answer = [&](uint16_t status, const wire::Json& body) {
    link_.send(from, ApiAnswer{call.token, status, body.dump()});
    return true;
  };
  const auto refuse = [&](const Error& e) {
    const std::string_view code = e.code == Errc::limit         ? "limit"
                                  : e.code == Errc::not_found   ? "not_found"
                                  : e.code == Errc::unavailable ? "unavailable"
                                                                : "bad_input";
    const uint16_t status = e.code == Errc::limit ? 409 : e.code == Errc::not_found ? 404 : 400;
    return answer(e.code == Errc::unavailable ? 503 : status,
                  wire::Json::object(
                      {{"error", wire::Json::object(
                                     {{"code", code}, {"message", e.what}, {"where", e.where}, {"fix", e.fix}})}}));
  };
  if (call.method == "GET") return answer(200, campaigns());
  if (call.method != "POST") return refuse({Errc::bad_input, "campaigns take GET and POST", call.path, "postern(1)"});
  auto order = campaign_of(call);
  if (!order) return refuse(order.error());
  const size_t rows = order->rows.size();
  const size_t fresh = fresh_of(*order);
  const bool send = order->send;
  const std::string name = order->name;
  model::Observation request{0, sys::now(), std::move(*order)};
  if (const Status good = engine_.validate(request); !good) return refuse(good.error());
  auto done = command(std::move(request));
  if (!done) return refuse(done.error());
  return answer(200, wire::Json::object({{"campaign", name},
                                         {"rows", static_cast<uint64_t>(rows)},
                                         {"told", static_cast<uint64_t>(fresh)},
                                         {"sent", send},
                                         {"result", std::move(*done)}}));
}

}  // namespace postern::daemon
