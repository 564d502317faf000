// SPDX-License-Identifier: Apache-2.0
// Notices on their way: once a contact is in the journal as ordered, the act role is told what to send; again when that
// role starts, when the brain does, and now and then as long as nothing is heard of it. The contact's number makes it
// one notice, however often it is sent.
#include <algorithm>
#include <fmt/format.h>

#include "daemon/brain/brain.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "tell/letter/letter.h"

namespace postern::daemon {
namespace {

bool is_sent_by_us(const model::ContactAttempt& a) {
  return a.state == model::ContactState::ordered && a.channel != model::Channel::call_list;
}

model::Reason reason_of(const model::Case& c) {
  return model::holds_back(c.state) ? model::Reason::restriction : model::Reason::class_policy;
}

}  // namespace

const model::CaseRules& Brain::rules_of(const model::Subscriber& subscriber) const {
  const auto& classes = engine_.policy().classes;
  std::string_view name = subscriber.class_name;
  if (const auto sessions = engine_.sessions_of(subscriber.id); !sessions.empty())
    name = engine_.class_of(*sessions[0]);
  auto it = classes.find(std::string(name));
  if (it == classes.end()) it = classes.find(engine_.policy().default_class);
  static const model::CaseRules kNone;
  return it == classes.end() ? kNone : it->second.cases;
}

tell::letter::Text Brain::text_of(const model::Case& c, const model::ContactAttempt& a,
                                  const model::Subscriber& subscriber) const {
  const auto& p = settings_.provider;
  const model::CaseRules& rules = rules_of(subscriber);
  tell::letter::Facts facts;
  facts.provider = {p.name, p.contact, p.phone, p.relay_host};
  facts.customer = subscriber.contact->name;
  facts.language = subscriber.language;
  facts.line_key = subscriber.key;
  facts.case_ = c;
  if (const auto findings = engine_.findings_of(c.id); !findings.empty()) facts.evidence = findings.back()->evidence;
  facts.restricts = rules.restrict_mode == model::Mode::on;
  facts.garden = rules.restriction == model::Hold::garden;
  facts.plug_at =
      std::max({c.restricted_at + rules.plug_after, a.at + Duration{rules.plug_after.us / 2}, c.deadline_at});
  facts.release_after = rules.release_after;
  facts.self_releases_left = rules.self_releases - std::min(rules.self_releases, c.self_releases);
  if (c.kind == model::CaseKind::relay_limit) {
    facts.page = p.url + std::string(edge::garden::kPortal);
  } else {
    facts.page =
        fmt::format("{}/r/{}", p.url, reference_key_.make({c.line, reason_of(c), engine_.revision(), a.at.unix_day()}));
  }
  return tell::letter::compose(a.notice, facts);
}

// Of the call that is due.
std::string Brain::call_text(const model::Case& c) const {
  const model::Subscriber* subscriber = engine_.subscriber(c.line);
  for (size_t i = c.contacts.size(); subscriber != nullptr && i-- > 0;)
    if (c.contacts[i].channel == model::Channel::call_list) return text_of(c, c.contacts[i], *subscriber).call;
  return {};
}

void Brain::send_notice(const model::Case& c, const model::ContactAttempt& a) {
  const model::Subscriber* subscriber = engine_.subscriber(c.line);
  if (subscriber == nullptr || !notices_out_.insert(a.id).second) return;
  const tell::letter::Text text = text_of(c, a, *subscriber);
  if (a.channel == model::Channel::mail) {
    const auto& p = settings_.provider;
    link_.send(Role::act, SendMail{{a.id, subscriber->contact->mail, subscriber->contact->name, text.language,
                                    text.subject, text.body, p.contact, a.at, contact_tags_.make(a.id)}});
    return;
  }
  const wire::Json body =
      wire::Json::object({{"type", fmt::format("notice.{}", to_string(a.notice))},
                          {"contact", a.id.value},
                          {"case", c.id.value},
                          {"state", to_string(c.state)},
                          {"line", subscriber->key},
                          {"name", subscriber->contact->name},
                          {"phone", subscriber->contact->phone},
                          {"mail", subscriber->contact->mail},
                          {"language", text.language},
                          {"subject", text.subject},
                          {"short", text.short_},
                          {"text", text.body},
                          {"deadline", c.deadline_at ? wire::Json(to_string(c.deadline_at)) : wire::Json()}});
  link_.send(Role::act, SendWebhook{{a.id, body.dump(), a.at}});
}

// Of what was just journaled.
void Brain::send_notices(const std::vector<model::Record>& journaled) {
  for (const model::Record& r : journaled) {
    if (const auto* advice = std::get_if<model::AdviceChanged>(&r.body)) send_advice(advice->advice);
    const auto* changed = std::get_if<model::CaseChanged>(&r.body);
    if (changed == nullptr) continue;
    for (const model::ContactAttempt& a : changed->case_.contacts) {
      if (!is_sent_by_us(a)) {
        notices_out_.erase(a.id);
      } else if (const model::Case* now = engine_.case_(changed->case_.id)) {
        send_notice(*now, a);
      }
    }
  }
}

// The act role is new, or has not answered for long.
void Brain::send_notices_again() {
  notices_out_.clear();
  hooks_out_.clear();
  send_accounts();
  engine_.for_each_advice([this](const model::Advice& a) { send_advice(a); });
  engine_.for_each_case([this](const model::Case& c) {
    for (const model::ContactAttempt& a : c.contacts)
      if (is_sent_by_us(a)) send_notice(c, a);
  });
}

}  // namespace postern::daemon
