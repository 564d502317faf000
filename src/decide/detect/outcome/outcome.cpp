// SPDX-License-Identifier: Apache-2.0
#include "decide/detect/outcome/outcome.h"

#include <algorithm>
#include <fmt/format.h>

#include "decide/frame/walk.h"

namespace postern::decide::detect::outcome {
namespace {

bool forwarded(model::Verdict verdict) {
  return verdict == model::Verdict::open || verdict == model::Verdict::limited || verdict == model::Verdict::listed;
}

// What fails soon after another step may be the next host of the same dead domain, and the DNS did not show it.
bool may_be_one_act(const Level& level, const Context& context) {
  return level.mnat > 0 && context.now - level.at < Walk::kWalkWithin;
}

}  // namespace

int32_t Detector::level(const Level& level, const Context& context) {
  return context.now - level.at >= context.line_class->destination_memory ? 0 : level.mnat;
}

void Detector::State::learn(bool failure) {
  reliable = answered + failed >= 5 + 10 * failed;
  if (answered + failed >= kContactsRemembered) {
    answered /= 2;
    failed /= 2;
  }
  ++(failure ? failed : answered);
}

int32_t Detector::see(State& state, const model::ObservationBody& body, const Context& context) {
  const auto* contact = std::get_if<model::FirstContact>(&body);
  if (contact == nullptr || !context.new_network || !forwarded(contact->verdict)) return 0;
  if (contact->outcome == model::Outcome::unknown) return 0;
  const bool failure = contact->outcome == model::Outcome::failure;
  // A dead domain fails once, however many hosts its MX list names.
  if (failure && context.walk) return 0;
  if (!failure && contact->provider) return -kProviderAnswersMnat;
  // Before an outcome is known it is settled whether it is learned from, so the level does not choose what is.
  if (level(state.level, context) == 0 && !contact->provider && !context.walk) state.learn(failure);
  if (failure) return state.reliable && !may_be_one_act(state.level, context) ? kEarnedFailureMnat : kStepMnat;
  return state.reliable ? -kEarnedSuccessMnat : -kStepMnat;
}

int32_t Detector::restricting(const Entry& entry) { return std::clamp(entry.mnat, -kStepMnat, kStepMnat); }

std::string Detector::note(const Entry& entry) {
  return entry.outcome == model::Outcome::success ? "answered" : "no answer or refused";
}

std::string Detector::explain(std::span<const Entry> mine, const Context&) {
  const auto failed = std::ranges::count(mine, model::Outcome::failure, &Entry::outcome);
  if (failed == 0) return {};
  return fmt::format("{} of {} did not answer (mail servers: 5 %)", failed, mine.size());
}

}  // namespace postern::decide::detect::outcome
