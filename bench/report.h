// SPDX-License-Identifier: Apache-2.0
// What every bench program shares: interleaved runs, median and spread, a table for people, JSON lines for machines.
// It measures and prints; it never judges. A time is no test: the bounds a change must hold stand in its issue and in
// bench/README.md, and a person or a script compares rows.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::bench {

// One measured thing beside its peer. Smaller or larger may be better: the unit says which ("ns/packet", "conn/s").
struct Row {
  std::string name;                 // "gate.innocent.1m"
  double ours = 0;                  // median
  std::optional<double> reference;  // the peer's median, from the same run; absent = no peer
  std::string unit;
  std::optional<double> ratio;  // ours / reference, median over the runs
  double spread = 0;            // of `ratio` (of `ours` without a peer): half the distance of the quartiles / median
};

struct Summary {
  double median = 0;
  double spread = 0;  // (third quartile - first quartile) / 2 / median; 0 for fewer than two samples
};
[[nodiscard]] Summary summarize(std::vector<double> samples);

using Measure = std::function<double()>;  // one run, its result in the row's unit

// A-B-A: reference, ours, reference, ours ... reference. Each of ours is divided by the mean of its two neighbours, so
// a machine that gets slower during the run does not favour a side.
[[nodiscard]] Row interleave(std::string name, std::string unit, int runs, const Measure& ours,
                             const Measure& reference);
// Without a peer.
[[nodiscard]] Row repeat(std::string name, std::string unit, int runs, const Measure& ours);

// Collects rows; writes each to `--json FILE` as soon as it is there, so an aborted bench keeps what it measured.
class Report {
 public:
  // `usage` names what else the program takes: "[--quick] [--seeds N]". Takes `--json FILE` out of the arguments; what
  // is left is in arguments(). Ends the program: 0 after `--help`; 2 for a file that cannot be opened and for an option
  // that `usage` does not name, since a bench that runs with other numbers than were asked for wastes the machine's
  // time.
  Report(std::string title, const std::string& usage, int argc, char** argv);
  Report(const Report&) = delete;
  Report& operator=(const Report&) = delete;
  ~Report();

  [[nodiscard]] const std::vector<std::string>& arguments() const { return arguments_; }
  void add(Row row);
  // A line under the table: what was compared, how many runs.
  void note(std::string text);
  // Prints the table; returns the exit code: 0, or 2 when the JSON file could not be written.
  [[nodiscard]] int finish();

 private:
  std::string title_;
  std::vector<std::string> arguments_;
  std::vector<Row> rows_;
  std::vector<std::string> notes_;
  std::FILE* json_ = nullptr;
  bool json_failed_ = false;
};

// Whether `usage` names the option.
[[nodiscard]] bool names_option(std::string_view usage, std::string_view option);

// The two forms, apart so that a test reads them.
[[nodiscard]] std::string to_json(const Row& row);                 // one line, without a newline
[[nodiscard]] std::string to_table(const std::vector<Row>& rows);  // aligned, with a head

}  // namespace postern::bench
