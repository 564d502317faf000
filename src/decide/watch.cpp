// SPDX-License-Identifier: Apache-2.0
#include "decide/watch.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

#include "decide/common/limits.h"

namespace postern::decide::detect {
namespace {

using model::Mode;
using model::Stage;

template <class... D>
constexpr bool all_detectors(const std::tuple<D...>*) {
  return (IsDetector<D> && ...);
}
static_assert(all_detectors(static_cast<const Registry*>(nullptr)), "see decide/frame/contract.h");
static_assert(all_detectors(static_cast<const account::Registry*>(nullptr)), "see decide/frame/contract.h");

// f.operator()<D>(place) for each registered detector.
template <class R, class F>
constexpr void each(F&& f) {
  [&]<size_t... I>(std::index_sequence<I...>) {
    (f.template operator()<std::tuple_element_t<I, R>>(std::integral_constant<size_t, I>{}), ...);
  }(std::make_index_sequence<std::tuple_size_v<R>>{});
}

template <class R>
std::span<const std::string_view> witnesses() {
  static constexpr std::array<std::string_view, std::tuple_size_v<R>> kWitnesses =
      []<class... D>(const std::tuple<D...>*) {
        return std::array<std::string_view, std::tuple_size_v<R>>{D::kWitness...};
      }(static_cast<const R*>(nullptr));
  return kWitnesses;
}

uint32_t fingerprint(const Prefix& network) {
  uint32_t h = 2'166'136'261U;
  for (const uint8_t byte : network.address.bytes) h = (h ^ byte) * 16'777'619U;
  h = (h ^ network.length) * 16'777'619U;
  return std::max(h, 1U);
}

// The oldest step of a family that has others: what is left of a level must have a step to be recounted from.
void drop_oldest(std::vector<Entry>& ring) {
  const auto it = std::ranges::find_if(
      ring, [&](const Entry& e) { return std::ranges::count(ring, e.detector, &Entry::detector) > 1; });
  ring.erase(it);
}

Context context_of(const Subject& subject, Time now) {
  return {now, subject.line_class, subject.declared_server, true, subject.noticed_at, subject.line};
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
    if (modes[i] < least) return;
    int32_t& loudest =
        heard[static_cast<size_t>(std::ranges::find(witnesses<R>(), D::kWitness) - witnesses<R>().begin())];
    loudest = std::max(loudest, std::min(levels[i], kFamilyCapMnat));
  });
  return std::accumulate(heard.begin(), heard.end(), 0);
}

template <class R>
Stage WatchOf<R>::stage_of(const Levels& levels, const Modes& modes, Mode least, int32_t case_score) {
  int32_t highest = 0;
  std::vector<std::string_view> witnesses;
  each<R>([&]<class D>(auto i) {
    if (modes[i] < least) return;
    highest = std::max(highest, levels[i]);
    if (levels[i] >= kWatchMnat && std::ranges::find(witnesses, D::kWitness) == witnesses.end())
      witnesses.push_back(D::kWitness);
  });
  const int32_t score = score_of(levels, modes, least);
  if (score >= std::max(kBlockMnat, case_score) && witnesses.size() >= 2) return Stage::block;
  if (score >= case_score) return Stage::case_;
  if (highest >= kThrottleMnat) return Stage::throttle;
  return highest >= kWatchMnat ? Stage::watch : Stage::clear;
}

template <class R>
typename WatchOf<R>::Levels WatchOf<R>::levels_of(const Line& line, const Context& context) {
  Levels levels{};
  each<R>([&]<class D>(auto i) { levels[i] = D::level(std::get<i>(line.states).level, context); });
  return levels;
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
  const uint32_t mark = fingerprint(destination_network(destination));
  if (std::ranges::find(line.networks, mark) != line.networks.end()) return false;
  line.networks[line.next_network] = mark;
  line.next_network = static_cast<uint8_t>((line.next_network + 1) % kNetworksKept);
  return true;
}

