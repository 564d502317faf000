// SPDX-License-Identifier: Apache-2.0
#include "rehearse/report.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>

#include "decide/common/limits.h"
#include "model/campaign.h"
#include "wire/json.h"

namespace postern::rehearse {
namespace {

constexpr size_t kContactedFirstMost = 20;  // named in the text; JSON has all
constexpr Duration kMonth = days(31);
constexpr Duration kWeek = days(7);

std::string_view word_of(model::Stage stage) {
  return stage == model::Stage::case_ ? std::string_view("case") : to_string(stage);
}

std::string quoted(std::string_view text) { return wire::Json(text).dump(); }

// wire::Json knows whole numbers only; nats are written here.
std::string nats(int32_t mnat) { return fmt::format("{}.{:03}", mnat / 1000, mnat % 1000); }

std::string time_or_null(Time t) { return t ? quoted(to_string(t)) : "null"; }

std::string number_if(Time reached, uint32_t n) { return reached ? std::to_string(n) : "null"; }

std::string broken_text(const Window& w) {
  std::string out;
  for (const auto& [why, lines] : w.broken)
    out += fmt::format("  {:>10}  {} (first: {})\n", lines.count, to_string(why), lines.first);
  return out.empty() ? out : "Lines not used, by what is wrong in them:\n" + out;
}

std::string span_text(const Window& w) {
  const Duration length = w.end - w.begin;
  std::string out = fmt::format("{} to {} (times without a zone read as UTC)", to_string(w.begin), to_string(w.end));
  const auto share = [&](Duration period) { return length.us * 100 / period.us; };
  if (length < kWeek) {
    out += fmt::format("; too short for weekly and monthly senders: {} % and {} % of them mailed within it",
                       share(kWeek), share(kMonth));
  } else if (length < kMonth) {
    out += fmt::format("; too short for monthly senders: {} % of them mailed within it", share(kMonth));
  }
  return out;
}

// One packet in n is seen: how many connections a line makes before it is seen at all in 19 cases of 20, when each has
// three packets as an attempt that nobody answers.
uint32_t seen_from(uint32_t sampling) {
  constexpr double kPackets = 3;
  return static_cast<uint32_t>(std::ceil(std::log(0.05) / (kPackets * std::log1p(-1.0 / sampling))));
}

std::string totals(std::span<const Row> rows) {
  std::string out;
  for (const model::Stage stage :
       {model::Stage::block, model::Stage::case_, model::Stage::throttle, model::Stage::watch, model::Stage::clear})
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ",
                       std::ranges::count(rows, stage, [](const Row& r) { return r.verdict->stage; }), word_of(stage));
  return out;
}

}  // namespace

std::vector<Row> rows_of(const Rehearsal& rehearsal) {
  std::vector<Row> rows;
  for (const auto& [number, verdict] : rehearsal.verdicts()) {
    const Subject& subject = rehearsal.subjects().at(number);
    rows.push_back({&subject, &verdict, kind_of(subject.sums, verdict.stage)});
  }
  std::ranges::sort(rows, [](const Row& a, const Row& b) {
    if (a.verdict->stage != b.verdict->stage) return a.verdict->stage > b.verdict->stage;
    if (a.verdict->score_mnat != b.verdict->score_mnat) return a.verdict->score_mnat > b.verdict->score_mnat;
    return a.subject->name < b.subject->name;
  });
  return rows;
}

