// SPDX-License-Identifier: Apache-2.0
#include "decide/detect/outcome/outcome.h"

#include <algorithm>
#include <fmt/format.h>

namespace postern::decide::detect::outcome {
namespace {

bool forwarded(model::Verdict verdict) {
  return verdict == model::Verdict::open || verdict == model::Verdict::limited || verdict == model::Verdict::listed;
}

}  // namespace

int32_t Detector::level(const Level& level, const Context& context) {
  return context.now - level.at >= context.line_class->destination_memory ? 0 : level.mnat;
}

int32_t Detector::see(State&, const model::ObservationBody& body, const Context& context) {
  const auto* contact = std::get_if<model::FirstContact>(&body);
  if (contact == nullptr || !context.new_network || !forwarded(contact->verdict)) return 0;
  switch (contact->outcome) {
    case model::Outcome::success:
      return contact->provider ? -kProviderAnswersMnat : -kStepMnat;
    case model::Outcome::failure:
      return context.walk ? 0 : kStepMnat;  // a dead domain fails once, however many hosts its MX list names
    case model::Outcome::unknown:
      return 0;
  }
  return 0;
}

std::string Detector::note(const Entry& entry) {
  return entry.outcome == model::Outcome::success ? "answered" : "no answer or refused";
}

std::string Detector::explain(std::span<const Entry> mine, const Context&) {
  const auto failed = std::ranges::count(mine, model::Outcome::failure, &Entry::outcome);
  if (failed == 0) return {};
  return fmt::format("{} of {} did not answer (mail servers: 5 %)", failed, mine.size());
}

}  // namespace postern::decide::detect::outcome
