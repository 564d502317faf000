// SPDX-License-Identifier: Apache-2.0
// What the brain tells the notice page about one reference. The page drops what its asker may not see; this fills in
// everything and says whether the asker is the line.
#include <algorithm>

#include "daemon/brain/brain.h"
#include "model/notice_read.h"
#include "sys/clock.h"
#include "sys/log.h"

namespace postern::daemon {
namespace {

bool lets_mail_out(model::Verdict v) {
  return v == model::Verdict::open || v == model::Verdict::limited || v == model::Verdict::listed;
}

// How far back a confirmation is looked for. A line makes a few records a day.
constexpr size_t kRecordsLookedAt = 200;

}  // namespace

void Brain::judge_page(model::PageConfirmed& page) {
  page.from_own_session = false;
  const Time now = sys::now();
  const auto reference = reference_key_.read(page.reference, now.unix_day(), engine_.revision());
  if (!reference || !reference->line) return;
  page.reference = reference_key_.make(*reference);
  const auto answer = engine_.who(page.from, now);
  page.from_own_session = answer.kind == decide::who::Attribution::found &&
                          answer.sessions.front().subscriber == reference->line &&
                          !read_at(reference->line, page.reference);
}

Time Brain::read_at(model::SubscriberId line, std::string_view reference) {
  const std::string wanted = std::string(model::kNoticeRead) + std::string(reference);
  const auto is_it = [&](const model::Record& r) {
    const auto* action = std::get_if<model::OperatorAction>(&r.body);
    return action != nullptr && action->operator_name == model::kLineItself && action->action == wanted;
  };
  // Pressed twice in one turn of the loop.
  if (const auto it = std::ranges::find_if(records_, is_it); it != records_.end()) return it->at;
  const auto newest = journal_.records_of(line, kRecordsLookedAt);
  if (!newest) {
    sys::log(sys::Level::error, "brain", "JOURNAL_UNREAD", newest.error().text());
    return {};
  }
  const auto it = std::ranges::find_if(*newest, is_it);
  return it != newest->end() ? it->at : Time{};
}

edge::notice::Facts Brain::facts_of(const edge::notice::Question& question) {
  const Time now = sys::now();
  const model::SubscriberId line = question.reference.line;
  edge::notice::Facts facts;
  // A line nobody knows has no owner, and the page still explains it.
  facts.known = !line || engine_.subscriber(line) != nullptr;
  if (!line || !facts.known) return facts;
  const auto answer = engine_.who(question.asker, now);
  facts.own_session = answer.kind == decide::who::Attribution::found && answer.sessions.front().subscriber == line;
  for (const model::Session* session : engine_.sessions_of(line)) {
    facts.class_name = engine_.class_of(*session);
    if (const model::Order* order = engine_.order_of(session->id)) {
      facts.since = order->since;
      facts.open_now = facts.open_now || lets_mail_out(order->verdict);
    }
  }
  const fold::DaySums today = line_day_.of(line, now);
  facts.blocked_today = today.blocked;
  for (const fold::Attempt& a : today.last) facts.last.push_back({a.at, a.destination, a.port});
  if (const model::Case* open = engine_.open_case_of(line)) {
    facts.case_ = case_facts(*open, now);
    facts.confirmed_at = open->confirmed_at;
  }
  if (facts.own_session && !facts.confirmed_at)
    facts.confirmed_at = read_at(line, reference_key_.make(question.reference));
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