std::string json_of(const Row& row) {
  const Verdict& v = *row.verdict;
  const Sums& s = row.subject->sums;
  std::vector<std::string> families;
  for (const auto& [name, mnat] : v.levels_mnat) families.push_back(fmt::format("{}:{}", quoted(name), nats(mnat)));
  std::string out = "{";
  const auto add = [&](std::string_view name, const std::string& value) {
    out += fmt::format("{}\"{}\":{}", out.size() == 1 ? "" : ",", name, value);
  };
  add("subject", quoted(row.subject->name));
  add("class", quoted(row.subject->class_name));
  add("verdict", quoted(word_of(v.stage)));
  add("case_at", time_or_null(v.case_at));
  add("block_at", time_or_null(v.block_at));
  add("first_contacts_at_case", number_if(v.case_at, v.first_contacts_at_case));
  add("first_contacts_at_block", number_if(v.block_at, v.first_contacts_at_block));
  add("score", nats(v.score_mnat));
  add("families", fmt::format("{{{}}}", fmt::join(families, ",")));
  add("kind", quoted(to_string(row.kind)));
  add("connections", std::to_string(s.connections));
  add("answered", std::to_string(s.answered));
  add("failed", std::to_string(s.failed));
  add("first_contacts", std::to_string(s.first_contacts));
  add("mail_names", std::to_string(s.names));
  add("explained", quoted(v.explained));
  return out + "}";
}

std::string remarks_of(const Rehearsal& rehearsal, std::span<const Row> rows) {
  const Window& w = rehearsal.window();
  const fold::MailFlows::Counters& c = rehearsal.flows().counters();
  std::string out = fmt::format("Recording: {} records, {} of mail; {}\n", w.records, w.mail, span_text(w));
  for (const std::string& why : w.cut_short) out += "Ended early: " + why + "; what came before it counts\n";
  if (w.packets_unread != 0)
    out += fmt::format("Packets that could not be read: {} of {}\n", w.packets_unread, w.packets);
  if (w.exports_unread != 0)
    out += fmt::format("Flow exports that could not be read: {} sets, samples or records\n", w.exports_unread);
  if (rows.empty()) out += "No subscriber's mail is in it. Are [network] subscriber_prefixes those of the recording?\n";
  if (w.one_way)
    out += "It sees one direction only (95 % of subscribers or more get no answers): outcomes are unknown.\n";
  if (w.returns_unknown && c.connections != 0)
    out += "Nothing in it tells whether answers are recorded: silence counts as no answer.\n";
  if (w.sampling > 1)
    out += fmt::format(
        "Sampled, 1 in {}: most short connections are missing. A line is seen (19 times of 20) from about {} "
        "connections on; who is clear or not listed may still mail.\n",
        w.sampling, seen_from(w.sampling));
  out += fmt::format("Folded: {} connections, {} first contacts; {} further records of them; {} of no attempt\n",
                     c.connections, c.first_contacts, c.folded, c.strays);
  if (const uint64_t n = rehearsal.subjects().ambiguous(); n != 0)
    out += fmt::format("Two lines held the address, so nobody is judged by it: {} times\n", n);
  if (w.local_relay != 0)
    out += fmt::format("To or from the provider's relay, not judged: {} records\n", w.local_relay);
  if (const uint64_t n = rehearsal.flows().outages().excused(); n != 0)
    out += fmt::format("Outages: {} failures count as unknown, because the same failed for others too\n", n);
  const uint64_t full = c.pending_full + rehearsal.counters().watch_full + rehearsal.subjects().refused();
  if (full != 0) out += fmt::format("A table was full {} times: results are incomplete\n", full);
  return out + broken_text(w);
}

