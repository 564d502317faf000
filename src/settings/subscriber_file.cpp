// SPDX-License-Identifier: Apache-2.0
#include "settings/subscriber_file.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

#include "settings/csv/csv.h"
#include "settings/file.h"
#include "settings/subscriber_rows.h"
#include "settings/table/key.h"
#include "settings/table/suggest.h"

namespace postern::settings {
namespace {

std::string_view trimmed(std::string_view s) {
  while (s.starts_with(' ')) s.remove_prefix(1);
  while (s.ends_with(' ')) s.remove_suffix(1);
  return s;
}

void split_at_spaces(std::string_view s, std::vector<std::string_view>& out) {
  out.clear();
  while (!(s = trimmed(s)).empty()) {
    const size_t end = std::min(s.find(' '), s.size());
    out.push_back(s.substr(0, end));
    s.remove_prefix(end);
  }
}

// Which field of a row is which column; nothing when rows cannot be understood.
using Layout = std::vector<std::optional<Column>>;

std::optional<Layout> read_header(const CsvRecord& header, Report& report) {
  const Position at{header.line, 0};
  if (!header.fault.empty()) {
    report.add(at, fmt::format("the header line {}", header.fault), "the first line names the columns");
    return std::nullopt;
  }
  if (header.fields.size() == 1 && header.fields[0].find_first_of(";\t") != std::string_view::npos) {
    report.add(at, "columns are not separated by commas", "save the file as CSV with commas and UTF-8");
    return std::nullopt;
  }
  Layout out;
  for (const std::string_view field : header.fields) {
    const std::string_view name = trimmed(field);
    const auto it = std::ranges::find(kColumns, name);
    out.push_back(it == kColumns.end() ? std::nullopt : std::optional(static_cast<Column>(it - kColumns.begin())));
    if (!out.back()) {
      const bool sound = is_utf8(name) && name.size() <= 64;
      report.add(at, fmt::format("unknown column {}", sound ? show_text(name) : "that is no text"),
                 suggestion(sound ? name : "", kColumns));
    } else if (std::ranges::count(out, out.back()) > 1) {
      report.add(at, fmt::format("column {} is there twice", name), "remove one");
    }
  }
  if (std::ranges::find(out, std::optional(Column::key)) != out.end()) return out;
  report.add(at, "there is no column key", "the first line names the columns: key,class,name,mail,prefixes");
  return std::nullopt;
}

void read_rows(CsvReader& csv, const Layout& layout, SubscriberRows& rows, Report& report) {
  RawRow row;
  CsvRecord record;
  while (csv.next(record)) {
    const Position at{record.line, 0};
    if (!record.fault.empty() || record.fields.size() != layout.size()) {
      if (!record.fault.empty()) {
        report.add(at, std::string(record.fault),
                   fmt::format("fields are at most {} bytes; put those with commas or quotes in quotes, and double the "
                               "quotes inside",
                               kImportFieldBytesMax));
      } else {
        report.add(at, fmt::format("has {} fields, the header has {}", record.fields.size(), layout.size()),
                   "put a field that holds commas in quotes");
      }
      if (report.size() >= kImportFaultsMax) return;
      continue;
    }
    row.fields.fill({});
    row.prefixes.clear();
    row.at.fill(at);
    for (size_t i = 0; i < layout.size(); ++i) {
      if (!layout[i]) continue;
      if (*layout[i] == Column::prefixes) {
        split_at_spaces(record.fields[i], row.prefixes);
      } else {
        row.fields[static_cast<size_t>(*layout[i])] = record.fields[i];
      }
    }
    if (!rows.add(row)) return;
  }
}

void toml_prefixes(const Node::Member& member, RawRow& row, Report& report) {
  if (member.value.kind != Node::Kind::array)
    return report.add(member.value.at, "prefixes must be a list", "write prefixes = [\"192.0.2.10\"]");
  for (const Node& item : member.value.items) {
    if (item.kind == Node::Kind::text) {
      row.prefixes.push_back(item.text);
    } else {
      report.add(item.at, fmt::format("a prefix must be text, not {}", kind_name(item.kind)), "put it in quotes");
    }
  }
}

bool toml_row(const Node& table, SubscriberRows& rows, Report& report) {
  RawRow row;
  row.at.fill(table.at);
  for (const Node::Member& member : table.members) {
    const auto it = std::ranges::find(kColumns, member.key);
    if (it == kColumns.end()) {
      report.add(member.at, fmt::format("unknown key {} in [[subscriber]]", show_text(member.key)),
                 suggestion(member.key, kColumns));
      continue;
    }
    const auto column = static_cast<size_t>(it - kColumns.begin());
    row.at[column] = member.value.at;
    if (static_cast<Column>(column) == Column::prefixes) {
      toml_prefixes(member, row, report);
    } else if (member.value.kind != Node::Kind::text) {
      report.add(member.value.at, fmt::format("{} must be text, not {}", *it, kind_name(member.value.kind)),
                 "put it in quotes");
    } else {
      row.fields[column] = member.value.text;
    }
  }
  return rows.add(row);
}

Subscribers result(SubscriberRows& rows, Report& report) {
  auto out = rows.finish();
  if (!report.empty()) return std::unexpected(report.take());
  return out;
}

}  // namespace

Subscribers read_subscriber_csv(std::string_view bytes, const std::string& name, const RowRules& rules) {
  Report report(name);
  SubscriberRows rows(rules, report);
  if (bytes.size() > kImportBytesMax)
    report.add({}, fmt::format("is larger than {} bytes", kImportBytesMax), "import it in several files", Errc::limit);
  if (bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff"))
    report.add({}, "is UTF-16", "save the file as CSV with commas and UTF-8");
  if (!report.empty()) return std::unexpected(report.take());
  if (bytes.starts_with("\xef\xbb\xbf")) bytes.remove_prefix(3);
  CsvReader csv(bytes, kImportFieldBytesMax);
  CsvRecord header;
  if (!csv.next(header)) {
    report.add({}, "is empty", "the first line names the columns: key,class,name,mail,prefixes");
  } else if (const auto layout = read_header(header, report)) {
    read_rows(csv, *layout, rows, report);
  }
  return result(rows, report);
}

Subscribers read_subscriber_toml(std::string_view bytes, const std::string& name, const RowRules& rules) {
  Report report(name);
  if (bytes.size() > kImportTomlBytesMax) {
    report.add({}, fmt::format("is larger than {} bytes", kImportTomlBytesMax), "write larger imports as CSV",
               Errc::limit);
    return std::unexpected(report.take());
  }
  const Document document = parse_toml(bytes, report);
  SubscriberRows rows(rules, report);
  for (const Node::Member& member : document.root.members) {
    if (member.key != "subscriber" || member.value.kind != Node::Kind::array) {
      report.add(member.at, fmt::format("{} does not belong here", show_text(member.key)),
                 "the file is made of [[subscriber]] tables");
      continue;
    }
    for (const Node& item : member.value.items) {
      if (item.kind != Node::Kind::table) {
        report.add(item.at, "subscriber must be a table", "write [[subscriber]]");
      } else if (!toml_row(item, rows, report)) {
        break;
      }
    }
  }
  return result(rows, report);
}

Subscribers load_subscriber_file(const std::string& path, const RowRules& rules) {
  const bool toml = path.ends_with(".toml");
  auto bytes = read_whole_file(path, toml ? kImportTomlBytesMax : kImportBytesMax);
  if (!bytes) return std::unexpected(Faults{std::move(bytes).error()});
  return toml ? read_subscriber_toml(*bytes, path, rules) : read_subscriber_csv(*bytes, path, rules);
}

}  // namespace postern::settings
