// SPDX-License-Identifier: Apache-2.0
// postern: the operator's command. Words here, answers from the API (docs/man/postern.1).
#include <cstdio>

#include "cli/program/program.h"
#include "cli/relay/check.h"
#include "cli/relay/setup.h"
#include "tell/metrics/metrics.h"

namespace postern::cli {
using wire::Json;

Program::Program() {
  app_.name("postern");
  app_.require_subcommand(1);
  app_.fallthrough();
  app_.set_help_all_flag("--help-all", "help on every command");
  app_.set_version_flag("--version", "postern " POSTERN_VERSION);
  app_.add_option("--socket", options_.socket, "the API's socket")->envname("POSTERN_SOCKET")->capture_default_str();
  app_.add_option("-o,--output", options_.output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  status_and_check();
  subscribers();
  sessions();
  permits();
  cases();
  explain();
  governor();
  gate();
  decoys();
  reputation();
  rehearsals();
  relay();
  accounts();
}

CLI::App* Program::noun(const char* name, const char* about) {
  CLI::App* app = app_.add_subcommand(name, about);
  app->require_subcommand(1);
  app->fallthrough();
  return app;
}

void Program::print(const Printed& printed) {
  std::fputs(printed.out.c_str(), stdout);
  std::fputs(printed.faults.c_str(), stderr);
  exit_ = printed.exit;
}

Exit Program::show(const Result<Reply>& reply, const Render& render) {
  if (!reply) {
    std::fprintf(stderr, "postern: %s\n", reply.error().text().c_str());
    return reply.error().code == Errc::unavailable ? Exit::unreachable : Exit::try_again;
  }
  const Exit exit = exit_of(reply->status);
  if (json()) {
    std::fputs(reply->body.pretty().c_str(), stdout);
  } else if (exit == Exit::ok) {
    std::fputs(render(reply->body).c_str(), stdout);
  } else {
    std::fputs(error_line(reply->body, reply->status).c_str(), stderr);
  }
  // "Nobody" is an answer, and it is no.
  const std::string said = reply->body["answer"].text();
  return exit == Exit::ok && (said == "nobody" || said == "ambiguous") ? Exit::no : exit;
}

void Program::on(CLI::App* command, std::function<Call()> make, Render render) {
  command->fallthrough();
  command->callback([this, make = std::move(make), render = std::move(render)] {
    exit_ = show(call(options_.socket, make()), render);
  });
}

void Program::on_list(CLI::App* command, std::function<Call()> make, std::vector<Column> columns) {
  on_list(command, std::move(make),
          [columns = std::move(columns)](const Json& answer) { return table(answer, columns); });
}

void Program::on_list(CLI::App* command, std::function<Call()> make, Render render) {
  command->fallthrough();
  command->add_option("--limit", options_.limit, "at most so many; it says how many more there are")
      ->check(CLI::Range(size_t{1}, kListMost))
      ->capture_default_str();
  command->add_option("--after", options_.after, "go on after the one with this number")->check(CLI::NonNegativeNumber);
  command->callback([this, make = std::move(make), render = std::move(render)] {
    exit_ = show(call_list(options_.socket, make(), options_.limit, options_.after), render);
  });
}

void Program::status_and_check() {
  CLI::App* check_settings = app_.add_subcommand("check", "read the settings and look what they need of this machine");
  check_settings->add_option("FILE", options_.config, "the settings")->capture_default_str();
  check_settings->add_option("--subscribers", options_.word, "a file for import, to be checked with these settings");
  check_settings->fallthrough();
  check_settings->callback([this] { print(check(options_.config, options_.word, json())); });
  on(app_.add_subcommand("status", "what runs, and what there is"), [] { return Call{.path = "/v1/status"}; }, fields);
  on(
      app_.add_subcommand("metrics", "the numbers of status as Prometheus reads them"),
      [] { return Call{.path = "/v1/status"}; }, tell::metrics_of);
}

void Program::cases() {
  CLI::App* group = noun("case", "lines in trouble, with the evidence");
  CLI::App* list = group->add_subcommand("list", "cases, the newest first");
  list->add_option("--line", options_.line, "of one line");
  list->add_option("--state", options_.state, "open ones in this state");
  list->add_option("--customer", options_.customer, "open ones whose customer is silent, read, says_clean, …");
  list->add_option("--grade", options_.grade, "open ones that rest on: question, evidence, block");
  list->add_option("--class", options_.class_name, "open ones of lines of this class");
  list->add_option("--kind", options_.case_kind, "open ones about: behaviour, relay_limit");
  on_list(list,
          [this] {
            return Call{.path = "/v1/cases",
                        .query = {{"subscriber", options_.line},
                                  {"state", options_.state},
                                  {"customer", options_.customer},
                                  {"grade", options_.grade},
                                  {"class", options_.class_name},
                                  {"kind", options_.case_kind}}};
          },
          {{"CASE", "id"},
           {"LINE", "subscriber_key"},
           {"KIND", "kind"},
           {"STATE", "state"},
           {"CUSTOMER", "customer"},
           {"SCORE", "score"},
           {"OPENED", "opened"},
           {"SUMMARY", "summary"}});
  CLI::App* show = group->add_subcommand("show", "one case: history, findings, evidence");
  show->add_option("ID", options_.word, "the case's number")->required();
  on(show, [this] { return Call{.path = "/v1/cases/" + escaped(options_.word)}; }, fields);

  CLI::App* calls = group->add_subcommand("calls", "customers to be called: nothing else reached them");
  calls->add_flag("--csv", options_.csv, "as CSV (RFC 4180), with what to say");
  const std::vector<Column> call_columns{{"CASE", "id"},        {"LINE", "subscriber_key"}, {"NAME", "name"},
                                         {"PHONE", "phone"},    {"LANGUAGE", "language"},   {"DEADLINE", "deadline_at"},
                                         {"SUMMARY", "summary"}};
  on_list(
      calls, [] { return Call{.path = "/v1/cases", .query = {{"calls", "1"}}}; },
      [this, call_columns](const Json& answer) {
        if (!options_.csv) return table(answer, call_columns);
        return csv(answer, {{"name", "name"},
                            {"phone", "phone"},
                            {"language", "language"},
                            {"case", "id"},
                            {"deadline", "deadline_at"},
                            {"say", "say"}});
      });
  predictions(group);
  campaigns(group);
  case_order(group, "note", "write something on a case");
  case_order(group, "confirm", "the customer was reached in person");
  CLI::App* extend = case_order(group, "extend", "give the customer more time");
  extend->add_option("--for", options_.lasts, "how long from now, as 48h");
  extend->add_option("--until", options_.expires, "until when, instead of --for");
  case_order(group, "approve", "agree to what waits for a person: a held restriction, the plug");
  case_order(group, "restrict", "restrict the line now, by name");
  case_order(group, "release", "lift the restriction now");
  case_order(group, "close", "end the case, whatever is seen");
  case_order(group, "disconnect", "pull the plug of a restricted line now, by name");
  case_order(group, "undo", "take back the last order on the case");
  case_order(group, "says", "what the customer told you")
      ->add_option("--says", options_.customer, "read, says_clean, disputes or wants_help")
      ->required();
}

void Program::explain() {
  CLI::App* why = app_.add_subcommand("explain", "why: observation, finding, case, order, receipt");
  why->add_option("WHAT", options_.word,
                  "address, line's key, mail account, reference, or session:N, finding:N, case:N, order:N, permit:N")
      ->required();
  why->add_option("--at", options_.at, "for an address: a time; now if not given");
  on(
      why, [this] { return Call{.path = "/v1/explain", .query = {{"what", options_.word}, {"at", options_.at}}}; },
      explanation);
}

CLI::App* Program::case_order(CLI::App* group, const std::string& verb, const char* about) {
  CLI::App* command = group->add_subcommand(verb, about);
  command->add_option("ID", options_.word, "the case's number, or several as 3,5,8");
  command->add_option("TEXT", options_.why, "for the journal");
  command->add_option("--where", options_.where,
                      "instead: open cases with state=, class=, grade=, customer=, kind=; as a=b,c=d");
  on(
      command,
      [this, verb] {
        const bool filtered = !options_.where.empty();
        if (options_.word.empty() && !filtered) throw CLI::RequiredError("ID or --where");
        if (filtered && !options_.why.empty())
          throw CLI::ValidationError("--where", "is instead of an ID: give TEXT only");
        Call out{.method = "POST", .path = "/v1/cases/" + (filtered ? "where" : escaped(options_.word)) + "/" + verb};
        out.body = Json::object({{"text", filtered ? options_.word : options_.why}});
        if (filtered) out.body.set("where", pairs(options_.where));
        if (!options_.customer.empty()) out.body.set("says", options_.customer);
        if (!options_.lasts.empty()) out.body.set("for", options_.lasts);
        if (!options_.expires.empty()) out.body.set("until", options_.expires);
        return out;
      },
      [](const Json& answer) {
        if (answer["items"].is_null()) return fields(answer["case"]);
        return table(answer, {{"CASE", "id"}, {"STATE", "state"}, {"OUTCOME", "outcome"}});
      });
  return command;
}

void Program::governor() {
  CLI::App* group = noun("governor", "what bounds automation");
  on(
      group->add_subcommand("status", "its numbers, and how much of them is used"),
      [] { return Call{.path = "/v1/governor"}; }, fields);
  for (const auto& [verb, about] :
       {std::pair("stop", "no restriction by automation from now on; what is in force stays"),
        std::pair("go", "automation may restrict again")}) {
    CLI::App* command = group->add_subcommand(verb, about);
    command->add_option("TEXT", options_.why, "why, for the journal")->required();
    on(
        command,
        [this, path = std::string("/v1/governor/") + verb] {
          return Call{.method = "POST", .path = path, .body = Json::object({{"text", options_.why}})};
        },
        fields);
  }
}

void Program::gate() {
  CLI::App* group = noun("gate", "the kernel's part");
  on(group->add_subcommand("status", "what is attached and in force"), [] { return Call{.path = "/v1/gate"}; }, fields);
  on(
      group->add_subcommand("detach", "take the gate off all interfaces: port 25 is then open to everybody"),
      [] { return Call{.method = "POST", .path = "/v1/gate/detach"}; }, fields);
}

void Program::decoys() {
  CLI::App* group = noun("decoy", "addresses that nobody uses and that answer");
  on(
      group->add_subcommand("status", "each decoy: whether a probe reached it, when, and who touched it"),
      [] { return Call{.path = "/v1/decoys"}; },
      [](const Json& answer) {
        return table(answer, {{"DECOY", "decoy"},
                              {"PLAYS", "plays"},
                              {"LIFE", "life"},
                              {"PROVEN", "proven"},
                              {"HITS", "hits"},
                              {"WHY", "why"}});
      });
}

void Program::relay() {
  CLI::App* group = noun("relay", "your own mail relay: who sends how much, and whether Postfix asks");
  CLI::App* show = group->add_subcommand("show", "what a line or an account sent, and its limits");
  show->add_option("WHO", options_.word, "the line's key, #NUMBER, or an account's name")->required();
  on(show, [this] { return Call{.path = "/v1/relay/" + escaped(options_.word)}; }, fields);

  CLI::App* top = group->add_subcommand("top", "those with the most recipients within the last hour");
  top->add_option("--limit", options_.limit, "at most so many")->check(CLI::Range(size_t{1}, size_t{1'000}));
  on(
      top,
      [this, top] {
        const bool said = top->count("--limit") != 0;
        return Call{.path = "/v1/relay", .query = {{"limit", said ? std::to_string(options_.limit) : ""}}};
      },
      [](const Json& answer) {
        return table(answer, {{"NAME", "name"},
                              {"KIND", "kind"},
                              {"MSG/H", "messages_hour"},
                              {"RCPT/H", "recipients_hour"},
                              {"DOMAINS/H", "domains_hour"},
                              {"INVALID/H", "invalid_hour"},
                              {"MSG/D", "messages_day"},
                              {"RCPT/D", "recipients_day"},
                              {"KB/D", "kilobytes_day"},
                              {"REFUSED", "refused"},
                              {"AUTH-25", "auth_on_25"},
                              {"LAST", "last"}});
      });

  CLI::App* setup = group->add_subcommand("autoconfig", "what mail programs and their owners need to know");
  setup->add_option("WHAT", options_.word, "xml (Mozilla's), srv (records for your zones), text (for customers)")
      ->required()
      ->check(CLI::IsMember({"xml", "srv", "text"}));
  setup->add_option("FILE", options_.config, "the settings")->capture_default_str();
  setup->add_option("--language", options_.language, "of the text")->capture_default_str();
  setup->fallthrough();
  setup->callback([this] { print(relay_autoconfig({options_.word, options_.config, options_.language})); });

  CLI::App* check = group->add_subcommand("check", "whether this machine's Postfix asks as it should; 1 = it does not");
  check->add_option("FILE", options_.config, "the settings")->capture_default_str();
  check->add_option("--postfix", options_.postfix, "Postfix's configuration directory, if not its own");
  check->fallthrough();
  check->callback([this] { print(relay_check({options_.config, options_.postfix}, json())); });
}

int Program::run(int argc, char** argv) {
  try {
    app_.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app_.exit(e) == 0 ? 0 : static_cast<int>(Exit::usage);
  }
  return static_cast<int>(exit_);
}

}  // namespace postern::cli

int main(int argc, char** argv) { return postern::cli::Program().run(argc, argv); }
