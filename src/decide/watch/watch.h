// SPDX-License-Identifier: Apache-2.0
// The frame of detection: runs every registered detector over what a line does, keeps their levels and the evidence
// ring, and says when a line enters a higher stage (DETECTION.md section 1). A stage is held until every level has been
// under 2.3 nats for 24 h, so that hovering about a threshold makes one finding and a flood makes at most one per
// stage. Lines have state only after a first contact; idle ones are forgotten. A line costs at most 256 bytes with a
// few steps of evidence (bench: watch.bytes_per_subject). Accounts at the relay are watched the same way by detectors
// of their own (decide/detect/account).
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/codec.h"
#include "decide/common/counters.h"
#include "decide/detect/account/registry.inc"
#include "decide/detect/registry.inc"
#include "decide/frame/boxed.h"
#include "decide/frame/budget.h"
#include "decide/frame/contract.h"
#include "decide/frame/pace.h"
#include "decide/frame/ring.h"
#include "decide/frame/unseen_walk.h"
#include "decide/frame/view.h"
#include "decide/frame/walk.h"
#include "model/observation.h"

namespace postern::decide::detect {

inline constexpr size_t kNetworksKept = 16;        // fingerprints of the latest destination networks of a line
inline constexpr int32_t kLevelMaxMnat = 100'000;  // a level holds no more: release stays near
inline constexpr size_t kSweptPerTick = 4096;      // subjects looked at per tick for what can be forgotten

// Who is judged, and by what: a line, or an account at the relay.
struct Subject {
  model::SubscriberId line;
  const model::ClassPolicy* line_class = nullptr;
  bool declared_server = false;
  Time noticed_at = {};  // see Context
  model::AccountId account = {};
  [[nodiscard]] uint64_t key() const { return account ? account.value : line.value; }
};

struct Reached {
  model::Finding finding;  // without an id
  std::string summary;     // "7 mail networks ...; 1 dark address"
  bool ticket = false;     // something is broken: no matter of a case
};

// `R`: a registry, std::tuple of detectors. Subjects are told apart by Subject::key(): one watch has lines or accounts.
template <class R>
class WatchOf {
 public:
  static constexpr size_t kDetectors = std::tuple_size_v<R>;
  using Levels = std::array<int32_t, kDetectors>;  // by place in the registry
  using Modes = std::array<model::Mode, kDetectors>;

  // What the subject did. At most one Reached with mode on and one with mode shadow.
  std::vector<Reached> see(const Subject& subject, const model::ObservationBody& body, Time at,
                           const model::Policy& policy, Counters& counters);
  // Forgets idle subjects, a bounded number per call; changes no decision.
  void sweep(Time now, const std::function<Subject(uint64_t key)>& subject_of);
  void forget(uint64_t key);
  // A finding of the journal's tail, after a restart: the subject is at least where the finding left it.
  void recall(const model::Finding& finding, uint64_t key);
  [[nodiscard]] std::optional<WatchView> view(const Subject& subject, Time now, const model::Policy& policy) const;
  // The levels now, of the detectors whose mode is at least `least`; all 0 when the subject is not watched.
  [[nodiscard]] Levels levels(const Subject& subject, Time now, const model::Policy& policy, model::Mode least) const;
  // What a finding would say now, whatever the stage. The subject has to be watched.
  [[nodiscard]] Reached opinion(const Subject& subject, Time now, const model::Policy& policy, model::Mode least) const;
  // What the evidence that is kept says of one port from `since` on, by the detectors that are on and `counts` names.
  using Counts = bool (*)(std::string_view detector);
  [[nodiscard]] int32_t evidence_on(const Subject& subject, uint16_t port, Time since, Counts counts,
                                    const model::Policy& policy) const;
  [[nodiscard]] size_t watched() const { return lines_.size(); }
  // How many lines the network has: what is expected of it until a day was counted.
  void set_lines(uint64_t lines) { network_lines_ = lines; }
  // What opens a case now, and the acts a day it is made of (frame/budget.h). What accounts do makes no case.
  [[nodiscard]] Thresholds thresholds(const model::Policy& policy) const {
    if constexpr (!kLines) return {policy.case_score_mnat, policy.case_score_mnat, policy.case_score_mnat};
    return budget_.thresholds(network_lines_, policy.case_score_mnat, policy.false_cases_milli);
  }
  [[nodiscard]] uint64_t acts_a_day() const { return budget_.acts_a_day(network_lines_); }

  void encode(Encoder& out) const;
  void decode(Decoder& in);

