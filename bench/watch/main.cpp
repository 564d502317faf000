// SPDX-License-Identifier: Apache-2.0
// ./dev bench watch [--json FILE] [--seeds N] [--first SEED] [--lines N] [--rate N]
//   [--only stored|overlays|alarms|speed|bytes]
// Without --seeds a quick run; what it leaves out is said. POSTERN_DATA names the folder of recordings.
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "bench/report.h"
#include "bench/watch/alarms.h"
#include "bench/watch/speed.h"
#include "bench/watch/stored.h"

namespace postern::bench {
namespace {

std::string option(const std::vector<std::string>& arguments, std::string_view name) {
  for (size_t i = 0; i + 1 < arguments.size(); ++i)
    if (arguments[i] == name) return arguments[i + 1];
  return {};
}

uint64_t number(const std::vector<std::string>& arguments, std::string_view name, uint64_t otherwise) {
  const std::string text = option(arguments, name);
  std::from_chars(text.data(), text.data() + text.size(), otherwise);
  return otherwise;
}

int run(Report& report) {
  const std::vector<std::string>& arguments = report.arguments();
  const std::string only = option(arguments, "--only");
  const auto wanted = [&](std::string_view part) { return only.empty() || only == part; };
  const bool full = !option(arguments, "--seeds").empty();
  // First: what the others leave in the heap would be its forked processes' to tidy up.
  if (wanted("speed")) {
    Load load = full ? Load{.seconds_each = 5, .runs = 5} : Load{};
    load.records_per_s = static_cast<uint32_t>(number(arguments, "--rate", load.records_per_s));
    speed(report, load);
  }
  const char* data = std::getenv("POSTERN_DATA");
  for (const auto& [part, measure] : {std::pair{"stored", &stored}, std::pair{"overlays", &overlays}}) {
    if (!wanted(part)) continue;
    if (data == nullptr) {
      report.note(std::string(part) + ": LEFT OUT, POSTERN_DATA does not name the folder of recordings");
    } else if (const Status done = measure(report, data); !done) {
      std::fprintf(stderr, "bench watch: %s\n", done.error().text().c_str());
      return 1;
    }
  }
  if (wanted("alarms")) {
    Runs runs;
    if (full) runs = {.seeds = number(arguments, "--seeds", 20), .first_seed = 1, .lines = 100'000, .days = 7};
    runs.first_seed = number(arguments, "--first", runs.first_seed);
    runs.lines = static_cast<uint32_t>(number(arguments, "--lines", runs.lines));
    alarms(report, runs);
    if (!full)
      report.note("quick: 3 seeds of 20,000 lines; the bound of the issue needs `--seeds 20` (100,000 lines each)");
  }
  if (wanted("speed") || wanted("bytes")) subject_bytes(report);
  return report.finish();
}

}  // namespace
}  // namespace postern::bench

int main(int argc, char** argv) {
  postern::bench::Report report(
      "detection: what is found, how early, how often wrongly, at what cost",
      "[--seeds N] [--first SEED] [--lines N] [--rate N] [--only stored|overlays|alarms|speed|bytes]", argc, argv);
  return postern::bench::run(report);
}
