// SPDX-License-Identifier: Apache-2.0
#include "rehearse/rehearsal.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "wire/traffic/capture/reader.h"
#include "wire/traffic/capture/traffic.h"
#include "wire/traffic/flow/flow_export.h"

namespace postern::rehearse {
namespace {

// First bytes of pcap (either byte order, micro- or nanoseconds) and pcapng.
constexpr std::array<std::string_view, 5> kCaptures{"\xa1\xb2\xc3\xd4", "\xd4\xc3\xb2\xa1", "\xa1\xb2\x3c\x4d",
                                                    "\x4d\x3c\xb2\xa1", "\x0a\x0d\x0d\x0a"};
// Where collectors usually listen: NetFlow and IPFIX (RFC 7011 section 10.3.4), sFlow.
constexpr std::array<uint16_t, 6> kExportPorts{2055, 4739, 6343, 9995, 9996, 9555};
constexpr uint8_t kTcp = 6;
constexpr uint8_t kUdp = 17;
constexpr uint8_t kAck = 16;
constexpr uint8_t kSyn = 2;
constexpr size_t kOneWayOf20 = 19;  // 95 %
constexpr Duration kSweepEvery = minutes(1);

Fact fact_of(const model::Flow& flow) {
  Fact f;
  f.at = flow.begin;
  f.end = flow.end;
  f.source = flow.source;
  f.destination = flow.destination;
  f.packets = flow.packets;
  f.sampling = flow.sampling;
  f.source_port = flow.source_port;
  f.destination_port = flow.destination_port;
  f.tcp_flags = flow.tcp_flags;
  f.flags_known = flow.flags_known;
  f.smtp = flow.smtp;
  return f;
}

model::Flow flow_of(const Fact& f) {
  model::Flow flow;
  flow.begin = f.at;
  flow.end = f.end;
  flow.source = f.source;
  flow.destination = f.destination;
  flow.packets = f.packets;
  flow.sampling = f.sampling;
  flow.source_port = f.source_port;
  flow.destination_port = f.destination_port;
  flow.protocol = kTcp;
  flow.tcp_flags = f.tcp_flags;
  flow.flags_known = f.flags_known;
  flow.smtp = f.smtp;
  return flow;
}

}  // namespace

Rehearsal::Rehearsal(const model::Policy& policy, std::vector<model::Subscriber> subscribers, SessionHistory history)
    : policy_(policy),
      subjects_(policy, std::move(subscribers), std::move(history)),
      flows_(
          [this](const IpAddress& client) {
            const uint32_t number = subjects_.of(client, now_);
            if (number == 0) return fold::MailFlows::Line{};
            return fold::MailFlows::Line{number, subjects_.policy_of(number).destination_memory};
          },
          [this](const fold::MailConnection& c) { on_connection(c); },
          [this](const fold::VolumeMinute& m) { on_volume(m); }),
      scans_([this](const fold::ScanStep& s) {
        see(s.line, model::PortScan{{s.line}, s.source, s.destination, s.port}, s.at);
      }) {}

Status Rehearsal::read(const std::string& path, std::optional<Profile> profile) {
  Source source = PN_TRY(Source::open(path));
  const std::string_view magic = PN_TRY(source.peek(4));
  return std::ranges::find(kCaptures, magic) != kCaptures.end() ? read_capture(source) : read_csv(source, profile);
}

// What was read before it counts; that there was more is said.
void Rehearsal::cut_short(const Error& why) { window_.cut_short.push_back(why.text()); }

Status Rehearsal::read_capture(Source& source) {
  Status kept;
  const auto take_it = [&](const auto& fact) {
    if (kept) kept = take(fact);
  };
  wire::Traffic traffic({}, take_it, take_it);
  wire::FlowExport exported({}, take_it);
  const auto see = [&](const wire::CapturedPacket& packet) {
    const auto headers = wire::read_headers(packet.link, packet.octets);
    if (!packet.at || (!headers && headers.error() != wire::NoHeaders::not_ip)) ++window_.packets_unread;
    if (!packet.at || !headers) return;
    if (headers->protocol == kUdp && std::ranges::find(kExportPorts, headers->destination_port) != kExportPorts.end())
      return exported.decode(headers->source, packet.at, headers->payload);
    traffic.see(packet.at, *headers);
  };
  wire::CaptureReader reader;
  std::array<uint8_t, 65'536> chunk{};
  const auto read_all = [&]() -> Status {
    while (kept) {
      const size_t got = PN_TRY(source.read(chunk));
      if (got == 0) return reader.finish();
      PN_TRY_VOID(reader.push(std::as_bytes(std::span(chunk).first(got)), see));
    }
    return {};
  };
  if (const Status end = read_all(); !end) {
    Error why = end.error();
    if (why.where != source.name()) why.where = source.name() + (why.where.empty() ? "" : ", " + why.where);
    cut_short(why);
  }
  traffic.finish();
  window_.packets += reader.packets();
  for (size_t i = 0; i < pn_enum_size(wire::FlowFault{}); ++i)
    window_.exports_unread += exported.faults(static_cast<wire::FlowFault>(i));
  return kept;
}

Status Rehearsal::read_csv(Source& source, std::optional<Profile> profile) {
  Lines lines(source);
  FlowCsv csv(profile);
  std::vector<model::Flow> flows;
  std::string_view line;
  bool whole = true;
  const uint64_t before = window_.records;
  while (true) {
    const Result<bool> more = lines.next(line, whole);
    if (!more) cut_short(more.error());
    if (!more || !*more) break;
    const auto broken = whole ? csv.read(line, flows) : std::optional(Broken::too_long);
    if (broken) {
      BrokenLines& b = window_.broken[*broken];
      if (b.count++ == 0) b.first = fmt::format("{}:{}", source.name(), lines.number());
      if (*broken == Broken::header && window_.records == before && b.count > 1) break;
      continue;
    }
    for (const model::Flow& flow : flows) PN_TRY_VOID(take(flow));
  }
  if (window_.records == before && window_.broken.contains(Broken::header))
    return fail(Errc::bad_input, "no column names, and no profile that says what the columns are", source.name(),
                "add --profile nfdump, argus or ugr16, or a header line");
  return {};
}

void Rehearsal::see_span(Time begin, Time end) {
  ++window_.records;
  if (!window_.begin || begin < window_.begin) window_.begin = begin;
  window_.end = std::max(window_.end, end);
}

Status Rehearsal::take(const model::DnsQuestion& question) {
  see_span(question.at, question.at);
  Fact f;
  f.name = fold::mail_name(question.type, question.name);
  if (f.name == 0 || !subjects_.governed(question.client)) return {};
  ++window_.mail;
  f.at = question.at;
  f.source = question.client;
  f.destination_port = question.type;
  f.answered = question.answered;
  f.rcode = question.rcode;
  return sorted_.add(f);
}

Status Rehearsal::take(const model::Flow& flow) {
  see_span(flow.begin, flow.end);
  window_.sampling = std::max(window_.sampling, flow.sampling);
  if (flow.protocol != kTcp) return {};
  look_at_direction(flow);
  const bool from = fold::is_mail_port(flow.source_port);
  const bool to = fold::is_mail_port(flow.destination_port);
  if (!from && !to && !flow.smtp) {
    if (!flow.flags_known || !subjects_.governed(flow.source)) return {};
    const bool scans =
        fold::PortScans::is_unanswered(flow.protocol, flow.source_port, flow.destination_port, flow.tcp_flags);
    if (scans && flow.destination_port != 80 && flow.destination_port != 443) scanned_.set(flow.destination_port);
    // Whoever looks for peers is told from whoever guesses by those that answer.
    const bool answered =
        scanned_.test(flow.destination_port) && fold::PortScans::is_answered(flow.protocol, flow.tcp_flags);
    return scans || answered ? sorted_.add(fact_of(flow)) : Status{};
  }
  if (!subjects_.governed(flow.source) && !subjects_.governed(flow.destination)) return {};
  ++window_.mail;
  return sorted_.add(fact_of(flow));
}

bool Rehearsal::is_relay(const IpAddress& address) const {
  return std::ranges::any_of(policy_.relay, [&](const Prefix& p) { return p.contains(address); });
}

// Whoever acknowledges was answered; when no answer is in the recording, it sees one direction only.
void Rehearsal::look_at_direction(const model::Flow& flow) {
  if (!flow.flags_known) return;
  const auto find = [&](const IpAddress& address) -> Direction* {
    if (!subjects_.governed(address)) return nullptr;
    const uint32_t number = subjects_.of(address, flow.begin);
    if (number == 0) return nullptr;
    if (directions_.size() >= kDirectionsMax && !directions_.contains(number)) return nullptr;
    return &directions_[number];
  };
  if (Direction* d = find(flow.source)) d->out_answered = d->out_answered || (flow.tcp_flags & kAck) != 0;
  if (Direction* d = find(flow.destination)) d->in = true;
}

void Rehearsal::judge_direction() {
  size_t telling = 0;
  size_t silent = 0;
  for (const auto& [number, d] : directions_) {
    telling += d.in || d.out_answered ? 1 : 0;
    silent += !d.in && d.out_answered ? 1 : 0;
  }
  window_.returns_unknown = telling == 0;
  window_.one_way = telling != 0 && silent * 20 >= telling * kOneWayOf20;
  flows_.set_one_way(window_.one_way);
}

Status Rehearsal::run() {
  judge_direction();
  watch_.set_lines(subjects_.count());
  PN_TRY_VOID(sorted_.finish());
  Fact fact;
  Time swept;
  while (PN_TRY(sorted_.next(fact))) {
    if (fact.name != 0) {
      on_question(fact);
    } else {
      on_flow(flow_of(fact));
    }
    if (fact.at - swept > kSweepEvery) {
      swept = fact.at;
      watch_.sweep(fact.at, [this](uint64_t key) {
        const auto line = static_cast<uint32_t>(key);
        return decide::detect::Subject{{line}, &subjects_.policy_of(line)};
      });
    }
  }
  flows_.advance(window_.end + fold::MailFlows::kAnswerWithin + seconds(1));
  for (const auto& [minute, n] : minutes_) window_.port25_minute_most = std::max(window_.port25_minute_most, n);
  return {};
}

void Rehearsal::on_flow(const model::Flow& flow) {
  if (!flow.smtp && !fold::is_mail_port(flow.source_port) && !fold::is_mail_port(flow.destination_port)) {
    flows_.advance(flow.begin);
    const uint32_t number = subjects_.of(flow.source, flow.begin);
    if (number == 0) return;
    if (fold::PortScans::is_answered(flow.protocol, flow.tcp_flags)) {
      scans_.see_answered(number, flow);
    } else {
      scans_.see(number, flow);
    }
    return;
  }
  if (is_relay(flow.destination) || is_relay(flow.source)) {
    ++window_.local_relay;
    return;
  }
  // A line that answers on its own port 25 receives mail.
  if (flow.source_port == 25 && (flow.tcp_flags & kAck) != 0 && (flow.tcp_flags & kSyn) != 0)
    if (const uint32_t number = subjects_.of(flow.source, flow.begin)) ++subjects_.at(number).sums.served;
  now_ = flow.begin;
  flows_.see(flow);
}

void Rehearsal::on_question(const Fact& fact) {
  flows_.advance(fact.at);
  const uint32_t number = subjects_.of(fact.source, fact.at);
  if (number == 0) return;
  verdicts_.try_emplace(number);
  if (!names_.first(number, fact.name, fact.at)) return;
  Sums& sums = subjects_.at(number).sums;
  ++sums.names;
  sums.domains += fact.destination_port == fold::kDnsMx ? 1 : 0;
  constexpr uint8_t kNxDomain = 3;
  const model::MailLookup lookup{
      {number}, fact.source, fact.destination_port == fold::kDnsMx, fact.answered && fact.rcode == kNxDomain};
  if (listener_.name) listener_.name(lookup, fact.name, fact.at);
  see(number, lookup, fact.at);
}

void Rehearsal::on_connection(const fold::MailConnection& c) {
  if (listener_.connection) listener_.connection(c);
  Sums& sums = subjects_.at(c.line).sums;
  ++sums.connections;
  sums.answered += c.outcome == model::Outcome::success ? 1 : 0;
  sums.failed += c.outcome == model::Outcome::failure ? 1 : 0;
  if (c.port == 25) {
    ++sums.port25;
    const auto network = static_cast<uint32_t>(fold::fingerprint(destination_network(c.destination)) | 1);
    const auto known = std::span(sums.networks25).first(sums.networks25_known);
    if (sums.networks25_known < sums.networks25.size() && std::ranges::find(known, network) == known.end())
      sums.networks25[sums.networks25_known++] = network;
    if (sums.served == 0) {
      // The busiest minute is wanted, so the quiet ones may go.
      if (minutes_.size() >= 100'000) std::erase_if(minutes_, [](const auto& m) { return m.second < 2; });
      ++minutes_[static_cast<uint32_t>(c.begun.unix_seconds() / 60)];
    }
  }
  verdicts_.try_emplace(c.line);
  if (!c.first) return;
  ++sums.first_contacts;
  model::FirstContact contact;
  contact.line = {c.line};
  contact.source = c.source;
  contact.destination = c.destination;
  contact.port = c.port;
  contact.verdict = model::Verdict::open;
  contact.outcome = c.outcome;
  contact.dark = std::ranges::any_of(policy_.dark, [&](const Prefix& p) { return p.contains(c.destination); });
  contact.provider = c.port != 25 && fold::is_submission_provider(c.destination);
  see(c.line, contact, c.known);
}

void Rehearsal::on_volume(const fold::VolumeMinute& m) {
  see(m.line, model::MailVolume{{m.line}, m.source, m.destination, m.port, m.connections}, m.at);
}

void Rehearsal::see(uint32_t line, const model::ObservationBody& body, Time at) {
  Verdict& v = verdicts_[line];
  const decide::detect::Subject subject{{line}, &subjects_.policy_of(line)};
  for (decide::detect::Reached& reached : watch_.see(subject, body, at, policy_, counters_)) {
    const model::Finding& f = reached.finding;
    if (f.mode != model::Mode::on) continue;
    if (reached.ticket) v.ticket = reached.summary;
    if (reached.ticket || f.stage < v.stage) continue;
    v.stage = f.stage;
    v.score_mnat = f.score_mnat;
    v.levels_mnat = f.levels_mnat;
    v.explained = reached.summary;
    const uint32_t contacts = f.first_contacts != 0 ? f.first_contacts : subjects_.at(line).sums.domains;
    if (f.stage >= model::Stage::case_ && !v.case_at) {
      v.case_at = at;
      v.first_contacts_at_case = contacts;
    }
    if (f.stage == model::Stage::block && !v.block_at) {
      v.block_at = at;
      v.first_contacts_at_block = contacts;
    }
  }
  if (v.stage != model::Stage::clear) return;
  if (const auto now = watch_.view(subject, at, policy_)) {
    if (now->score_mnat < v.score_mnat) return;
    v.score_mnat = now->score_mnat;
    v.levels_mnat.clear();
    for (const decide::LevelView& level : now->levels) v.levels_mnat[std::string(level.detector)] = level.level_mnat;
  }
}

}  // namespace postern::rehearse