  [[nodiscard]] static std::span<const std::string_view> names();
  [[nodiscard]] static Modes modes_of(const model::Policy& policy);
  // The score and stage of levels, of the detectors whose mode is at least `least`. Each witness (contract.h) counts
  // once in both: with the highest of its families.
  [[nodiscard]] static int32_t score_of(const Levels& levels, const Modes& modes, model::Mode least);
  [[nodiscard]] static model::Stage stage_of(const Levels& levels, const Modes& modes, model::Mode least,
                                             const Thresholds& thresholds);
  // The score again, from nothing but the finding's evidence: each family starts where its first increment found it.
  // An error names the increment whose stored level does not follow from the ones before.
  [[nodiscard]] static Result<int32_t> recount(const model::Finding& finding, const Subject& subject);

 private:
  // Lines are numbered from 1 and many; accounts have any 64 bits for a name.
  static constexpr bool kLines = std::is_same_v<R, Registry>;
  using Key = std::conditional_t<kLines, uint32_t, uint64_t>;

  template <class... D>
  static std::tuple<Kept<typename D::State>...> states_of(const std::tuple<D...>&);

  struct Seldom {
    Walk walk;
    Pace pace;
    bool operator==(const Seldom&) const = default;
    PN_FIELDS(walk, pace)
  };
  // The order of the members leaves no gaps.
  struct Line {
    decltype(states_of(std::declval<R>())) states;
    Ring ring;
    Boxed<Seldom> seldom;
    std::array<uint16_t, kNetworksKept> networks{};
    Instant newest;
    uint32_t first_contacts = 0;
    uint8_t next_network = 0;
    model::Stage stage = model::Stage::clear;
    model::Stage shadow_stage = model::Stage::clear;
    bool ticket = false;  // was given
  };

  Line* line_of(const Subject& subject, bool begins, Time at, Counters& counters);
  void look_at_contact(Line& line, const model::FirstContact& contact, Time at, Context& context, Counters& counters);
  static void pace_of(const Line& line, Context& context);
  static void adopt_pace(Line& line, Context& context);
  static Levels levels_of(const Line& line, const Context& context);
  // The same; a line is restricted only by what is left without unseen walks (frame/unseen_walk.h) and with the steps
  // that detectors give for it (restricting(), frame/contract.h).
  [[nodiscard]] static model::Stage stage_of(const Line& line, const Context& context, const Levels& levels,
                                             const Modes& modes, model::Mode least, const Thresholds& thresholds);
  // The levels of that, as the evidence gives them again.
  [[nodiscard]] static Levels restricting_levels(const Line& line, Context context);
  static bool is_quiet(const Line& line, Context context);
  static bool is_new_network(Line& line, const IpAddress& destination);
  // True when a detector wants a finding of it (kEachIsAFinding).
  static bool add(Line& line, const model::ObservationBody& body, const Context& context, const Modes& modes);
  // What is said of the line: of all families but those of tickets, or of these alone.
  static Reached reached(const Line& line, const Subject& subject, const Context& context, const Modes& modes,
                         model::Mode least, bool ticket);
  static Time quiet_from(const Line& line, const Context& context);
  static std::string summary_of(const Line& line, const Context& context, const Modes& modes, model::Mode least,
                                bool ticket);

  std::conditional_t<kLines, std::unordered_map<Key, Line>, std::map<Key, Line>> lines_;
  Key highest_ = 0;  // that ever had state
  Key swept_ = 0;    // the last one that the sweep looked at
  Budget budget_;
  uint64_t network_lines_ = 0;
};

extern template class WatchOf<Registry>;
extern template class WatchOf<account::Registry>;

using Watch = WatchOf<Registry>;                  // of lines
using AccountWatch = WatchOf<account::Registry>;  // of accounts at the relay
using Levels = Watch::Levels;
using Modes = Watch::Modes;
[[nodiscard]] inline std::span<const std::string_view> names() { return Watch::names(); }
[[nodiscard]] inline Modes modes_of(const model::Policy& policy) { return Watch::modes_of(policy); }
[[nodiscard]] inline int32_t score_of(const Levels& levels, const Modes& modes, model::Mode least) {
  return Watch::score_of(levels, modes, least);
}
[[nodiscard]] inline model::Stage stage_of(const Levels& levels, const Modes& modes, model::Mode least,
                                           const Thresholds& thresholds) {
  return Watch::stage_of(levels, modes, least, thresholds);
}
[[nodiscard]] inline Result<int32_t> recount(const model::Finding& finding, const Subject& subject) {
  return Watch::recount(finding, subject);
}

}  // namespace postern::decide::detect