template <class R>
bool WatchOf<R>::add(Line& line, const model::ObservationBody& body, const Context& context, const Modes& modes) {
  const auto* contact = std::get_if<model::FirstContact>(&body);
  const auto* use = std::get_if<model::AccountUse>(&body);
  bool speaks = false;
  each<R>([&]<class D>(auto i) {
    if (modes[i] == Mode::off) return;
    auto& state = std::get<i>(line.states);
    const int32_t mnat = D::see(state, body, context);
    const int32_t before = D::level(state.level, context);
    if (mnat == 0 || (mnat < 0 && before == 0)) return;
    const int64_t sum = int64_t{before} + mnat;
    state.level = {static_cast<int32_t>(std::clamp<int64_t>(sum, 0, kLevelMaxMnat)), context.now};
    Entry entry{context.now, {}, 0, model::Outcome::unknown, static_cast<uint8_t>(i), mnat, state.level.mnat};
    if (contact != nullptr) {
      entry.destination = contact->destination;
      entry.port = contact->port;
      entry.outcome = contact->outcome;
    } else if (use != nullptr) {
      // As a network: evidence outlives an erasure, and an owner's address is his.
      if (use->source) entry.destination = destination_network(use->source).address;
      entry.outcome = use->failed != 0      ? model::Outcome::failure
                      : use->delivered != 0 ? model::Outcome::success
                                            : model::Outcome::unknown;
    }
    line.ring.push_back(entry);
    if (line.ring.size() > model::kEvidenceMax) drop_oldest(line.ring);
    if constexpr (requires { D::kEachIsAFinding; }) speaks = speaks || modes[i] == Mode::on;
  });
  return speaks;
}

template <class R>
std::vector<Reached> WatchOf<R>::see(const Subject& subject, const model::ObservationBody& body, Time at,
                                     const model::Policy& policy, Counters& counters) {
  const auto* contact = std::get_if<model::FirstContact>(&body);
  const bool begins = contact != nullptr || std::holds_alternative<model::MailLookup>(body) ||
                      std::holds_alternative<model::AccountUse>(body);
  auto it = lines_.find(subject.key());
  if (it == lines_.end()) {
    if (!begins) return {};
    if (lines_.size() >= kWatchedMax) {
      ++counters.watch_full;
      return {};
    }
    it = lines_.try_emplace(subject.key()).first;
    it->second.newest = at;
  }
  Line& line = it->second;
  const Modes modes = modes_of(policy);
  Context context = context_of(subject, std::max(at, line.newest));
  if (is_quiet(line, context)) line = Line{};
  line.newest = context.now;
  if (begins && std::ranges::all_of(levels_of(line, context), [](int32_t level) { return level == 0; })) {
    line.ring.clear();
    line.first_contacts = 0;
  }
  if (contact != nullptr) {
    context.new_network = is_new_network(line, contact->destination);
    line.first_contacts += context.new_network ? 1 : 0;
    counters.contacts_repeated += context.new_network ? 0 : 1;
  }
  const bool speaks = add(line, body, context, modes);

  std::vector<Reached> out;
  const Levels levels = levels_of(line, context);
  const Stage stage = stage_of(levels, modes, Mode::on, policy.case_score_mnat);
  const Stage shadow = stage_of(levels, modes, Mode::shadow, policy.case_score_mnat);
  const auto reach = [&](Stage& held, Stage now, Mode least) {
    if (now <= held && !(speaks && least == Mode::on)) return;
    held = std::max(held, now);
    Reached reached{finding_of(line, context, modes, least), summary_of(line, context, modes, least)};
    reached.finding.line = subject.line;
    reached.finding.stage = held;
    reached.finding.mode = least;
    out.push_back(std::move(reached));
  };
  reach(line.stage, stage, Mode::on);
  line.shadow_stage = std::max(line.shadow_stage, line.stage);
  reach(line.shadow_stage, shadow, Mode::shadow);
  counters.findings += out.size();
  return out;
}

