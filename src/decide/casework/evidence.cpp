// SPDX-License-Identifier: Apache-2.0
// How a case begins, and what it gathers.
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

#include "decide/casework/step.h"
#include "decide/casework/workflow.h"

namespace postern::decide::casework {
namespace {

using model::Case;
using model::CaseChanged;
using model::CaseGrade;
using model::CaseKind;
using model::Mode;

constexpr int32_t kWitnessMnat = 4'600;  // DETECTION.md: a family that says something by itself

// mx is the same act, seen in the DNS.
bool is_more_than_novelty(std::string_view family) { return family != "novelty" && family != "mx"; }

// More than novelty: block stage, or a family other than it that says something.
CaseGrade grade_of(const model::Finding& finding) {
  if (finding.stage == model::Stage::block) return CaseGrade::block;
  for (const auto& [family, mnat] : finding.levels_mnat)
    if (is_more_than_novelty(family) && mnat >= kWitnessMnat) return CaseGrade::evidence;
  return CaseGrade::question;
}

// What the evidence says of one port, lately.
int64_t evidence_on(const model::Finding& finding, uint16_t port) {
  int64_t sum = 0;
  for (const model::Increment& step : finding.evidence)
    if (step.port == port && step.at >= finding.at - kServiceWithin && speaks_of_a_service(step.family))
      sum += step.mnat;
  return sum;
}

// What the evidence was on, most of all what a restriction closes; the services that are new. Ports of mail that
// everybody may use are in it only where a finding names them. What is closed already grows by what says something.
std::vector<std::string> add_services(Case& c, const model::Finding& finding) {
  std::vector<std::string> added;
  for (const model::Increment& step : finding.evidence) {
    const model::Service service{model::Transport::tcp, step.port};
    const auto at = std::ranges::lower_bound(c.services, service);
    if (step.port == 0 || (at != c.services.end() && *at == service)) continue;
    if (model::holds_back(c.state) && evidence_on(finding, step.port) < kServiceMnat) continue;
    if (c.services.size() >= model::kClosedMax) break;
    c.services.insert(at, service);
    added.push_back(fmt::format("TCP {}", step.port));
  }
  return added;
}

// The line's case as it is when a finding comes; a new one when it has none.
Case case_for(const Case* open, const Book& book, const model::Finding& finding, const Scene& scene) {
  Case c;
  c.id = book.next_case();
  // A person has restricted a line about a limit: it goes on from there.
  if (open != nullptr && !before_restriction(open->state)) c = *open;
  // What was asked about a limit of the relay was not about this: told anew.
  if (open != nullptr && before_restriction(open->state)) {
    c.id = open->id;
    c.contacts = open->contacts;
  }
  c.kind = CaseKind::behaviour;
  c.limit = {};
  c.line = finding.line;
  c.opened = finding.at;
  if (const Past* past = book.past_of(finding.line);
      past != nullptr && finding.at - past->closed < scene.rules->relapse_within) {
    c.relapses = past->relapses + 1;
    c.self_releases = past->self_releases;
  }
  return c;
}

}  // namespace

bool speaks_of_a_service(std::string_view family) { return is_more_than_novelty(family) && family != "persistence"; }

bool may_widen(const Case& c, uint16_t port) {
  return !c.findings.empty() && c.findings.size() < kFindingsPerCaseMax && c.services.size() < model::kClosedMax &&
         !std::ranges::binary_search(c.services, model::Service{model::Transport::tcp, port});
}

std::optional<CaseChanged> on_finding(const Book& book, const model::Finding& finding, const std::string& summary,
                                      const Scene& scene) {
  if (finding.mode != Mode::on) return std::nullopt;
  Case c;
  std::string why;
  const Case* open = book.open_of(finding.line);
  if (open != nullptr && open->kind == CaseKind::behaviour) {
    c = *open;
    if (c.findings.size() >= kFindingsPerCaseMax) return std::nullopt;
    why = fmt::format("finding {}: stage {}", finding.id.value, to_string(finding.stage));
  } else if (finding.stage >= model::Stage::case_) {
    c = case_for(open, book, finding, scene);
    why = fmt::format("opened by finding {}: score {}.{:03} nats", finding.id.value, finding.score_mnat / 1000,
                      finding.score_mnat % 1000);
  } else {
    return std::nullopt;
  }
  c.findings.push_back(finding.id);
  c.score_mnat = finding.score_mnat;
  c.first_contacts = finding.first_contacts;
  c.summary = summary;
  if (const auto added = add_services(c, finding); model::holds_back(c.state) && !added.empty()) {
    c.widened_at = finding.at;
    why += fmt::format("; on {} too now", fmt::join(added, ", "));
  }
  const CaseGrade before = std::exchange(c.grade, std::max(c.grade, grade_of(finding)));
  if (before_restriction(c.state)) c.deadline_at = deadline_of(c, scene);
  // Once restricted the deadline is what a person gave before the plug.
  if (before_restriction(c.state) && c.grade == CaseGrade::block && before != CaseGrade::block && c.deadline_at)
    c.deadline_at = std::min(c.deadline_at, finding.at + scene.rules->block_deadline);
  return becomes(std::move(c), finding.at, std::move(why));
}

std::optional<CaseChanged> on_limit(const Book& book, model::SubscriberId line, const model::LimitReached& limit,
                                    const Scene& scene) {
  const Case* open = book.open_of(line);
  if (open != nullptr && open->limit == limit) return std::nullopt;
  Case c;
  if (open != nullptr) {
    c = *open;
  } else {
    c.id = book.next_case();
    c.line = line;
    c.opened = scene.now;
    c.kind = CaseKind::relay_limit;
  }
  c.limit = limit;
  c.summary =
      fmt::format("a limit of the relay was reached: {} {} within one {}", limit.most, limit.what, limit.window);
  return becomes(std::move(c), scene.now,
                 open != nullptr ? "another limit was reached" : "opened: a limit was reached");
}

}  // namespace postern::decide::casework
