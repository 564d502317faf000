// SPDX-License-Identifier: Apache-2.0
// What a detector is. A folder src/decide/detect/<name>/ with <name>.h that defines, in namespace
// postern::decide::detect::<name>, one struct Detector of statics only:
//
//   kName     the folder's name; the settings section [detect.<name>] and the family in findings
//   kWitness  families with the same witness see the same acts: they count once in the score, with the highest of their
//             levels, and where a stage asks for two independent ones
//   State     what it keeps of one line: fixed size, PN_FIELDS, with a member `Level level`; beyond 16 bytes also ==,
//   for it is
//             kept only where it says something. The frame owns it.
//   kKind     (optional) families of one kind are one where a stage asks for two independent ones, though each is in
//             the score; without it the witness is the kind
//   level()   what is left of a level at context.now. Never grows by time alone; pure, so evidence can be recounted.
//   see()     what an observation of the line adds, in milli-nats; may be negative, 0 = nothing to say. May change what
//             it keeps in State but for `level`: adding, floor 0 and the ceiling are the frame's.
//   kEachIsAFinding  (optional, true) every increment is a finding of its own, whatever the stage: for evidence that
//             casework waits for and that a detector gives at most a few times per case
//   kRare     (optional, true) healthy lines do not give it at any rate: the budget of false cases (budget.h) is not
//   for it kTicket   (optional, true) it says that something is broken, not that somebody abuses it: never part of the
//   score, of a
//             case or of two independent kinds of evidence; its finding (stage watch, at most) is the ticket
//   restricting()  (optional) what a step of evidence counts where a stage restricts, when that is less than it added
//   note()    what one step of evidence was, in words; explain() what all its steps were, as a clause of a sentence.
//
// The frame (decide/watch/watch.h) does the rest: modes, the evidence ring, score, stages, findings, checkpoints.
// Integers only, no clock, no chance: the time is in the context.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/fields.h"
#include "base/ip.h"
#include "base/time.h"
#include "model/finding.h"
#include "model/policy.h"

namespace postern::decide::detect {

// A Time in two halves: where many are kept, four bytes of alignment count.
struct Instant {
  uint32_t high = 0;
  uint32_t low = 0;
  constexpr Instant() = default;
  constexpr Instant(Time t) : high(static_cast<uint32_t>(t.us >> 32)), low(static_cast<uint32_t>(t.us)) {}  // NOLINT
  constexpr operator Time() const { return {static_cast<int64_t>(uint64_t{high} << 32 | low)}; }            // NOLINT
  bool operator==(const Instant&) const = default;
  PN_FIELDS(high, low)
};

// Integrated log-likelihood ratio, and the time it was true.
struct Level {
  int32_t mnat = 0;
  Instant at;
  bool operator==(const Level&) const = default;
  PN_FIELDS(mnat, at)
};

struct Context {
  Time now;
  const model::ClassPolicy* line_class = nullptr;  // of the line that is judged; never null
  bool declared_server = false;                    // a permit says that a mail server runs here
  bool new_network = true;                         // the destination network is not in the line's memory
  Time noticed_at;                                 // when the customer was told of the line's open case; 0 = not
  Duration own_every = {};                         // 1/l0 that a declared server earned (frame/pace.h); 0 = none
  bool walk = false;  // the contact is a further host of a domain's MX list (frame/walk.h): of an act already seen
  model::SubscriberId line;  // that is judged, or whose account is; 0 = not known
};

// One step of evidence as the ring keeps it.
struct Entry {
  Time at;
  IpAddress destination;
  uint16_t port = 0;
  model::Outcome outcome = model::Outcome::unknown;
  uint8_t detector = 0;    // index in the registry
  int32_t mnat = 0;        // added
  int32_t level_mnat = 0;  // after it
  bool operator==(const Entry&) const = default;
  PN_FIELDS(at, destination, port, outcome, detector, mnat, level_mnat)
};

template <class D>
concept IsDetector =
    std::is_trivially_copyable_v<typename D::State> && HasFields<typename D::State> &&
    requires(typename D::State& state, const model::ObservationBody& body, const Context& context, const Entry& entry) {
      { D::kName } -> std::convertible_to<std::string_view>;
      { D::kWitness } -> std::convertible_to<std::string_view>;
      { state.level } -> std::same_as<Level&>;
      { D::level(state.level, context) } -> std::same_as<int32_t>;
      { D::see(state, body, context) } -> std::same_as<int32_t>;
      { D::note(entry) } -> std::same_as<std::string>;
      { D::explain(std::span<const Entry>(), context) } -> std::same_as<std::string>;
    };

// "12 s", "10 min", "3 h", "2 d": rounded down to a unit people use.
[[nodiscard]] std::string in_words(Duration d);
// "1 dark address", "3 dark addresses".
[[nodiscard]] std::string counted(size_t n, std::string_view one, std::string_view many);

}  // namespace postern::decide::detect