template <class R>
model::Finding WatchOf<R>::finding_of(const Line& line, const Context& context, const Modes& modes, Mode least) {
  model::Finding f;
  const Levels levels = levels_of(line, context);
  f.score_mnat = score_of(levels, modes, least);
  f.first_contacts = line.first_contacts;
  f.at = context.now;
  std::array<std::string (*)(const Entry&), kDetectors> note{};
  each<R>([&]<class D>(auto i) {
    note[i] = &D::note;
    if (modes[i] >= least) f.levels_mnat[std::string(D::kName)] = levels[i];
  });
  for (const Entry& e : line.ring)
    if (modes[e.detector] >= least)
      f.evidence.push_back({e.at, std::string(names()[e.detector]), e.mnat, e.level_mnat, e.destination, e.port,
                            e.outcome, note[e.detector](e)});
  // The first second at which the line would be quiet if nothing more came; levels only fall, so bisect.
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
  f.valid_until = context.now + seconds(low) + kFindingQuiet;
  return f;
}

template <class R>
std::string WatchOf<R>::summary_of(const Line& line, const Context& context, const Modes& modes, Mode least) {
  std::vector<std::string> clauses;
  each<R>([&]<class D>(auto i) {
    if (modes[i] < least) return;
    std::vector<Entry> mine;
    std::ranges::copy_if(line.ring, std::back_inserter(mine), [&](const Entry& e) { return e.detector == i; });
    if (std::string clause = D::explain(mine, context); !clause.empty()) clauses.push_back(std::move(clause));
  });
  return fmt::format("{}", fmt::join(clauses, "; "));
}

template <class R>
typename WatchOf<R>::Levels WatchOf<R>::levels(const Subject& subject, Time now, const model::Policy& policy,
                                               Mode least) const {
  const auto it = lines_.find(subject.key());
  if (it == lines_.end()) return {};
  Levels out = levels_of(it->second, context_of(subject, std::max(now, it->second.newest)));
  const Modes modes = modes_of(policy);
  for (size_t i = 0; i < kDetectors; ++i)
    if (modes[i] < least) out[i] = 0;
  return out;
}

template <class R>
Reached WatchOf<R>::opinion(const Subject& subject, Time now, const model::Policy& policy, Mode least) const {
  const Line& line = lines_.at(subject.key());
  const Context context = context_of(subject, std::max(now, line.newest));
  const Modes modes = modes_of(policy);
  Reached out{finding_of(line, context, modes, least), summary_of(line, context, modes, least)};
  out.finding.line = subject.line;
  out.finding.stage = stage_of(levels_of(line, context), modes, least, policy.case_score_mnat);
  out.finding.mode = least;
  return out;
}

template <class R>
void WatchOf<R>::sweep(Time now, const std::function<Subject(uint64_t key)>& subject_of) {
  auto it = lines_.upper_bound(swept_);
  for (size_t n = 0; n < kSweptPerTick && it != lines_.end(); ++n) {
    swept_ = it->first;
    it = is_quiet(it->second, context_of(subject_of(it->first), now)) ? lines_.erase(it) : std::next(it);
  }
  if (it == lines_.end()) swept_ = 0;
}

template <class R>
void WatchOf<R>::forget(uint64_t key) {
  lines_.erase(key);
}

template <class R>
void WatchOf<R>::recall(const model::Finding& finding, uint64_t key) {
  if (!lines_.contains(key) && lines_.size() >= kWatchedMax) return;
  Line& line = lines_[key];
  if (finding.at < line.newest) return;
  if (finding.mode == Mode::on) line.stage = std::max(line.stage, finding.stage);
  line.shadow_stage = std::max(line.shadow_stage, finding.stage);
  line.first_contacts = finding.first_contacts;
  line.newest = finding.at;
  each<R>([&]<class D>(auto i) {
    const auto it = finding.levels_mnat.find(std::string(D::kName));
    if (it != finding.levels_mnat.end()) std::get<i>(line.states).level = {it->second, finding.at};
  });
  line.ring.clear();
  for (const model::Increment& step : finding.evidence) {
    const auto name = std::ranges::find(names(), step.family);
    if (name == names().end() || line.ring.size() >= model::kEvidenceMax) continue;
    line.ring.push_back({step.at, step.destination, step.port, step.outcome,
                         static_cast<uint8_t>(name - names().begin()), step.mnat, step.level_mnat});
    is_new_network(line, step.destination);
  }
}

