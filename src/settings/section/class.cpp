// SPDX-License-Identifier: Apache-2.0
#include "settings/section/class.h"

#include "settings/table/key.h"

namespace postern::settings {
namespace {

constexpr Key kKeys[] = {
    choice<&Class::verdict>(
        "verdict", model::pn_names_of_Verdict,
        {.without = "listed",  // a list of destinations belongs to one line: a permit
         .reload = Reload::live,
         .help = "what happens to connections to port 25: let through (open), within the limits below (limited), "
                 "refused with an explanation (explain), refused (reject), or dropped without a word (drop)"}),
    key<&Class::connections_per_min>("connections_per_min", {.unit = "a minute",
                                                             .max = 100'000,
                                                             .reload = Reload::live,
                                                             .help = "connections let through; 0 for no such limit"}),
    key<&Class::connections_burst>("connections_burst",
                                   {.unit = "connections",
                                    .max = 100'000,
                                    .reload = Reload::live,
                                    .help = "connections that may come at once; 0 for a minute's worth"}),
    key<&Class::networks_per_hour>(
        "networks_per_hour",
        {.unit = "an hour",
         .max = 100'000,
         .reload = Reload::live,
         .help = "destination networks (IPv4 /24, IPv6 /48) the line has not contacted lately; 0 for no such limit"}),
    key<&Class::networks_burst>("networks_burst",
                                {.unit = "networks",
                                 .max = 100'000,
                                 .reload = Reload::live,
                                 .help = "new networks that may come at once; 0 for an hour's worth"}),
    key<&Class::destination_memory>(
        "destination_memory",
        {.min = hours(1).us,
         .max = days(90).us,
         .reload = Reload::live,
         .help = "how long a destination network counts as known; 24h for homes, 30d for businesses and servers"}),
    key<&Class::new_network_every>(
        "new_network_every",
        {.min = seconds(1).us,
         .max = days(1).us,
         .reload = Reload::live,
         .help = "how often a healthy line of the class contacts a new mail network; detection measures against it"}),
    key<&Class::contact_promise>("contact_promise",
                                 {.max = days(7).us, .reload = Reload::live, .help = "0s: as [casework] says"}),
    key<&Class::escalate_every>("escalate_every",
                                {.max = days(14).us, .reload = Reload::live, .help = "0s: as [casework] says"}),
    key<&Class::deadline>("deadline", {.max = days(90).us, .reload = Reload::live, .help = "0s: as [casework] says"}),
    key<&Class::block_deadline>("block_deadline",
                                {.max = days(90).us, .reload = Reload::live, .help = "0s: as [casework] says"}),
    choice<&Class::restrict_mode>(
        "restrict", pn_names_of_Restrict,
        {.reload = Reload::live, .help = "restricting lines of the class: as [casework] says, or otherwise"}),
    key<&Class::relay_messages_per_hour>(
        "relay_messages_per_hour",
        {.unit = "an hour",
         .max = 10'000'000,
         .reload = Reload::live,
         .help = "messages of one line or account that the relay takes; 0 for no such limit"}),
    key<&Class::relay_messages_per_day>(
        "relay_messages_per_day",
        {.unit = "a day", .max = 10'000'000, .reload = Reload::live, .help = "the same over 24 hours"}),
    key<&Class::relay_recipients_per_hour>(
        "relay_recipients_per_hour",
        {.unit = "an hour",
         .max = 10'000'000,
         .reload = Reload::live,
         .help = "recipients that the relay takes, each of a message counted; 0 for no such limit"}),
    key<&Class::relay_recipients_per_day>(
        "relay_recipients_per_day",
        {.unit = "a day", .max = 10'000'000, .reload = Reload::live, .help = "the same over 24 hours"}),
    key<&Class::relay_megabytes_per_hour>("relay_megabytes_per_hour",
                                          {.unit = "MB an hour",
                                           .max = 1'000'000,
                                           .reload = Reload::live,
                                           .help = "size of messages as they arrive; 0 for no such limit"}),
    key<&Class::relay_megabytes_per_day>(
        "relay_megabytes_per_day",
        {.unit = "MB a day", .max = 1'000'000, .reload = Reload::live, .help = "the same over 24 hours"}),
    key<&Class::relay_domains_per_hour>(
        "relay_domains_per_hour",
        {.unit = "an hour",
         .max = 600,
         .reload = Reload::live,
         .help = "different domains of recipients, counted to about 5 %; 0 for no such limit"}),
    key<&Class::relay_domains_per_day>(
        "relay_domains_per_day",
        {.unit = "a day", .max = 600, .reload = Reload::live, .help = "the same over 24 hours"}),
    key<&Class::relay_invalid_percent>("relay_invalid_percent",
                                       {.unit = "per cent",
                                        .max = 100,
                                        .reload = Reload::live,
                                        .help = "of the recipients of an hour, how many may turn out not to exist, "
                                                "from the 20th on; 0 for no such limit"}),
    key<&Class::relay_recipients_per_message>(
        "relay_recipients_per_message",
        {.unit = "recipients", .max = 100'000, .reload = Reload::live, .help = "of one message; 0 for no such limit"}),
    key<&Class::relay_class_recipients_per_hour>(
        "relay_class_recipients_per_hour",
        {.unit = "an hour",
         .max = 1'000'000'000,
         .reload = Reload::live,
         .help =
             "recipients of all lines of the class together, and of accounts where it is relay.account_class; 0 for "
             "no such limit"}),
    key<&Class::relay_class_recipients_per_day>(
        "relay_class_recipients_per_day",
        {.unit = "a day", .max = 1'000'000'000, .reload = Reload::live, .help = "the same over 24 hours"}),
    key<&Class::relay_limit_opens_case>(
        "relay_limit_opens_case",
        {.reload = Reload::live,
         .help = "open a case when a line of the class, or a mail account of its customer, reaches one of its limits: "
                 "the customer is asked about it, nothing is restricted"}),
    key<&Class::names>("names", {.form = &kLanguageText,
                                 .example = "[\"en: Home connection\", \"de: Privatanschluss\"]",
                                 .reload = Reload::live,
                                 .help = "what customers read as the kind of their connection, by language; none: "
                                         "pages do not mention it"}),
};

constexpr KeyTable kTable{
    "What lines of one class may do on port 25, and through your relay. The classes unknown and residential are always "
    "there, closed and "
    "explained.",
    kKeys};

}  // namespace

const KeyTable& Class::table() { return kTable; }

std::map<std::string, std::string> Class::shown() const {
  std::map<std::string, std::string> out;
  for (const std::string& name : names) {
    const size_t colon = name.find(": ");
    out[name.substr(0, colon)] = name.substr(colon + 2);
  }
  return out;
}

model::ClassPolicy Class::policy(const model::CaseRules& common) const {
  model::ClassPolicy out;
  out.verdict = verdict;
  out.limits = {connections_per_min, connections_burst != 0 ? connections_burst : connections_per_min,
                networks_per_hour, networks_burst != 0 ? networks_burst : networks_per_hour};
  out.destination_memory = destination_memory;
  out.new_network_every = new_network_every;
  out.case_at_relay_limit = relay_limit_opens_case;
  out.cases = common;
  const auto own = [](Duration& rule, Duration said) {
    if (said.us != 0) rule = said;
  };
  own(out.cases.contact_promise, contact_promise);
  own(out.cases.escalate_every, escalate_every);
  own(out.cases.deadline, deadline);
  own(out.cases.block_deadline, block_deadline);
  if (restrict_mode != Restrict::as_casework)
    out.cases.restrict_mode = static_cast<model::Mode>(static_cast<uint8_t>(restrict_mode) - 1);
  return out;
}

}  // namespace postern::settings
