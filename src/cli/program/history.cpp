// SPDX-License-Identifier: Apache-2.0
// What was recorded, and what would have come of it.
#include "cli/predicted.h"
#include "cli/program/program.h"

namespace postern::cli {

void Program::rehearsals() {
  CLI::App* command = app_.add_subcommand("rehearse", "recorded traffic through detection: who would be found");
  command->add_option("--policy", options_.rehearse.policy, "settings as posternd reads them")->required();
  command->add_option("--profile", options_.rehearse.profile, "how CSV without a header is laid out")
      ->check(CLI::IsMember({"nfdump", "argus", "ugr16"}));
  command->add_option("--subscribers", options_.rehearse.subscribers, "an import file: whose the addresses are");
  command->add_option("--sessions", options_.rehearse.sessions, "who had which address when: session list --all --csv");
  command->add_option("--permits", options_.rehearse.permits, "a new file for drafts of permits");
  command->add_option("INPUT", options_.rehearse.inputs, "CSV or capture, plain, gzip or xz; - for standard input")
      ->required();
  command->fallthrough();
  command->callback([this] { print(rehearse(options_.rehearse, json())); });
}

void Program::predictions(CLI::App* cases) {
  CLI::App* command = cases->add_subcommand("predicted", "what a rehearsal predicted, and what became of it");
  command->add_option("FILE", options_.word, "what rehearse -o json wrote")->required();
  command->add_option("--since", options_.since, "only cases opened since: when the gate was switched on");
  command->fallthrough();
  command->callback([this] { print(predicted(options_.socket, options_.word, options_.since, json())); });
}

}  // namespace postern::cli
