// SPDX-License-Identifier: Apache-2.0
// The command line of postern: commands and their options, each with the call it makes and how the answer is shown. Its
// parts stand in files by what they are about; within this folder only.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/campaign/campaign.h"
#include "cli/client.h"
#include "cli/lists.h"
#include "cli/local.h"
#include "cli/rehearse.h"
#include "cli/render.h"

namespace postern::cli {

struct Options {
  std::string socket = "/run/postern/api.sock";
  std::string output = "text";
  std::string config = "/etc/postern/postern.toml";
  std::string word;  // the one argument most commands take
  std::string line;
  std::string at;
  std::string port;
  std::string protocol;
  size_t limit = kListDefault;
  std::string after;
  bool yes = false;
  std::string kind = "own_server";
  std::string terms;
  std::string lasts;
  std::string expires;
  std::string note;
  std::string state;
  std::string customer;
  std::string grade;
  std::string class_name;
  std::string case_kind;
  std::string where;
  bool csv = false;
  bool all = false;
  std::string since;
  std::string why;
  std::vector<std::string> destinations;
  Rehearse rehearse;
  std::string postfix;
  std::string language = "en";
  std::optional<unsigned> connections_per_min;
  std::optional<unsigned> connections_burst;
  std::optional<unsigned> networks_per_hour;
  std::optional<unsigned> networks_burst;
};
using Render = std::function<std::string(const wire::Json&)>;

class Program {
 public:
  Program();
  int run(int argc, char** argv);

 private:
  [[nodiscard]] bool json() const { return options_.output == "json"; }
  // The command's call; printed by `render` unless JSON was asked for.
  void on(CLI::App* command, std::function<Call()> make, Render render);
  // The same for a list, with --limit and --after.
  void on_list(CLI::App* command, std::function<Call()> make, std::vector<Column> columns);
  void on_list(CLI::App* command, std::function<Call()> make, Render render);
  void print(const Printed& printed);
  Exit show(const Result<Reply>& reply, const Render& render);
  void status_and_check();
  void subscribers();
  void sessions();
  void permits();
  void cases();
  void explain();
  CLI::App* case_order(CLI::App* group, const std::string& verb, const char* about);
  void governor();
  void gate();
  void decoys();
  void reputation();
  void rehearsals();
  void predictions(CLI::App* cases);
  void campaigns(CLI::App* cases);
  void relay();
  void accounts();
  CLI::App* noun(const char* name, const char* about);

  CLI::App app_{"postern: outbound mail on an access network, explained. See postern(1)."};
  Options options_;
  Exit exit_ = Exit::ok;
};

}  // namespace postern::cli