std::string text_of(const Rehearsal& rehearsal, std::span<const Row> rows) {
  std::string out = remarks_of(rehearsal, rows);
  out += fmt::format("Subscribers that mail: {} ({})\n", rows.size(), totals(rows));
  size_t shown = 0;
  for (const Row& row : rows) {
    if (row.verdict->stage < model::Stage::watch || ++shown > kContactedFirstMost) break;
    if (shown == 1) out += "\nContact first, in this order:\n";
    const Verdict& v = *row.verdict;
    out += fmt::format("{:>3}. {} ({}): {}, {}, score {}\n", shown, row.subject->name, row.subject->class_name,
                       word_of(v.stage), words_of(row.kind), nats(v.score_mnat));
    if (v.case_at)
      out += fmt::format("     case at {}, after {} first contacts\n", to_string(v.case_at), v.first_contacts_at_case);
    if (v.block_at)
      out +=
          fmt::format("     block at {}, after {} first contacts\n", to_string(v.block_at), v.first_contacts_at_block);
    if (!v.explained.empty()) out += "     " + v.explained + "\n";
  }
  size_t tickets = 0;
  for (const Row& row : rows) {
    if (row.verdict->ticket.empty() || ++tickets > kContactedFirstMost) continue;
    if (tickets == 1) out += "\nBroken, and no case:\n";
    out += fmt::format("     {} ({}): {}\n", row.subject->name, row.subject->class_name, row.verdict->ticket);
  }
  if (tickets > kContactedFirstMost) out += fmt::format("     and {} more\n", tickets - kContactedFirstMost);
  out += "\nWho would notice a closed port 25:\n";
  for (size_t i = 0; i < pn_enum_size(Kind{}); ++i) {
    const Kind kind = static_cast<Kind>(i);
    const auto n = std::ranges::count(rows, kind, &Row::kind);
    if (n != 0) out += fmt::format("{:>7}  {}: {}\n", n, words_of(kind), advice_on(kind));
  }
  out += fmt::format("Relay: at most {} connections on port 25 a minute would move to it (mail servers left out)\n",
                     rehearsal.window().port25_minute_most);
  return out + "Nothing was changed: this reads files, opens no socket and asks no running posternd.\n";
}

std::string budget_words(const model::Policy& policy, uint64_t lines) {
  const decide::detect::Thresholds t =
      decide::detect::Budget{}.thresholds(lines, policy.case_score_mnat, policy.false_cases_milli);
  const auto least = [](int32_t mnat) { return fmt::format("{}.{}", mnat / 1'000, mnat % 1'000 / 100); };
  if (policy.false_cases_milli == 0) return fmt::format("detection: a case opens at a score of {}", least(t.set_mnat));
  return fmt::format(
      "detection: for {} false cases a day among {} lines a case opens at a score of {} by one kind of evidence and {} "
      "by "
      "several; with a day's traffic counted, by that (postern status)",
      fmt::format("{}.{:03}", policy.false_cases_milli / 1'000, policy.false_cases_milli % 1'000), lines,
      least(t.alone_mnat), least(t.together_mnat));
}

std::string permits_of(std::span<const Row> rows) {
  std::string out = "# Drafts: read each, ask the customer, put in the line's key and the version of the terms.\n";
  for (const Row& row : rows) {
    if (row.kind != Kind::mail_server) continue;
    out += fmt::format(
        "postern permit grant {} --kind own_server --terms VERSION --for 365d  # {}: {} connections, {} new networks, "
        "{} failed\n",
        row.subject->name, word_of(row.verdict->stage), row.subject->sums.connections, row.subject->sums.first_contacts,
        row.subject->sums.failed);
  }
  return out;
}

namespace {

std::optional<model::AdviceText> advice_of(Kind kind) {
  switch (kind) {
    case Kind::zombie:
      return model::AdviceText::check;
    case Kind::mail_server:
      return model::AdviceText::permit;
    case Kind::third_party_server:
    case Kind::mailing_device:
      return model::AdviceText::relay;
    case Kind::submission_client:
    case Kind::name_asker:
      break;
  }
  return std::nullopt;
}

// RFC 4180 section 2.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

}  // namespace

std::string campaign_of(std::span<const Row> rows) {
  std::string out = "line,advice\n";
  size_t n = 0;
  for (const Row& row : rows) {
    const auto advice = advice_of(row.kind);
    if (!advice || n == model::kCampaignRowsMax) continue;
    ++n;
    out += fmt::format("{},{}\n", csv_field(row.subject->name), to_string(*advice));
  }
  return out;
}

}  // namespace postern::rehearse
