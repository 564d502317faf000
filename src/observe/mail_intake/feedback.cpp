// SPDX-License-Identifier: Apache-2.0
#include "observe/mail_intake/feedback.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <set>

#include "base/networks.h"
#include "wire/mail/feedback/authentication_results.h"
#include "wire/mail/feedback/feedback_report.h"
#include "wire/mail/feedback/header.h"
#include "wire/mail/feedback/received.h"

namespace postern::observe::mail_intake {
namespace {

constexpr uint8_t kTcp = 6;

// FNV-1a, 64 bits; never 0.
uint64_t mark_of(std::string_view text) {
  uint64_t h = 14'695'981'039'346'656'037ULL;
  for (const char c : text) h = (h ^ static_cast<uint8_t>(c)) * 1'099'511'628'211ULL;
  return std::max<uint64_t>(h, 1);
}

bool is_own(const wire::Received& r, const Trusted& t) {
  return std::ranges::find(t.received_by, r.by) != t.received_by.end();
}

// Where a message entered our relay, as opposed to what it did within it; who signs in there has entered.
bool is_entry(const wire::Received& r, const Trusted& t) {
  return !r.account.empty() || (!is_loopback(r.from) && !is_in(t.relay, r.from));
}

// The field of ours with which the message entered. `foreign_first`: others took it after us.
std::optional<wire::Received> entry_of(std::string_view header, const Trusted& t, bool foreign_first) {
  wire::Fields fields(header);
  while (const auto field = fields.next()) {
    if (field->name != "received") continue;
    wire::Received r = wire::read_received(field->value);
    if (is_own(r, t)) {
      if (is_entry(r, t)) return r;
      foreign_first = false;
    } else if (!foreign_first) {
      break;
    }
  }
  return std::nullopt;
}

// Whom our relay found to have sent this. Of each method the topmost field that speaks of it counts: whoever wrote the
// ones below did so before.
std::vector<std::string> proven(std::string_view header, const Trusted& t) {
  std::vector<std::string> out;
  if (t.authserv_id.empty()) return out;
  std::set<std::string> heard;
  bool entered = false;
  wire::Fields fields(header);
  while (const auto field = fields.next()) {
    if (field->name == "received") {
      const wire::Received r = wire::read_received(field->value);
      if (entered || !is_own(r, t)) break;
      entered = is_entry(r, t);
    }
    if (field->name != "authentication-results") continue;
    auto results = wire::read_authentication_results(field->value);
    if (!results || results->authserv_id != t.authserv_id) continue;
    std::erase_if(results->methods, [&](const wire::MethodResult& m) { return heard.contains(m.method); });
    for (const wire::MethodResult& m : results->methods) heard.insert(m.method);
    std::ranges::move(wire::proven_domains(*results), std::back_inserter(out));
  }
  return entered ? out : std::vector<std::string>{};
}

std::optional<std::string> listed(const std::vector<std::string>& domains, const Trusted& t) {
  for (const std::string& r : t.reporters)
    for (const std::string& d : domains)
      if (d == r || d.ends_with("." + r)) return r;
  return std::nullopt;
}

std::optional<model::ComplaintKind> kind_of(wire::FeedbackType type) {
  if (type == wire::FeedbackType::abuse) return model::ComplaintKind::abuse;
  if (type == wire::FeedbackType::fraud) return model::ComplaintKind::fraud;
  if (type == wire::FeedbackType::virus) return model::ComplaintKind::virus;
  return std::nullopt;
}

std::string first_of(std::string_view header, std::string_view name) {
  wire::Fields fields(header);
  while (auto field = fields.next())
    if (field->name == name) return std::move(field->value);
  return {};
}

// The line that was behind an address as the world saw it then, or why there is none.
Fate line_behind(const IpAddress& address, uint16_t port, Time at, const Trusted& t, IpAddress& out) {
  if (const auto logged = t.logged_behind ? t.logged_behind(address, port, at) : std::nullopt) {
    if (!at) return Fate::no_time;
    out = *logged;
    return out ? Fate::taken : Fate::shared;
  }
  const fold::Inside inside = t.outside.of(kTcp, address, port);
  if (inside.kind == fold::Behind::not_known) return Fate::shared;
  if (inside.kind == fold::Behind::itself && !is_in(t.network, address)) return Fate::not_ours;
  out = inside.address;
  return Fate::taken;
}

// Who handed this to our relay.
Fate sender_of(const wire::Received& entry, const Trusted& t, std::string& account, IpAddress& source) {
  account = entry.account;
  if (account.empty() && t.account_of && !entry.id.empty()) account = t.account_of(entry.id);
  account = model::account_name(account);
  return account.empty() ? line_behind(entry.from, 0, entry.at, t, source) : Fate::taken;
}

}  // namespace

Word word_of_report(const wire::HeardMail& mail, std::string_view message, const Trusted& t) {
  const std::vector<std::string> domains = proven(message, t);
  if (domains.empty()) return {};
  const auto reporter = listed(domains, t);
  if (!reporter) return {.fate = Fate::unlisted, .who = domains[0], .body = {}, .mark = 0};
  Word out{.fate = Fate::not_whole, .who = *reporter, .body = {}, .mark = 0};
  const auto report = wire::read_feedback_report(mail.report);
  if (!report) return out;
  const auto kind = kind_of(report->type);
  out.fate = kind ? Fate::not_ours : Fate::no_complaint;
  if (!kind || !report->source) return out;
  model::Complaint c{.reporter = *reporter, .kind = *kind, .source = {}, .sent = {}, .account = {}};
  c.relayed = is_in(t.relay, report->source);
  if (c.relayed) {
    const auto entry = entry_of(mail.copied, t, true);
    if (!entry) return out;
    out.fate = sender_of(*entry, t, c.account, c.source);
    c.sent = entry->at;
  } else {
    // Without an Arrival-Date, when the first server that took it says it did: the reporter's own.
    c.sent = report->arrived ? report->arrived : wire::read_received(first_of(mail.copied, "received")).at;
    out.fate = line_behind(report->source, report->port, c.sent, t, c.source);
  }
  if (out.fate != Fate::taken) return out;
  if (!c.sent && c.account.empty()) {
    out.fate = Fate::no_time;
    return out;
  }
  out.mark = mark_of(fmt::format("{} {} {} {} {} {}", c.reporter, to_string(report->source), report->port, c.sent.us,
                                 c.account, first_of(mail.copied, "message-id")));
  out.body = std::move(c);
  return out;
}

Word word_of_trap(std::string_view trap, std::string_view message, const Trusted& t, Time now) {
  Word out{.fate = Fate::not_ours, .who = std::string(trap), .body = {}, .mark = 0};
  const auto entry = entry_of(message, t, false);
  if (!entry) return out;
  model::TrapHit hit{.trap = std::string(trap), .source = {}, .sent = entry->at ? entry->at : now, .account = {}};
  out.fate = sender_of(*entry, t, hit.account, hit.source);
  if (out.fate == Fate::taken) out.body = std::move(hit);
  return out;
}

}  // namespace postern::observe::mail_intake
