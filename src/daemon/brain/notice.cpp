// SPDX-License-Identifier: Apache-2.0
// What the brain tells the notice page about one reference. The page drops what its asker may not see; this fills in
// everything and says whether the asker is the line.
#include "daemon/brain/brain.h"
#include "sys/clock.h"

namespace postern::daemon {
namespace {

bool lets_mail_out(model::Verdict v) {
  return v == model::Verdict::open || v == model::Verdict::limited || v == model::Verdict::listed;
}

}  // namespace

bool Brain::is_own_session(const std::string& text, const IpAddress& from) const {
  const Time now = sys::now();
  const auto reference = reference_key_.read(text, now.unix_day(), engine_.revision());
  if (!reference || !reference->line) return false;
  const auto answer = engine_.who(from, now);
  return answer.kind == decide::who::Attribution::found && answer.sessions.front().subscriber == reference->line;
}

edge::notice::Facts Brain::facts_of(const edge::notice::Question& question) const {
  const Time now = sys::now();
  const model::SubscriberId line = question.reference.line;
  edge::notice::Facts facts;
  // A line nobody knows has no owner, and the page still explains it.
  facts.known = !line || engine_.subscriber(line) != nullptr;
  if (!line || !facts.known) return facts;
  const auto answer = engine_.who(question.asker, now);
  facts.own_session = answer.kind == decide::who::Attribution::found && answer.sessions.front().subscriber == line;
  for (const model::Session* session : engine_.sessions_of(line)) {
    facts.class_words = engine_.class_of(*session);
    if (const model::Order* order = engine_.order_of(session->id)) {
      facts.since = order->since;
      facts.open_now = facts.open_now || lets_mail_out(order->verdict);
    }
  }
  const fold::DaySums today = line_day_.of(line, now);
  facts.blocked_today = today.blocked;
  for (const fold::Attempt& a : today.last) facts.last.push_back({a.at, a.destination, a.port});
  if (const model::Case* open = engine_.open_case_of(line)) {
    facts.case_ = edge::notice::CaseNote{open->id, open->state, open->opened, open->summary};
    facts.confirmed_at = open->confirmed_at;
  }
  engine_.for_each_permit([&](const model::Permit& p) {
    if (p.subscriber == line && p.state == model::PermitState::active)
      facts.permit = edge::notice::PermitNote{p.kind, p.limits, p.destinations, p.expires};
  });
  return facts;
}

void Brain::on_notice(Role from, const NoticeAsk& ask) {
  link_.send(from, NoticeTold{ask.token, facts_of(ask.question)});
}

}  // namespace postern::daemon
