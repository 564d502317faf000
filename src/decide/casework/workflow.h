// SPDX-License-Identifier: Apache-2.0
// The way of a case: opened -> contacted -> confirmed -> deadline -> restricted -> released -> verified clean ->
// closed. Pure functions of the case, the rules of the line's class and what is seen of the line. Each returns the case
// as it becomes and why, or nothing. The laws (DESIGN, casework):
//   - a line is restricted only when its deadline has passed, a notice was taken by a channel before that, the evidence
//     is more than novelty, and the behaviour is still there since that notice;
//   - nothing is released while the behaviour is there, and no case closes by itself while it is;
//   - unconfirmed notices climb from channel to channel; a promise that is missed is a record, never silence;
//   - the same text never goes twice by the same channel in one round;
//   - a case about a limit of the relay asks, once, and ends by itself when the limit is not reached again.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "decide/casework/book.h"
#include "decide/casework/governor.h"
#include "model/observation.h"

namespace postern::decide::casework {

// What a line that is held back is seen to do on a further service closes it too: so much evidence on it within so
// long. DETECTION.md: what a family says something by itself at.
inline constexpr int32_t kServiceMnat = 4'600;
inline constexpr Duration kServiceWithin = hours(24);
// Families that say what a service is abused for: not that a network is new (novelty, and mx, which is the same act
// seen in the DNS), nor that new networks go on being contacted (persistence).
[[nodiscard]] bool speaks_of_a_service(std::string_view family);
// Whether a finding about this TCP port would add a service to the case.
[[nodiscard]] bool may_widen(const model::Case& c, uint16_t port);

// What the workflow is told of a line at a moment.
struct Scene {
  Time now;
  const model::CaseRules* rules = nullptr;  // of the line's class
  Time behaviour_at;                        // last seen; 0 = not in memory
  bool has_mail = false;                    // the subscriber has an address
  bool has_webhook = false;                 // the provider has a gateway
};

// Opens a case, or adds to the line's. `summary` is the detectors' sentence.
[[nodiscard]] std::optional<model::CaseChanged> on_finding(const Book& book, const model::Finding& finding,
                                                           const std::string& summary, const Scene& scene);
// A limit of the relay was reached by a line whose class asks for a case then; its case, if it has one, is about that.
[[nodiscard]] std::optional<model::CaseChanged> on_limit(const Book& book, model::SubscriberId line,
                                                         const model::LimitReached& limit, const Scene& scene);
// What time alone brings next, one transition; call again until nothing. `ask` is asked only when a restriction is due.
[[nodiscard]] std::optional<model::CaseChanged> on_time(const Book& book, const model::Case& c, const Scene& scene,
                                                        const Governor& governor);
// When on_time() should be asked again, if nothing is seen of the line until then. Never 0, always after now.
[[nodiscard]] Time next_look(const model::Case& c, const Scene& scene);

[[nodiscard]] std::optional<model::CaseChanged> on_contact(const model::Case& c, const model::ContactSettled& settled,
                                                           const Scene& scene);
[[nodiscard]] std::optional<model::CaseChanged> on_customer(const model::Case& c, model::CustomerStatus says,
                                                            const Scene& scene);
[[nodiscard]] std::optional<model::CaseChanged> on_confirmed(const model::Case& c, const Scene& scene,
                                                             const std::string& how);
[[nodiscard]] std::optional<model::CaseChanged> on_command(const model::Case& c, const model::CaseCommand& command,
                                                           const Scene& scene);
// Whether the command may be given; a clear sentence or yes.
[[nodiscard]] Status validate(const model::Case& c, const model::CaseCommand& command, const model::CaseRules& rules,
                              Time now);
[[nodiscard]] std::optional<model::CaseChanged> on_erased(const model::Case& c, Time at);

// Seen since, and not so long ago that it counts as stopped.
[[nodiscard]] bool still_there(const Scene& scene, Time since);

}  // namespace postern::decide::casework
