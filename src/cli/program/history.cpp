// SPDX-License-Identifier: Apache-2.0
// What was recorded, and what would have come of it.
#include <fmt/format.h>

#include "cli/predicted.h"
#include "cli/program/program.h"
#include "settings/file.h"

namespace postern::cli {

void Program::rehearsals() {
  CLI::App* command = app_.add_subcommand("rehearse", "recorded traffic through detection: who would be found");
  command->add_option("--policy", options_.rehearse.policy, "settings as posternd reads them")->required();
  command->add_option("--profile", options_.rehearse.profile, "how CSV without a header is laid out")
      ->check(CLI::IsMember({"nfdump", "argus", "ugr16"}));
  command->add_option("--subscribers", options_.rehearse.subscribers, "an import file: whose the addresses are");
  command->add_option("--sessions", options_.rehearse.sessions, "who had which address when: session list --all --csv");
  command->add_option("--permits", options_.rehearse.permits, "a new file for drafts of permits");
  command->add_option("--campaign", options_.rehearse.campaign, "a new file for whom to tell what: case campaign");
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

void Program::campaigns(CLI::App* cases) {
  CLI::App* command = cases->add_subcommand("campaign", "tell lines what a rehearsal found, before anything closes");
  command->add_option("FILE", options_.word, "what rehearse --campaign wrote; without it: what became of campaigns");
  command->add_option("--name", options_.note, "of the campaign; default: the file's");
  command->add_flag("--send", options_.yes, "send it; without it only say how many would be told");
  on(
      command,
      [this] {
        if (options_.word.empty()) return Call{.path = "/v1/campaigns"};
        const auto text = settings::read_whole_file(options_.word, kCampaignBytesMax);
        if (!text) throw CLI::ValidationError("FILE", text.error().text());
        const auto rows = read_campaign(*text, options_.word);
        if (!rows) throw CLI::ValidationError("FILE", rows.error().text());
        const std::string name =
            options_.note.empty() ? options_.word.substr(options_.word.rfind('/') + 1) : options_.note;
        return Call{.method = "POST", .path = "/v1/campaigns", .body = campaign_body(*rows, name, options_.yes)};
      },
      [](const wire::Json& answer) {
        if (answer["items"].items() == nullptr)
          return answer["sent"].boolean() != nullptr && *answer["sent"].boolean()
                     ? fmt::format("{} of {} lines are told, as the governor lets them\n", answer["told"].text(),
                                   answer["rows"].text())
                     : fmt::format("{} of {} lines would be told; nothing was sent (--send)\n", answer["told"].text(),
                                   answer["rows"].text());
        return table(answer, {{"NAME", "name"},
                              {"PLANNED", "planned"},
                              {"WAITING", "waiting"},
                              {"ORDERED", "ordered"},
                              {"SENT", "sent"},
                              {"BOUNCED", "bounced"},
                              {"FAILED", "failed"},
                              {"UNUSABLE", "unusable"}});
      });
}

}  // namespace postern::cli
