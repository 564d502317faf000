// SPDX-License-Identifier: Apache-2.0
// What others say of this network is of a time that is past: it is judged by who had the address then, and by nobody
// where that is not sure. Stages and cases are of the time it came to be known.
#include <algorithm>

#include "decide/common/limits.h"
#include "decide/work.h"

namespace postern::decide {

void Work::judge_word(const model::ObservationBody& body, const std::string& account, const IpAddress& source,
                      Time then) {
  if (!account.empty()) {
    const detect::Subject subject = state_.subject_of(model::account_id(account));
    (void)state_.account_watch.see(subject, body, at_, facts_.policy, state_.counters);
    judge_account(subject, account);
  }
  if (!source || is_probe(source)) return;
  who::Doubt doubt = facts_.doubt();
  doubt.skew = std::max(doubt.skew, kReporterSkew);
  const who::Answer answer = then > at_ + doubt.skew ? who::Answer{} : facts_.sessions.who(source, then, doubt);
  if (answer.kind == who::Attribution::found && answer.sessions[0].subscriber) {
    judge(answer.sessions[0].subscriber, body);
  } else {
    ++state_.counters.words_unsure;
  }
}

void Work::operator()(const model::Complaint& o) {
  ++state_.counters.complaints;
  judge_word(o, o.account, o.source, o.sent);
}

void Work::operator()(const model::ProxyUse& o) {
  ++state_.counters.proxy_uses;
  judge_source(o, o.source);
}

void Work::operator()(const model::C2Contact& o) {
  ++state_.counters.c2_contacts;
  judge_source(o, o.source);
}

void Work::operator()(const model::TrapHit& o) {
  ++state_.counters.trap_hits;
  judge_word(o, o.account, o.source, o.sent);
}

// Between two looks the address may have changed hands, and with it the reason for the listing: it says something of a
// line that had the address all the time from the last look that found it clean, and of nobody else.
void Work::operator()(const model::Listing& o) {
  ++state_.counters.listings;
  if (is_probe(o.source)) return;
  const who::Doubt doubt = facts_.doubt();
  const who::Answer answer = facts_.sessions.who(o.source, at_, doubt);
  const bool found = answer.kind == who::Attribution::found && answer.sessions[0].subscriber;
  if (found && o.clean_at && answer.sessions[0].since + doubt.skew * 2 <= o.clean_at) {
    judge(answer.sessions[0].subscriber, o);
  } else {
    ++state_.counters.words_unsure;
  }
}

}  // namespace postern::decide
