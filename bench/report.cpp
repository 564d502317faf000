// SPDX-License-Identifier: Apache-2.0
#include "bench/report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <utility>

namespace postern::bench {
namespace {

// Linear between neighbours; `sorted` is not empty.
double quantile(const std::vector<double>& sorted, double q) {
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<size_t>(at);
  const size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (at - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

std::string number(double v) {
  if (!std::isfinite(v)) return "null";  // JSON has no NaN
  return fmt::format("{:.6g}", v);
}
std::string number(const std::optional<double>& v) { return v ? number(*v) : "null"; }

// For people: three digits that matter, never an exponent.
std::string readable(double v) {
  if (!std::isfinite(v)) return "-";
  const double size = std::fabs(v);
  if (size >= 100) return fmt::format("{:.0f}", v);
  if (size >= 10) return fmt::format("{:.1f}", v);
  if (size >= 1) return fmt::format("{:.2f}", v);
  return fmt::format("{:.3f}", v);
}
std::string readable(const std::optional<double>& v) { return v ? readable(*v) : "-"; }

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace

Summary summarize(std::vector<double> samples) {
  if (samples.empty()) return {};
  std::ranges::sort(samples);
  const double median = quantile(samples, 0.5);
  if (samples.size() < 2 || median == 0) return {.median = median, .spread = 0};
  return {.median = median, .spread = std::fabs((quantile(samples, 0.75) - quantile(samples, 0.25)) / 2 / median)};
}

Row interleave(std::string name, std::string unit, int runs, const Measure& ours, const Measure& reference) {
  std::vector<double> a;
  std::vector<double> b{reference()};
  std::vector<double> ratios;
  for (int i = 0; i < runs; ++i) {
    a.push_back(ours());
    b.push_back(reference());
    const double between = (b[b.size() - 2] + b.back()) / 2;
    if (between != 0) ratios.push_back(a.back() / between);
  }
  Row row{.name = std::move(name),
          .ours = summarize(a).median,
          .reference = summarize(b).median,
          .unit = std::move(unit),
          .ratio = std::nullopt,
          .spread = 0};
  if (!ratios.empty()) {
    const Summary ratio = summarize(std::move(ratios));
    row.ratio = ratio.median;
    row.spread = ratio.spread;
  }
  return row;
}

Row repeat(std::string name, std::string unit, int runs, const Measure& ours) {
  std::vector<double> samples;
  samples.reserve(static_cast<size_t>(runs));
  for (int i = 0; i < runs; ++i) samples.push_back(ours());
  const Summary summary = summarize(std::move(samples));
  return {.name = std::move(name),
          .ours = summary.median,
          .reference = std::nullopt,
          .unit = std::move(unit),
          .ratio = std::nullopt,
          .spread = summary.spread};
}

std::string to_json(const Row& row) {
  return fmt::format(R"({{"name":{},"ours":{},"reference":{},"unit":{},"ratio":{},"spread":{}}})", quoted(row.name),
                     number(row.ours), number(row.reference), quoted(row.unit), number(row.ratio), number(row.spread));
}

std::string to_table(const std::vector<Row>& rows) {
  using Line = std::array<std::string, 6>;
  std::vector<Line> lines{{"name", "ours", "reference", "unit", "ratio", "spread"}};
  for (const Row& row : rows)
    lines.push_back({row.name, readable(row.ours), readable(row.reference), row.unit, readable(row.ratio),
                     fmt::format("+-{:.1f} %", row.spread * 100)});
  std::array<size_t, 6> width{};
  for (const Line& line : lines)
    for (size_t i = 0; i < line.size(); ++i) width[i] = std::max(width[i], line[i].size());
  std::string out;
  for (const Line& line : lines)
    out += fmt::format("{:<{}}  {:>{}}  {:>{}}  {:<{}}  {:>{}}  {:>{}}\n", line[0], width[0], line[1], width[1],
                       line[2], width[2], line[3], width[3], line[4], width[4], line[5], width[5]);
  return out;
}

bool names_option(std::string_view usage, std::string_view option) {
  for (size_t at = usage.find(option); at != std::string_view::npos; at = usage.find(option, at + 1)) {
    const std::string_view after = usage.substr(at + option.size());
    if (after.empty() || std::string_view(" ]|").contains(after.front())) return true;
  }
  return false;
}

Report::Report(std::string title, const std::string& usage, int argc, char** argv) : title_(std::move(title)) {
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--help" || argument == "-h") {
      fmt::print("{}\narguments: [--json FILE] {}\n", title_, usage);
      std::exit(0);
    }
    if (argument != "--json") {
      if (argument.starts_with("-") && !names_option(usage, argument)) {
        fmt::print(stderr, "bench: no option {}; there are: [--json FILE] {}\n", argument, usage);
        std::exit(2);
      }
      arguments_.push_back(argument);
      continue;
    }
    const char* file = i + 1 < argc ? argv[i + 1] : "";
    json_ = std::fopen(file, "we");
    if (json_ == nullptr) {
      fmt::print(stderr, "bench: --json needs a file that can be written; '{}' cannot\n", file);
      std::exit(2);  // nothing measured yet, nothing to undo
    }
    ++i;
  }
}

Report::~Report() {
  if (json_ != nullptr) std::fclose(json_);
}

void Report::add(Row row) {
  fmt::print(stderr, "  {}: {} {}\n", row.name, readable(row.ours), row.unit);  // progress; the table comes last
  if (json_ != nullptr) {
    const std::string line = to_json(row) + '\n';
    if (std::fputs(line.c_str(), json_) < 0 || std::fflush(json_) != 0) json_failed_ = true;
  }
  rows_.push_back(std::move(row));
}

void Report::note(std::string text) { notes_.push_back(std::move(text)); }

int Report::finish() {
  fmt::print("{}\n{}", title_, to_table(rows_));
  for (const std::string& text : notes_) fmt::print("{}\n", text);
  if (json_failed_) fmt::print(stderr, "bench: the JSON file is not complete\n");
  return json_failed_ ? 2 : 0;
}

}  // namespace postern::bench
