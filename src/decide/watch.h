// SPDX-License-Identifier: Apache-2.0
// The frame of detection: runs every registered detector over what a line does, keeps their levels and the evidence
// ring, and says when a line enters a higher stage (DETECTION.md section 1). A stage is held until every level has been
// under 2.3 nats for 24 h, so that hovering about a threshold makes one finding and a flood makes at most one per
// stage. Lines have state only after a first contact; idle ones are forgotten. Accounts at the relay are watched the
// same way by detectors of their own (decide/detect/account).
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/codec.h"
#include "decide/common/counters.h"
#include "decide/detect/account/registry.inc"
#include "decide/detect/registry.inc"
#include "decide/frame/contract.h"
#include "decide/frame/view.h"
#include "model/observation.h"

namespace postern::decide::detect {

inline constexpr size_t kNetworksKept = 32;        // fingerprints of the latest destination networks of a line
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
};

// `R`: a registry, std::tuple of detectors. Subjects are told apart by Subject::key(): one Watch has lines or accounts.
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
  [[nodiscard]] size_t watched() const { return lines_.size(); }

  void encode(Encoder& out) const;
  void decode(Decoder& in);

  [[nodiscard]] static std::span<const std::string_view> names();
  [[nodiscard]] static Modes modes_of(const model::Policy& policy);
  // The score and stage of levels, of the detectors whose mode is at least `least`. Each witness (contract.h) counts
  // once in both: with the highest of its families.
  [[nodiscard]] static int32_t score_of(const Levels& levels, const Modes& modes, model::Mode least);
  [[nodiscard]] static model::Stage stage_of(const Levels& levels, const Modes& modes, model::Mode least,
                                             int32_t case_score);
  // The score again, from nothing but the finding's evidence: each family starts where its first increment found it.
  // An error names the increment whose stored level does not follow from the ones before.
  [[nodiscard]] static Result<int32_t> recount(const model::Finding& finding, const Subject& subject);

 private:
  template <class... D>
  static std::tuple<typename D::State...> states_of(const std::tuple<D...>&);

  struct Line {
    decltype(states_of(std::declval<R>())) states;
    std::vector<Entry> ring;  // oldest first, kEvidenceMax at most
    std::array<uint32_t, kNetworksKept> networks{};
    uint8_t next_network = 0;
    model::Stage stage = model::Stage::clear;
    model::Stage shadow_stage = model::Stage::clear;
    uint32_t first_contacts = 0;
    Time newest;
  };

  static Levels levels_of(const Line& line, const Context& context);
  static bool is_quiet(const Line& line, Context context);
  static bool is_new_network(Line& line, const IpAddress& destination);
  // True when a detector wants a finding of it (kEachIsAFinding).
  static bool add(Line& line, const model::ObservationBody& body, const Context& context, const Modes& modes);
  static model::Finding finding_of(const Line& line, const Context& context, const Modes& modes, model::Mode least);
  static std::string summary_of(const Line& line, const Context& context, const Modes& modes, model::Mode least);

  std::map<uint64_t, Line> lines_;
  uint64_t swept_ = 0;  // the last the sweep looked at
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
[[nodiscard]] inline Result<int32_t> recount(const model::Finding& finding, const Subject& subject) {
  return Watch::recount(finding, subject);
}

}  // namespace postern::decide::detect
