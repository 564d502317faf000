// SPDX-License-Identifier: Apache-2.0
// What others think of the network's addresses.
#include <fmt/format.h>

#include "cli/program/program.h"

namespace postern::cli {
namespace {

using wire::Json;

std::string part(const Json& answer, const char* name, const char* title, const std::vector<Column>& columns) {
  return fmt::format("{}\n{}\n", title, table(Json::object({{"items", answer[name]}}), columns));
}

std::string shown(const Json& answer) {
  std::string out = part(
      answer, "lists", "Blocklists",
      {{"LIST", "list"}, {"IPV4", "ipv4"}, {"IPV6", "ipv6"}, {"TESTED", "tested"}, {"ASKED", "asked"}, {"WHY", "why"}});
  out += part(answer, "listed", "Listed",
              {{"ADDRESS AND LIST", "listed"}, {"WHOSE", "whose"}, {"SINCE", "since"}, {"ANSWER", "answer"}});
  out += part(answer, "receivers", "Receivers' answers to the relay: the last hour, the 23 hours before",
              {{"RECEIVER", "receiver"},
               {"STATE", "state"},
               {"ANSWERS", "answers_hour"},
               {"PUT OFF", "put_off_hour"},
               {"REFUSED", "refused_hour"},
               {"UNKNOWN", "unknown_hour"},
               {"SILENT", "unreachable_hour"},
               {"ANSWERS", "answers_before"},
               {"PUT OFF", "put_off_before"},
               {"REFUSED", "refused_before"},
               {"UNKNOWN", "unknown_before"},
               {"SILENT", "unreachable_before"}});
  out += "Mail that waits in the relay's queue\n" + fields(answer["queue"]) + "\n";
  out += part(answer, "reporters", "Feedback reports, by who is proven to have sent them",
              {{"REPORTER", "reporter"}, {"REPORTS", "reports"}, {"LAST", "last"}, {"LISTED", "listed"}});
  out += part(answer, "accused", "Accounts that they were about",
              {{"ACCOUNT", "account"}, {"COMPLAINTS", "complaints"}, {"LAST", "last"}});
  return out;
}

}  // namespace

void Program::reputation() {
  CLI::App* group = noun("reputation", "what others think of your addresses and of your relay");
  on(
      group->add_subcommand("show", "blocklists, receivers' answers, the queue's age, feedback reports"),
      [] { return Call{.path = "/v1/reputation"}; }, shown);
}

}  // namespace postern::cli
