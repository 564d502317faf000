// SPDX-License-Identifier: Apache-2.0
#include "bench/watch/stored.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "rehearse/rehearsal.h"

namespace postern::bench {
namespace {

constexpr std::string_view kEmotet = "emotet2017-smtp/emotet_20171010_mail_dns_headers.pcap.xz";
constexpr std::string_view kVirut = "ctu13-s5-netflow/capture20110815-2.netflow.labeled.5k.csv.xz";
constexpr std::string_view kVirutDns = "ctu13-s13-dns/virut_dns_until_1645utc.pcap.xz";
constexpr std::string_view kIsp = "ugr16-isp-hosts/ugr16_20160411_hostsA.csv.xz";
constexpr std::string_view kEmotetNet = "10.10.10.0/24";
constexpr std::string_view kVirutNet = "147.32.0.0/16";
constexpr std::string_view kIspNet = "42.219.0.0/16";
constexpr std::string_view kVirutBot = "147.32.84.165";
constexpr size_t kSmallMemory = size_t{1} << 18;

struct Result1 {
  std::optional<Found> case_;
  std::optional<Found> block;
};

Ours judged(const std::vector<Deed>& deeds, const model::Policy& policy) {
  Ours ours(policy, [&](uint32_t) -> const model::ClassPolicy& { return policy.classes.at(policy.default_class); });
  for (const Deed& d : deeds) ours.see(d);
  return ours;
}

void add_found(Report& report, const std::string& name, const std::optional<Found>& found, double bar) {
  if (found) {
    report.add({name, static_cast<double>(found->contacts), bar, "first contacts", found->contacts / bar, 0});
  } else {
    report.add({name, 0, bar, "first contacts; NOT FOUND", std::nullopt, 0});
  }
}

std::optional<Found> of(const std::unordered_map<uint32_t, Found>& all, uint32_t line) {
  const auto it = all.find(line);
  return it == all.end() ? std::nullopt : std::optional(it->second);
}

std::vector<Deed> of_line(const Recording& r, uint32_t line) {
  std::vector<Deed> out;
  std::ranges::copy_if(r.deeds, std::back_inserter(out), [&](const Deed& d) { return d.line == line; });
  return out;
}

uint32_t line_at(const Recording& r, std::string_view address) {
  for (const auto& [line, name] : r.names)
    if (name == address) return line;
  return 0;
}

void bot_rows(Report& report, const std::string& name, const std::vector<Deed>& deeds, const model::Policy& policy,
              double case_bar, std::optional<double> block_bar) {
  const Ours ours = judged(deeds, policy);
  const uint32_t line = deeds.empty() ? 0 : deeds.front().line;
  const auto found = of(ours.found(), line);
  add_found(report, name + ".case", found, case_bar);
  if (block_bar) add_found(report, name + ".block", of(ours.blocks(), line), *block_bar);
  if (found)
    report.add({name + ".seconds_to_case", static_cast<double>((found->at - deeds.front().begun).us) / 1e6, 20.0,
                "s after the first connection", std::nullopt, 0});
  for (auto& [rule_name, rule] : baselines()) {
    for (const Deed& d : deeds) rule->see(d);
    const auto theirs = of(rule->found(), line);
    report.add({fmt::format("{}.{}", name, rule_name), theirs ? static_cast<double>(theirs->contacts) : 0, std::nullopt,
                theirs ? "first contacts" : "first contacts; NOT FOUND", std::nullopt, 0});
  }
}

std::set<uint32_t> senders_of(const Recording& r) {
  std::set<uint32_t> out;
  for (const Deed& d : r.deeds)
    if (!d.is_name && d.port == 25) out.insert(d.line);
  return out;
}

void isp_rows(Report& report, const Recording& isp, const model::Policy& policy, const std::string& name, double bar) {
  const std::set<uint32_t> senders = senders_of(isp);
  const auto among = [&](const std::unordered_map<uint32_t, Found>& found) {
    return static_cast<double>(std::ranges::count_if(found, [&](const auto& f) { return senders.contains(f.first); }));
  };
  const Ours ours = judged(isp.deeds, policy);
  const auto unit = fmt::format("of {} real senders, a day", senders.size());
  report.add({name + ".cases", among(ours.found()), bar, unit, std::nullopt, 0});
  report.add({name + ".blocks", among(ours.blocks()), 0, unit, std::nullopt, 0});
  for (auto& [rule_name, rule] : baselines()) {
    for (const Deed& d : isp.deeds) rule->see(d);
    report.add({fmt::format("{}.{}", name, rule_name), among(rule->found()), std::nullopt, unit, std::nullopt, 0});
  }
}

// `bot` from `begin` on, so many times slower, on `line`; what was a first contact is found out anew.
std::vector<Deed> overlaid(std::vector<Deed> benign, const std::vector<Deed>& bot, uint32_t line, Time begin,
                           int64_t slower, Duration memory) {
  const Time start = bot.front().begun;
  for (Deed d : bot) {
    const Duration answer = d.at - d.begun;
    d.begun = begin + (d.begun - start) * slower;
    d.at = d.begun + answer;
    d.line = line;
    benign.push_back(d);
  }
  std::ranges::sort(benign, {}, &Deed::at);
  fold::Destinations seen(memory, kSmallMemory);
  fold::Destinations asked(hours(24), kSmallMemory);
  std::erase_if(benign, [&](Deed& d) {
    if (!d.is_name) d.first = seen.first(line, fold::fingerprint(destination_network(d.destination)), d.begun);
    return d.is_name && !asked.first(line, d.name, d.at);
  });
  return benign;
}

// Eight networks in seven minutes and none answers: the slowest published bot that is seen by failure alone.
std::vector<Deed> eight_failing() {
  std::vector<Deed> out;
  for (uint32_t i = 0; i < 8; ++i) {
    Deed d;
    d.begun = Time{} + seconds(1'000 + 52 * i);
    d.at = d.begun + fold::MailFlows::kAnswerWithin;
    d.outcome = model::Outcome::failure;
    d.destination = IpAddress::v4(0xc6120019U + (i << 8));
    out.push_back(d);
  }
  return out;
}

// By rule: lines that were clear without the bot, and of these found with it.
struct Tally {
  struct One {
    int clear = 0;
    double found = 0;
  };
  std::map<std::string, One> rules;

  void add(const std::vector<Deed>& alone, const std::vector<Deed>& both, const model::Policy& policy) {
    const auto note = [&](std::string_view name, bool before, bool after) {
      One& one = rules[std::string(name)];
      one.clear += before ? 0 : 1;
      one.found += !before && after ? 1 : 0;
    };
    note("ours", !judged(alone, policy).found().empty(), !judged(both, policy).found().empty());
    std::vector<Named> first = baselines();
    std::vector<Named> second = baselines();
    for (size_t i = 0; i < first.size(); ++i) {
      for (const Deed& d : alone) first[i].rule->see(d);
      for (const Deed& d : both) second[i].rule->see(d);
      note(first[i].name, !first[i].rule->found().empty(), !second[i].rule->found().empty());
    }
  }
};

}  // namespace

model::Policy policy_for(std::string_view network, std::string_view class_name) {
  model::Policy policy;
  policy.classes["unknown"] = {};
  policy.classes["residential"] = {};
  for (const char* open : {"business", "hosting"})
    policy.classes[open] = {
        .verdict = model::Verdict::open, .destination_memory = days(30), .new_network_every = seconds(60)};
  policy.default_class = class_name;
  policy.subscriber_prefixes = {parse_prefix(network).value()};
  return policy;
}

Result<Recording> record(const std::string& path, const model::Policy& policy) {
  Recording out;
  rehearse::Rehearsal rehearsal(policy, {});
  rehearsal.listen({.connection =
                        [&](const fold::MailConnection& c) {
                          Deed d;
                          d.at = c.known;
                          d.begun = c.begun;
                          d.line = c.line;
                          d.outcome = c.outcome;
                          d.port = c.port;
                          d.source = c.source;
                          d.destination = c.destination;
                          d.first = c.first;
                          out.deeds.push_back(d);
                        },
                    .name =
                        [&](const model::MailLookup& l, uint64_t name, Time at) {
                          Deed d;
                          d.at = d.begun = at;
                          d.line = l.line.value;
                          d.is_name = true;
                          d.mx = l.mx;
                          d.not_there = l.not_there;
                          d.source = l.source;
                          d.name = name;
                          out.deeds.push_back(d);
                        }});
  PN_TRY_VOID(rehearsal.read(path, std::nullopt));
  PN_TRY_VOID(rehearsal.run());
  for (const auto& [line, verdict] : rehearsal.verdicts()) out.names[line] = rehearsal.subjects().at(line).name;
  std::ranges::sort(out.deeds, {}, &Deed::at);
  return out;
}

Status stored(Report& report, const std::string& folder) {
  const auto path = [&](std::string_view file) { return folder + "/" + std::string(file); };
  const model::Policy emotet = policy_for(kEmotetNet, "residential");
  const Recording mail = PN_TRY(record(path(kEmotet), emotet));
  bot_rows(report, "watch.emotet2017", mail.deeds, emotet, 5, 7);
  const model::Policy campus = policy_for(kVirutNet, "residential");
  const Recording virut = PN_TRY(record(path(kVirut), campus));
  bot_rows(report, "watch.ctu13_s5", of_line(virut, line_at(virut, kVirutBot)), campus, 5, 7);
  const Recording names = PN_TRY(record(path(kVirutDns), campus));
  bot_rows(report, "watch.ctu13_s13_mx", of_line(names, line_at(names, kVirutBot)), campus, 7, std::nullopt);
  const model::Policy hosting = policy_for(kIspNet, "hosting");
  const Recording isp = PN_TRY(record(path(kIsp), hosting));
  isp_rows(report, isp, hosting, "watch.ugr16_hosting", 1);
  const model::Policy residential = policy_for(kIspNet, "residential");
  const Recording harsh = PN_TRY(record(path(kIsp), residential));
  isp_rows(report, harsh, residential, "watch.ugr16_as_homes", 3);
  report.note(
      "recordings: references are the bars (a case at <= 5 first contacts, a block at <= 7, 7 names; <= 1 case "
      "among the real senders); 0 of 11 senders in a day proves little");
  return {};
}

Status overlays(Report& report, const std::string& folder) {
  const auto path = [&](std::string_view file) { return folder + "/" + std::string(file); };
  const model::Policy hosting = policy_for(kIspNet, "hosting");
  const Recording isp = PN_TRY(record(path(kIsp), hosting));
  const Recording mail = PN_TRY(record(path(kEmotet), policy_for(kEmotetNet, "residential")));
  const model::Policy campus = policy_for(kVirutNet, "residential");
  const Recording virut = PN_TRY(record(path(kVirut), campus));
  const Recording names = PN_TRY(record(path(kVirutDns), campus));
  const std::vector<std::pair<std::string, std::vector<Deed>>> bots{
      {"emotet2017", mail.deeds},
      {"ctu13_s5", of_line(virut, line_at(virut, kVirutBot))},
      {"ctu13_s13_mx", of_line(names, line_at(names, kVirutBot))},
      {"8_failing", eight_failing()}};
  const std::set<uint32_t> senders = senders_of(isp);
  const model::Policy homes = policy_for(kIspNet, "residential");
  const std::vector<uint32_t> hosts(senders.begin(), senders.end());
  const uint32_t home = hosts.back() + 1'000'000;  // a line that does nothing else
  for (const auto& [bot, deeds] : bots) {
    for (const int64_t slower : {1, 10, 100}) {
      const auto count = [&](std::string_view on, const model::Policy& policy, std::span<const uint32_t> lines,
                             Duration after) {
        const Duration memory = policy.classes.at(policy.default_class).destination_memory;
        const Time begin = isp.deeds.front().begun + after;
        Tally tally;
        for (const uint32_t line : lines) {
          const std::vector<Deed> alone = of_line(isp, line);
          tally.add(alone, overlaid(alone, deeds, line, begin, slower, memory), policy);
        }
        for (const auto& [name, t] : tally.rules) {
          const bool bar = name == "ours" && bot == "8_failing" && slower <= 10 && t.clear > 0;
          report.add({fmt::format("watch.overlay.{}.{}.x{}.{}", bot, on, slower, name), t.found,
                      bar ? std::optional<double>(t.clear) : std::nullopt, fmt::format("of {} lines found", t.clear),
                      bar ? std::optional<double>(t.found / t.clear) : std::nullopt, 0});
        }
      };
      count("hosting", hosting, hosts, hours(1));
      count("hosting_13h", hosting, hosts, hours(13));
      count("home", homes, std::span(&home, 1), hours(1));
    }
  }
  report.note(
      "overlays: each bot over each of the real senders of a day (class hosting), one hour and 13 hours after the "
      "recording "
      "begins, and over a silent home; senders that the rule finds without any bot are left out; references "
      "are the bar: eight networks that do not answer, as recorded and ten times slower, on every line");
  return {};
}

}  // namespace postern::bench
