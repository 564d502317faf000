// SPDX-License-Identifier: Apache-2.0
// Whose lines there are, what addresses they have, and what they may do by contract.
#include <cstdio>
#include <iostream>
#include <unistd.h>

#include "cli/erase.h"
#include "cli/program/program.h"

namespace postern::cli {
namespace {
using wire::Json;

// Those that were given: the API knows what is usual for the rest.
Json limits_of(const Options& options) {
  Json out = Json::object();
  const auto add = [&](std::string_view name, const std::optional<unsigned>& n) {
    if (n) out.set(name, *n);
  };
  add("connections_per_min", options.connections_per_min);
  add("connections_burst", options.connections_burst);
  add("networks_per_hour", options.networks_per_hour);
  add("networks_burst", options.networks_burst);
  return out;
}

// On the terminal; nothing when the input is none.
std::optional<std::string> ask_person(const std::string& text) {
  if (::isatty(STDIN_FILENO) == 0) return std::nullopt;
  std::fputs(text.c_str(), stderr);
  std::string typed;
  std::getline(std::cin, typed);
  return typed;
}

}  // namespace

void Program::subscribers() {
  CLI::App* group = noun("subscriber", "lines and who they belong to");
  CLI::App* import = group->add_subcommand("import", "take subscribers from a CSV or TOML file");
  import->add_option("FILE", options_.word, "CSV, or TOML when it ends so")->required();
  import->fallthrough();
  import->callback([this] { print(import_subscribers(options_.socket, options_.word, json())); });

  on_list(group->add_subcommand("list", "all subscribers"), [] { return Call{.path = "/v1/subscribers"}; },
          {{"KEY", "key"}, {"NUMBER", "id"}, {"CLASS", "class_name"}, {"FIXED", "fixed"}});

  CLI::App* show = group->add_subcommand("show", "one subscriber: sessions, permits, cases");
  show->add_option("KEY", options_.word, "the line's key, or #NUMBER")->required();
  on(show, [this] { return Call{.path = "/v1/subscribers/" + escaped(options_.word)}; }, fields);

  CLI::App* set_class = group->add_subcommand("set-class", "give a line another class, live sessions too");
  set_class->add_option("KEY", options_.word, "the line's key, or #NUMBER")->required();
  set_class->add_option("CLASS", options_.kind, "a class of the settings")->required();
  on(
      set_class,
      [this] {
        return Call{.method = "POST",
                    .path = "/v1/subscribers/" + escaped(options_.word) + "/class",
                    .body = Json::object({{"class", options_.kind}})};
      },
      fields);

  CLI::App* erase = group->add_subcommand("erase", "destroy a subscriber's personal data, for ever");
  erase->add_option("KEY", options_.word, "the line's key, or #NUMBER")->required();
  erase->add_flag("--yes", options_.yes, "do not ask");
  erase->fallthrough();
  erase->callback([this] {
    print(erase_subscriber(options_.socket, options_.word, options_.yes ? Ask() : Ask(ask_person), json()));
  });
}

void Program::sessions() {
  CLI::App* group = noun("session", "who holds which address");
  CLI::App* list = group->add_subcommand("list", "the live sessions, those of one line, or all there ever were");
  CLI::Option* line = list->add_option("--line", options_.line, "the line's key: its sessions, ended ones too");
  list->add_flag("--all", options_.all, "of every line, ended ones too, the newest first")->excludes(line);
  list->add_flag("--csv", options_.csv, "as CSV (RFC 4180), for rehearse --sessions");
  on_list(
      list,
      [this] {
        return Call{.path = "/v1/sessions", .query = {{"subscriber", options_.line}, {"all", options_.all ? "1" : ""}}};
      },
      [this](const Json& answer) {
        if (options_.csv)
          return csv(
              answer,
              {{"key", "name"}, {"class", "class"}, {"since", "since"}, {"until", "until"}, {"prefixes", "prefixes"}});
        return table(answer, {{"SESSION", "id"},
                              {"LINE", "name"},
                              {"CLASS", "class"},
                              {"SINCE", "since"},
                              {"UNTIL", "until"},
                              {"NAS", "nas"},
                              {"ACCT-ID", "key"},
                              {"PREFIXES", "prefixes"}});
      });
  CLI::App* whose = group->add_subcommand("who", "who had this address then; ends with 1 for nobody or ambiguous");
  whose->add_option("ADDRESS", options_.word, "IPv4 or IPv6")->required();
  whose->add_option("--at", options_.at, "a time (RFC 3339, or a date); now if not given");
  whose->add_option("--port", options_.port, "of an outside address of a NAT: the port it was seen with");
  whose->add_option("--protocol", options_.protocol, "of that port: tcp or udp; tcp if not given");
  on(
      whose,
      [this] {
        return Call{.path = "/v1/sessions/who",
                    .query = {{"address", options_.word},
                              {"at", options_.at},
                              {"port", options_.port},
                              {"protocol", options_.protocol}}};
      },
      who);
}

void Program::permits() {
  CLI::App* group = noun("permit", "exceptions with limits and an end");
  CLI::App* grant = group->add_subcommand("grant", "let a line send mail by itself");
  grant->add_option("KEY", options_.word, "the line's key, or #NUMBER")->required();
  grant->add_option("--kind", options_.kind, "own_server, named_server or open_class")->capture_default_str();
  grant->add_option("--terms", options_.terms, "version of the terms the customer agreed to")->required();
  grant->add_option("--for", options_.lasts, "how long, as 365d");
  grant->add_option("--until", options_.expires, "until when, instead of --for");
  grant->add_option("--connections-per-min", options_.connections_per_min,
                    "limit; an own server has 30 when not given");
  grant->add_option("--connections-burst", options_.connections_burst,
                    "how many of them at once; the rate when not given");
  grant->add_option("--networks-per-hour", options_.networks_per_hour,
                    "new destination networks; an own server has 120");
  grant->add_option("--networks-burst", options_.networks_burst, "how many of them at once; the rate when not given");
  grant->add_option("--to", options_.destinations, "named_server: prefix of a server; may be given again");
  grant->add_option("--note", options_.note, "for whoever reads it later");
  on(
      grant,
      [this] {
        Call out{.method = "POST", .path = "/v1/permits"};
        Json to = Json::array();
        for (const std::string& d : options_.destinations) to.push(d);
        out.body = Json::object({{"subscriber", options_.word},
                                 {"kind", options_.kind},
                                 {"terms_version", options_.terms},
                                 {"limits", limits_of(options_)},
                                 {"destinations", to},
                                 {"note", options_.note}});
        if (!options_.lasts.empty()) out.body.set("for", options_.lasts);
        if (!options_.expires.empty()) out.body.set("expires", options_.expires);
        return out;
      },
      [](const Json& answer) { return fields(answer["permit"]); });

  CLI::App* list = group->add_subcommand("list", "permits, the newest first");
  list->add_option("--line", options_.line, "of one line");
  on_list(list, [this] { return Call{.path = "/v1/permits", .query = {{"subscriber", options_.line}}}; },
          {{"PERMIT", "id"},
           {"LINE", "subscriber_key"},
           {"KIND", "kind"},
           {"STATE", "state"},
           {"EXPIRES", "expires"},
           {"BY", "granted_by"},
           {"TERMS", "terms_version"}});

  CLI::App* revoke = group->add_subcommand("revoke", "end a permit now, open connections too");
  revoke->add_option("ID", options_.word, "the permit's number")->required();
  revoke->add_option("--why", options_.why, "for the journal");
  on(
      revoke,
      [this] {
        return Call{
            .method = "DELETE", .path = "/v1/permits/" + escaped(options_.word), .query = {{"why", options_.why}}};
      },
      [](const Json& answer) { return fields(answer["permit"]); });
}

}  // namespace postern::cli
