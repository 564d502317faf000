// SPDX-License-Identifier: Apache-2.0
#include "decide/watch/watch.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

#include "decide/common/limits.h"
#include "decide/watch/each.h"

namespace postern::decide::detect {
namespace {

using model::Mode;
using model::Stage;

constexpr uint16_t kSmtp = 25;

template <class... D>
constexpr bool all_detectors(const std::tuple<D...>*) {
  return (IsDetector<D> && ...);
}
static_assert(all_detectors(static_cast<const Registry*>(nullptr)), "see decide/frame/contract.h");
static_assert(all_detectors(static_cast<const account::Registry*>(nullptr)), "see decide/frame/contract.h");

template <class R>
std::span<const std::string_view> witnesses() {
  static constexpr std::array<std::string_view, std::tuple_size_v<R>> kWitnesses =
      []<class... D>(const std::tuple<D...>*) {
        return std::array<std::string_view, std::tuple_size_v<R>>{D::kWitness...};
      }(static_cast<const R*>(nullptr));
  return kWitnesses;
}

template <class D>
constexpr std::string_view kind_of() {
  if constexpr (requires { D::kKind; }) {
    return D::kKind;
  } else {
    return D::kWitness;
  }
}

// What a step counts where a line would be restricted.
template <class D>
int32_t restricting(const Entry& entry) {
  if constexpr (requires { D::restricting(entry); }) {
    return D::restricting(entry);
  } else {
    return entry.mnat;
  }
}

// 16 bits: one in 4,000 first contacts is taken for one of the 16 kept, which hides evidence and never invents any.
uint16_t fingerprint(const Prefix& network) {
  uint32_t h = 2'166'136'261U;
  for (const uint8_t byte : network.address.bytes) h = (h ^ byte) * 16'777'619U;
  h = (h ^ network.length) * 16'777'619U;
  return static_cast<uint16_t>(std::max((h >> 16 ^ h) & 0xffffU, 1U));
}

}  // namespace

template <class R>
std::span<const std::string_view> WatchOf<R>::names() {
  static constexpr std::array<std::string_view, kDetectors> kNames = []<class... D>(const std::tuple<D...>*) {
    return std::array<std::string_view, kDetectors>{D::kName...};
  }(static_cast<const R*>(nullptr));
  return kNames;
}

template <class R>
typename WatchOf<R>::Modes WatchOf<R>::modes_of(const model::Policy& policy) {
  Modes modes{};
  for (size_t i = 0; i < kDetectors; ++i) {
    const auto it = policy.detectors.find(std::string(names()[i]));
    modes[i] = it == policy.detectors.end() ? Mode::on : it->second;
  }
  return modes;
}

template <class R>
int32_t WatchOf<R>::score_of(const Levels& levels, const Modes& modes, Mode least) {
  // By the first family of each witness. Adding likelihoods takes the families to be independent; those of one witness
  // see the same act, so the louder of them speaks.
  Levels heard{};
  each<R>([&]<class D>(auto i) {
    if (modes[i] < least || is_ticket<D>()) return;
    int32_t& loudest =
        heard[static_cast<size_t>(std::ranges::find(witnesses<R>(), D::kWitness) - witnesses<R>().begin())];
    loudest = std::max(loudest, std::min(levels[i], kFamilyCapMnat));
  });
  return std::accumulate(heard.begin(), heard.end(), 0);
}

template <class R>
Stage WatchOf<R>::stage_of(const Levels& levels, const Modes& modes, Mode least, const Thresholds& thresholds) {
  int32_t highest = 0;
  bool rare = false;
  std::vector<std::string_view> kinds;
  each<R>([&]<class D>(auto i) {
    if (modes[i] < least || is_ticket<D>()) return;
    highest = std::max(highest, levels[i]);
    if constexpr (requires { D::kRare; }) rare = rare || levels[i] >= kWatchMnat;
    if (levels[i] >= kWatchMnat && std::ranges::find(kinds, kind_of<D>()) == kinds.end()) kinds.push_back(kind_of<D>());
  });
  const int32_t score = score_of(levels, modes, least);
  const int32_t together = rare ? thresholds.set_mnat : thresholds.together_mnat;
  if (score >= std::max(kBlockMnat, together) && kinds.size() >= 2) return Stage::block;
  if (score >= together) return Stage::case_;
  if (std::min(highest, kFamilyCapMnat) >= thresholds.alone_mnat) return Stage::case_;
  if (highest >= kThrottleMnat) return Stage::throttle;
  return highest >= kWatchMnat ? Stage::watch : Stage::clear;
}

template <class R>
typename WatchOf<R>::Levels WatchOf<R>::restricting_levels(const Line& line, Context context) {
  const std::vector<Entry> entries = line.ring.entries();
  const std::vector<bool> walked = unseen_walks(entries);
  const Time now = context.now;
  Levels out{};
  each<R>([&]<class D>(auto i) {
    bool begun = false;
    Level level;
    for (size_t at = 0; at < entries.size(); ++at) {
      const Entry& e = entries[at];
      if (e.detector != i) continue;
      context.now = e.at;
      const int32_t before = begun ? D::level(level, context) : std::max(e.level_mnat - e.mnat, 0);
      begun = true;
      level = {std::clamp(before + (walked[at] ? 0 : restricting<D>(e)), 0, kLevelMaxMnat), e.at};
    }
    context.now = now;
    out[i] = begun ? D::level(level, context) : D::level(std::get<i>(line.states).get().level, context);
  });
  return out;
}

template <class R>
Stage WatchOf<R>::stage_of(const Line& line, const Context& context, const Levels& levels, const Modes& modes,
                           Mode least, const Thresholds& thresholds) {
  const Stage stage = stage_of(levels, modes, least, thresholds);
  if (!kLines || stage < Stage::block) return stage;
  return stage_of(restricting_levels(line, context), modes, least, thresholds) == Stage::block ? stage : Stage::case_;
}

template <class R>
typename WatchOf<R>::Levels WatchOf<R>::levels_of(const Line& line, const Context& context) {
  Levels levels{};
  each<R>([&]<class D>(auto i) { levels[i] = D::level(std::get<i>(line.states).get().level, context); });
  return levels;
}

template <class R>
void WatchOf<R>::pace_of(const Line& line, Context& context) {
  if (context.declared_server) context.own_every = seconds(line.seldom.get().pace.every_s);
}

template <class R>
void WatchOf<R>::adopt_pace(Line& line, Context& context) {
  Seldom seldom = line.seldom.get();
  seldom.pace.every_s = seldom.pace.earned_s;
  line.seldom.put(seldom);
  pace_of(line, context);
}

// Every level has been under kQuietMnat for kFindingQuiet: levels only fall by time, so one look back is enough.
template <class R>
bool WatchOf<R>::is_quiet(const Line& line, Context context) {
  if (context.now - line.newest < kFindingQuiet) return false;
  context.now = context.now - kFindingQuiet;
  return std::ranges::all_of(levels_of(line, context), [](int32_t level) { return level < kQuietMnat; });
}

template <class R>
bool WatchOf<R>::is_new_network(Line& line, const IpAddress& destination) {
  const uint16_t mark = fingerprint(destination_network(destination));
  if (std::ranges::find(line.networks, mark) != line.networks.end()) return false;
  line.networks[line.next_network] = mark;
  line.next_network = static_cast<uint8_t>((line.next_network + 1) % kNetworksKept);
  return true;
}

template <class R>
bool WatchOf<R>::add(Line& line, const model::ObservationBody& body, const Context& context, const Modes& modes) {
  bool speaks = false;
  each<R>([&]<class D>(auto i) {
    if (modes[i] == Mode::off) return;
    typename D::State state = std::get<i>(line.states).get();
    const int32_t mnat = D::see(state, body, context);
    const int32_t before = D::level(state.level, context);
    if (mnat == 0 || (mnat < 0 && before == 0)) return std::get<i>(line.states).put(state);
    const int64_t sum = int64_t{before} + mnat;
    state.level = {static_cast<int32_t>(std::clamp<int64_t>(sum, 0, kLevelMaxMnat)), context.now};
    std::get<i>(line.states).put(state);
    Entry entry{context.now, {}, 0, model::Outcome::unknown, static_cast<uint8_t>(i), mnat, state.level.mnat};
    if (const auto* contact = std::get_if<model::FirstContact>(&body)) {
      entry.destination = contact->destination;
      entry.port = contact->port;
      entry.outcome = contact->outcome;
    } else if (const auto* volume = std::get_if<model::MailVolume>(&body)) {
      entry.destination = volume->destination;
      entry.port = volume->port;
    } else if (const auto* scan = std::get_if<model::PortScan>(&body)) {
      entry.destination = scan->destination;
      entry.port = scan->port;
    } else if (const auto* complaint = std::get_if<model::Complaint>(&body)) {
      // What a line handed to a receiver itself went to its port 25.
      entry.port = complaint->relayed ? 0 : kSmtp;
      entry.outcome = model::Outcome::failure;
    } else if (std::holds_alternative<model::Listing>(body)) {
      entry.port = kSmtp;
    } else if (const auto* proxy = std::get_if<model::ProxyUse>(&body)) {
      // These two are on no service that could be closed: the ports are others' and the web's.
      entry.destination = proxy->asker;
      entry.outcome = model::Outcome::success;
    } else if (const auto* c2 = std::get_if<model::C2Contact>(&body)) {
      entry.destination = c2->server;
    } else if (const auto* use = std::get_if<model::AccountUse>(&body)) {
      // As a network: evidence outlives an erasure, and an owner's address is his.
      if (use->source) entry.destination = destination_network(use->source).address;
      entry.outcome = use->failed != 0      ? model::Outcome::failure
                      : use->delivered != 0 ? model::Outcome::success
                                            : model::Outcome::unknown;
    }
    line.ring.push(entry);
    if constexpr (requires { D::kEachIsAFinding; }) speaks = speaks || modes[i] == Mode::on;
  });
  return speaks;
}

// Null: there is nothing to see yet, or no room.
template <class R>
typename WatchOf<R>::Line* WatchOf<R>::line_of(const Subject& subject, bool begins, Time at, Counters& counters) {
  const auto key = static_cast<Key>(subject.key());
  if (const auto it = lines_.find(key); it != lines_.end()) return &it->second;
  if (!begins) return nullptr;
  if (lines_.size() >= kWatchedMax) {
    ++counters.watch_full;
    return nullptr;
  }
  highest_ = std::max(highest_, key);
  Line& line = lines_[key];
  line.newest = at;
  return &line;
}

template <class R>
void WatchOf<R>::look_at_contact(Line& line, const model::FirstContact& contact, Time at, Context& context,
                                 Counters& counters) {
  context.new_network = is_new_network(line, contact.destination);
  if (!context.new_network) {
    ++counters.contacts_repeated;
    return;
  }
  ++line.first_contacts;
  Seldom seldom = line.seldom.get();
  context.walk = contact.port == kSmtp && seldom.walk.goes_on(at);
  if (context.declared_server) {
    const Levels levels = levels_of(line, context);
    seldom.pace.count(context.now, std::ranges::any_of(levels, [](int32_t l) { return l >= kWatchMnat; }));
  }
  line.seldom.put(seldom);
  if (line.stage == Stage::clear && !contact.provider && !context.walk) budget_.count(context.now);
}

template <class R>
std::vector<Reached> WatchOf<R>::see(const Subject& subject, const model::ObservationBody& body, Time at,
                                     const model::Policy& policy, Counters& counters) {
  const auto* contact = std::get_if<model::FirstContact>(&body);
  const auto* lookup = std::get_if<model::MailLookup>(&body);
  const bool begins = !std::holds_alternative<model::LineSum>(body);
  Line* known = line_of(subject, begins, at, counters);
  if (known == nullptr) return {};
  Line& line = *known;
  const Modes modes = modes_of(policy);
  Context context = context_of(subject, std::max(at, Time(line.newest)));
  pace_of(line, context);
  if (is_quiet(line, context)) line = Line{};
  line.newest = context.now;
  if (begins && std::ranges::all_of(levels_of(line, context), [](int32_t level) { return level == 0; })) {
    line.ring.clear();
    line.first_contacts = 0;
    // Not earlier: the steps of a ring are recounted with one pace.
    if (context.declared_server) adopt_pace(line, context);
  }
  if (contact != nullptr) look_at_contact(line, *contact, at, context, counters);
  if (lookup != nullptr && lookup->mx) {
    Seldom seldom = line.seldom.get();
    seldom.walk.asked(at);
    line.seldom.put(seldom);
    if (line.stage == Stage::clear && !context.declared_server) budget_.count(context.now);
  }
  const bool speaks = add(line, body, context, modes);

  std::vector<Reached> out;
  const Levels levels = levels_of(line, context);
  const Thresholds thresholds = this->thresholds(policy);
  const auto reach = [&](Stage& held, Stage now, Mode least) {
    if (now <= held && !(speaks && least == Mode::on)) return;
    held = std::max(held, now);
    out.push_back(reached(line, subject, context, modes, least, false));
    out.back().finding.stage = held;
  };
  reach(line.stage, stage_of(line, context, levels, modes, Mode::on, thresholds), Mode::on);
  line.shadow_stage = std::max(line.shadow_stage, line.stage);
  reach(line.shadow_stage, stage_of(line, context, levels, modes, Mode::shadow, thresholds), Mode::shadow);
  each<R>([&]<class D>(auto i) {
    if (!is_ticket<D>() || line.ticket || modes[i] == Mode::off || levels[i] < kWatchMnat) return;
    line.ticket = true;
    out.push_back(reached(line, subject, context, modes, modes[i], true));
    out.back().finding.stage = Stage::watch;
  });
  counters.findings += out.size();
  return out;
}

template <class R>
Reached WatchOf<R>::reached(const Line& line, const Subject& subject, const Context& context, const Modes& modes,
                            Mode least, bool ticket) {
  Reached out;
  model::Finding& f = out.finding;
  const Levels levels = levels_of(line, context);
  f.line = subject.line;
  f.mode = least;
  f.score_mnat = ticket ? 0 : score_of(levels, modes, least);
  f.first_contacts = line.first_contacts;
  f.at = context.now;
  f.own_every = context.own_every;
  std::array<std::string (*)(const Entry&), kDetectors> note{};
  each<R>([&]<class D>(auto i) {
    if (modes[i] < least || is_ticket<D>() != ticket) return;
    note[i] = &D::note;
    f.levels_mnat[std::string(D::kName)] = levels[i];
  });
  for (const Entry& e : line.ring.entries())
    if (note[e.detector] != nullptr)
      f.evidence.push_back({e.at, std::string(names()[e.detector]), e.mnat, e.level_mnat, e.destination, e.port,
                            e.outcome, note[e.detector](e)});
  f.valid_until = quiet_from(line, context);
  out.summary = summary_of(line, context, modes, least, ticket);
  out.ticket = ticket;
  return out;
}

// The first second at which the line would be quiet if nothing more came; levels only fall, so bisect.
template <class R>
Time WatchOf<R>::quiet_from(const Line& line, const Context& context) {
  int64_t low = 0;
  int64_t high = days(400).seconds();
  while (low < high) {
    const int64_t middle = (low + high) / 2;
    Context then = context;
    then.now = context.now + seconds(middle) + kFindingQuiet;
    if (is_quiet(line, then)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return context.now + seconds(low) + kFindingQuiet;
}

template <class R>
std::string WatchOf<R>::summary_of(const Line& line, const Context& context, const Modes& modes, Mode least,
                                   bool ticket) {
  std::vector<std::string> clauses;
  const std::vector<Entry> all = line.ring.entries();
  each<R>([&]<class D>(auto i) {
    if (modes[i] < least || is_ticket<D>() != ticket) return;
    std::vector<Entry> mine;
    std::ranges::copy_if(all, std::back_inserter(mine), [&](const Entry& e) { return e.detector == i; });
    if (std::string clause = D::explain(mine, context); !clause.empty()) clauses.push_back(std::move(clause));
  });
  return fmt::format("{}", fmt::join(clauses, "; "));
}

template <class R>
typename WatchOf<R>::Levels WatchOf<R>::levels(const Subject& subject, Time now, const model::Policy& policy,
                                               Mode least) const {
  const auto it = lines_.find(static_cast<Key>(subject.key()));
  if (it == lines_.end()) return {};
  Context context = context_of(subject, std::max(now, Time(it->second.newest)));
  pace_of(it->second, context);
  Levels out = levels_of(it->second, context);
  const Modes modes = modes_of(policy);
  for (size_t i = 0; i < kDetectors; ++i)
    if (modes[i] < least) out[i] = 0;
  return out;
}

template <class R>
Reached WatchOf<R>::opinion(const Subject& subject, Time now, const model::Policy& policy, Mode least) const {
  const Line& line = lines_.at(static_cast<Key>(subject.key()));
  Context context = context_of(subject, std::max(now, Time(line.newest)));
  pace_of(line, context);
  const Modes modes = modes_of(policy);
  Reached out = reached(line, subject, context, modes, least, false);
  out.finding.stage = stage_of(line, context, levels_of(line, context), modes, least, thresholds(policy));
  return out;
}

template <class R>
int32_t WatchOf<R>::evidence_on(const Subject& subject, uint16_t port, Time since, Counts counts,
                                const model::Policy& policy) const {
  const auto it = lines_.find(static_cast<Key>(subject.key()));
  if (it == lines_.end()) return 0;
  const Modes modes = modes_of(policy);
  int64_t sum = 0;
  for (const Entry& e : it->second.ring.entries())
    if (e.port == port && e.at >= since && modes[e.detector] == Mode::on && counts(names()[e.detector])) sum += e.mnat;
  return static_cast<int32_t>(std::clamp<int64_t>(sum, 0, kLevelMaxMnat));
}

template <class R>
std::optional<WatchView> WatchOf<R>::view(const Subject& subject, Time now, const model::Policy& policy) const {
  const auto it = lines_.find(static_cast<Key>(subject.key()));
  if (it == lines_.end()) return std::nullopt;
  const Line& line = it->second;
  Context context = context_of(subject, std::max(now, Time(line.newest)));
  pace_of(line, context);
  if (is_quiet(line, context)) return std::nullopt;
  const Modes modes = modes_of(policy);
  const Levels levels = levels_of(line, context);
  WatchView view;
  view.stage = line.stage;
  view.shadow_stage = line.shadow_stage;
  view.score_mnat = score_of(levels, modes, Mode::on);
  view.first_contacts = line.first_contacts;
  for (size_t i = 0; i < kDetectors; ++i) view.levels.push_back({names()[i], modes[i], levels[i]});
  view.explained = summary_of(line, context, modes, Mode::on, false);
  return view;
}

template <class R>
Result<int32_t> WatchOf<R>::recount(const model::Finding& finding, const Subject& subject) {
  struct Sum {
    bool begun = false;
    Level level;
  };
  std::array<Sum, kDetectors> sums;
  Levels levels{};
  Modes modes{};
  std::string wrong;
  each<R>([&]<class D>(auto i) {
    Sum& sum = sums[i];
    for (const model::Increment& step : finding.evidence) {
      if (step.family != D::kName || !wrong.empty()) continue;
      Context context = context_of(subject, step.at);
      context.own_every = finding.own_every;
      const int32_t before = sum.begun ? D::level(sum.level, context) : std::max(step.level_mnat - step.mnat, 0);
      sum = {true, {std::clamp(before + step.mnat, 0, kLevelMaxMnat), step.at}};
      if (sum.level.mnat != step.level_mnat)
        wrong = fmt::format("{} at {}: stored level {}, recounted {}", step.family, to_string(step.at), step.level_mnat,
                            sum.level.mnat);
    }
    modes[i] = finding.levels_mnat.contains(std::string(D::kName)) ? Mode::on : Mode::off;
    Context context = context_of(subject, finding.at);
    context.own_every = finding.own_every;
    levels[i] = D::level(sum.level, context);
  });
  if (!wrong.empty()) return fail(Errc::bad_input, wrong, fmt::format("finding {}", finding.id.value));
  return score_of(levels, modes, Mode::on);
}

template class WatchOf<Registry>;
template class WatchOf<account::Registry>;

}  // namespace postern::decide::detect
