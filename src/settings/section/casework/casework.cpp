// SPDX-License-Identifier: Apache-2.0
#include "settings/section/casework/casework.h"

#include "settings/table/key.h"

namespace postern::settings {
namespace {

// A member of `rules`, which the section holds whole.
template <auto Member, class S = Casework>
constexpr Key rule(std::string_view name, Spec spec) {
  using T = typename MemberOf<Member>::type;
  Key k;
  k.name = name;
  k.type = type_of<T>();
  if constexpr (std::is_same_v<T, model::Mode>) k.choices = model::pn_names_of_Mode;
  if constexpr (std::is_same_v<T, model::Hold>) k.choices = model::pn_names_of_Hold;
  k.spec = spec;
  k.read = [](void* section, const Node& value, const Reading& how) {
    read_value(static_cast<S*>(section)->rules.*Member, value, how);
  };
  k.show = [](const void* section) { return show_value(static_cast<const S*>(section)->rules.*Member); };
  return k;
}

using model::CaseRules;
using model::GovernorRules;

constexpr Key kKeys[] = {
    key<&Casework::case_score>(
        "case_score", {.unit = "nats",
                       .min = 2'300,
                       .max = 100'000,
                       .reload = Reload::live,
                       .help = "least score that opens a case; each 2.3 more means ten times fewer false cases"}),
    key<&Casework::false_cases_a_day>(
        "false_cases_a_day",
        {.unit = "cases",
         .max = 1'000'000,
         .reload = Reload::live,
         .help = "how many cases a day may be wrong; a large network needs a higher score for that, which postern "
                 "status tells; 0 = case_score alone decides"}),
    rule<&CaseRules::contact_promise>("contact_promise",
                                      {.min = seconds(1).us,
                                       .max = days(7).us,
                                       .reload = Reload::live,
                                       .help = "nobody was told within this: the case is marked as missed"}),
    rule<&CaseRules::escalate_every>("escalate_every",
                                     {.min = seconds(1).us,
                                      .max = days(14).us,
                                      .reload = Reload::live,
                                      .help = "a notice nobody confirmed goes on to the next channel"}),
    rule<&CaseRules::deadline>(
        "deadline",
        {.min = seconds(1).us, .max = days(90).us, .reload = Reload::live, .help = "from the notice to a restriction"}),
    rule<&CaseRules::block_deadline>(
        "block_deadline", {.min = seconds(1).us,
                           .max = days(90).us,
                           .reload = Reload::live,
                           .help = "the same where two independent kinds of evidence agree, and for a relapse"}),
    rule<&CaseRules::stopped_after>("stopped_after", {.min = seconds(1).us,
                                                      .max = days(30).us,
                                                      .reload = Reload::live,
                                                      .help = "not seen for this long: nothing to restrict any more"}),
    rule<&CaseRules::release_after>(
        "release_after", {.min = seconds(1).us,
                          .max = days(7).us,
                          .reload = Reload::live,
                          .help = "not seen for this long: released when the customer says that it is fixed"}),
    rule<&CaseRules::clean_after>("clean_after", {.min = seconds(1).us,
                                                  .max = days(90).us,
                                                  .reload = Reload::live,
                                                  .help = "not seen for this long: the line counts as clean"}),
    rule<&CaseRules::question_after>("question_after",
                                     {.min = days(1).us,
                                      .max = days(90).us,
                                      .reload = Reload::live,
                                      .help = "a case of novelty alone that stopped ends after this"}),
    rule<&CaseRules::relapse_within>("relapse_within", {.min = days(1).us,
                                                        .max = days(365).us,
                                                        .reload = Reload::live,
                                                        .help = "a case this soon after another is a relapse"}),
    rule<&CaseRules::self_releases>("self_releases",
                                    {.unit = "releases",
                                     .max = 100,
                                     .reload = Reload::live,
                                     .help = "how often a customer may say that it is fixed; then a person helps"}),
    rule<&CaseRules::restrict_mode>(
        "restrict",
        {.reload = Reload::live,
         .help = "restricting lines: not at all (off), only say what would be done (shadow), or do it (on)"}),
    rule<&CaseRules::restriction>(
        "restriction",
        {.without = "none",
         .reload = Reload::live,
         .help = "what a restricted line loses: the services it was seen abusing, or all but the garden's own"}),
    rule<&CaseRules::plug_mode>(
        "plug", {.reload = Reload::live,
                 .help = "disconnecting restricted lines on which it goes on: off, shadow (only say it), or on"}),
    rule<&CaseRules::plug_after>("plug_after", {.min = seconds(2).us,
                                                .max = days(90).us,
                                                .reload = Reload::live,
                                                .help = "from a restriction to the plug; announced at half of it"}),
    rule<&CaseRules::plug_needs_person>(
        "plug_needs_person",
        {.reload = Reload::live, .help = "an operator agrees to each disconnection (postern case approve)"}),
};

constexpr KeyTable kTable{
    "When findings about a line become a case, and how it goes. A class may say otherwise for its lines.", kKeys};

constexpr Key kGovernorKeys[] = {
    rule<&GovernorRules::restrictions_per_hour, Governor>(
        "restrictions_per_hour",
        {.unit = "lines", .min = 1, .max = 100'000, .reload = Reload::live, .help = "restricted by automation"}),
    rule<&GovernorRules::restrictions_per_hour_per_nas, Governor>("restrictions_per_hour_per_nas",
                                                                  {.unit = "lines",
                                                                   .min = 1,
                                                                   .max = 100'000,
                                                                   .reload = Reload::live,
                                                                   .help = "the same, on one access concentrator"}),
    rule<&GovernorRules::restricted_max, Governor>(
        "restricted_max",
        {.unit = "lines", .min = 1, .max = 1'000'000, .reload = Reload::live, .help = "restricted at one time"}),
    rule<&GovernorRules::two_persons_above, Governor>(
        "two_persons_above", {.unit = "lines",
                              .max = 1'000'000,
                              .reload = Reload::live,
                              .help = "restricted at one time; each further one needs two operators"}),
    rule<&GovernorRules::disconnected_max, Governor>(
        "disconnected_max",
        {.unit = "lines", .min = 1, .max = 1'000'000, .reload = Reload::live, .help = "disconnected at one time"}),
    rule<&GovernorRules::advices_per_hour, Governor>("advices_per_hour",
                                                     {.unit = "letters",
                                                      .min = 1,
                                                      .max = 100'000,
                                                      .reload = Reload::live,
                                                      .help = "sent for campaigns (postern case campaign)"}),
    key<&Governor::protected_lines>(
        "protected_lines", {.example = "[\"hospital-1\", \"alarm-centre\"]",
                            .reload = Reload::live,
                            .help = "keys of subscribers that automation never restricts; an operator may, by name"}),
};

constexpr KeyTable kGovernorTable{
    "What bounds automation. Held restrictions wait; the first of an episode is reported by postern status.",
    kGovernorKeys};

}  // namespace

const KeyTable& Casework::table() { return kTable; }
const KeyTable& Governor::table() { return kGovernorTable; }

}  // namespace postern::settings