template <class R>
std::optional<WatchView> WatchOf<R>::view(const Subject& subject, Time now, const model::Policy& policy) const {
  const auto it = lines_.find(subject.key());
  if (it == lines_.end()) return std::nullopt;
  const Line& line = it->second;
  const Context context = context_of(subject, std::max(now, line.newest));
  if (is_quiet(line, context)) return std::nullopt;
  const Modes modes = modes_of(policy);
  const Levels levels = levels_of(line, context);
  WatchView view;
  view.stage = line.stage;
  view.shadow_stage = line.shadow_stage;
  view.score_mnat = score_of(levels, modes, Mode::on);
  view.first_contacts = line.first_contacts;
  for (size_t i = 0; i < kDetectors; ++i) view.levels.push_back({names()[i], modes[i], levels[i]});
  view.explained = summary_of(line, context, modes, Mode::on);
  return view;
}

template <class R>
void WatchOf<R>::encode(Encoder& out) const {
  std::vector<std::pair<std::string, uint32_t>> states;
  each<R>([&]<class D>(auto) {
    states.emplace_back(D::kName, static_cast<uint32_t>(postern::encode(typename D::State{}).size()));
  });
  out.put(states);
  out.put(swept_);
  out.put(static_cast<uint64_t>(lines_.size()));
  for (const auto& [id, line] : lines_) {
    out.put(id);
    each<R>([&]<class D>(auto i) { out.put(std::get<i>(line.states)); });
    out.put(line.ring);
    out.put(line.networks);
    out.put(line.next_network);
    out.put(line.stage);
    out.put(line.shadow_stage);
    out.put(line.first_contacts);
    out.put(line.newest);
  }
}

template <class R>
void WatchOf<R>::decode(Decoder& in) {
  // Written by another build perhaps: states go by name, those of an unknown name or size are passed over.
  std::vector<std::pair<std::string, uint32_t>> states;
  in.get(states);
  std::vector<uint8_t> place(states.size(), 0xff);
  each<R>([&]<class D>(auto i) {
    for (size_t n = 0; n < states.size(); ++n)
      if (states[n] ==
          std::pair(std::string(D::kName), static_cast<uint32_t>(postern::encode(typename D::State{}).size())))
        place[n] = static_cast<uint8_t>(i);
  });
  lines_.clear();
  in.get(swept_);
  uint64_t lines = 0;
  in.get(lines);
  for (uint64_t n = 0; n < lines && in.ok(); ++n) {
    uint64_t id = 0;
    in.get(id);
    Line line;
    for (size_t s = 0; s < states.size() && in.ok(); ++s) {
      Bytes skipped(std::min<size_t>(states[s].second, in.left()));
      if (place[s] == 0xff) in.raw(skipped.data(), skipped.size());
      each<R>([&]<class D>(auto i) {
        if (place[s] == i) in.get(std::get<i>(line.states));
      });
    }
    in.get(line.ring);
    in.get(line.networks);
    in.get(line.next_network);
    in.get(line.stage);
    in.get(line.shadow_stage);
    in.get(line.first_contacts);
    in.get(line.newest);
    std::erase_if(line.ring, [&](Entry& e) {
      const bool known = e.detector < place.size() && place[e.detector] != 0xff;
      if (known) e.detector = place[e.detector];
      return !known;
    });
    if (line.next_network >= kNetworksKept) in.spoil();
    lines_.emplace_hint(lines_.end(), id, std::move(line));
  }
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
      const Context context = context_of(subject, step.at);
      const int32_t before = sum.begun ? D::level(sum.level, context) : std::max(step.level_mnat - step.mnat, 0);
      sum = {true, {std::clamp(before + step.mnat, 0, kLevelMaxMnat), step.at}};
      if (sum.level.mnat != step.level_mnat)
        wrong = fmt::format("{} at {}: stored level {}, recounted {}", step.family, to_string(step.at), step.level_mnat,
                            sum.level.mnat);
    }
    modes[i] = finding.levels_mnat.contains(std::string(D::kName)) ? Mode::on : Mode::off;
    levels[i] = D::level(sum.level, context_of(subject, finding.at));
  });
  if (!wrong.empty()) return fail(Errc::bad_input, wrong, fmt::format("finding {}", finding.id.value));
  return score_of(levels, modes, Mode::on);
}

template class WatchOf<Registry>;
template class WatchOf<account::Registry>;

}  // namespace postern::decide::detect
