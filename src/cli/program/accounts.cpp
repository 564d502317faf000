// SPDX-License-Identifier: Apache-2.0
// postern account …
#include "cli/program/program.h"

namespace postern::cli {

using wire::Json;

void Program::accounts() {
  CLI::App* group = noun("account", "mail accounts at your relay whose password is in other hands");
  on(
      group->add_subcommand("list", "those that are held or locked, or would be if what is in shadow were on"),
      [] { return Call{.path = "/v1/accounts"}; },
      [](const Json& answer) {
        return table(answer, {{"NAME", "name"},
                              {"STATE", "state"},
                              {"SHADOW", "shadow"},
                              {"OWNER", "owner"},
                              {"CHANGED", "changed"},
                              {"HOOK", "hook"},
                              {"BECAUSE", "because"}});
      });
  CLI::App* show = group->add_subcommand("show", "one account: whose it is, and what is seen of it");
  show->add_option("NAME", options_.word, "the name it signs in with")->required();
  on(show, [this] { return Call{.path = "/v1/accounts/" + escaped(options_.word)}; }, fields);
  for (const auto& [verb, about] : {std::pair{"hold", "the relay takes nothing more from it"},
                                    {"lock", "the same, and the hook is told that its password is no longer good"},
                                    {"release", "the password is new, or it was a mistake: all as before"}}) {
    CLI::App* order = group->add_subcommand(verb, about);
    order->add_option("NAME", options_.word, "the name it signs in with")->required();
    order->add_option("--why", options_.why, "for the audit");
    on(
        order,
        [this, name = std::string(verb)] {
          return Call{.method = "POST",
                      .path = "/v1/accounts/" + escaped(options_.word) + "/" + name,
                      .body = Json::object({{"why", options_.why}})};
        },
        fields);
  }
}

}  // namespace postern::cli
