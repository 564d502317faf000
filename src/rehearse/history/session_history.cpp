// SPDX-License-Identifier: Apache-2.0
#include "rehearse/history/session_history.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <optional>
#include <tuple>
#include <unordered_map>

#include "settings/csv/csv.h"
#include "settings/file.h"

namespace postern::rehearse {
namespace {

constexpr Time kGoesOn{std::numeric_limits<int64_t>::max()};
enum Column : uint8_t { key, class_name, since, until, prefixes };
constexpr std::array<std::string_view, 5> kColumns{"key", "class", "since", "until", "prefixes"};

size_t family_index(const IpAddress& a) { return a.family == Family::v4 ? 0 : 1; }

std::vector<std::string_view> words(std::string_view s) {
  std::vector<std::string_view> out;
  for (size_t at = s.find_first_not_of(' '); at != std::string_view::npos; at = s.find_first_not_of(' ', at)) {
    const size_t end = std::min(s.find(' ', at), s.size());
    out.push_back(s.substr(at, end - at));
    at = end;
  }
  return out;
}

}  // namespace

class SessionRows {
 public:
  SessionRows(SessionHistory& to, settings::Report& report) : to_(to), report_(report) {}

  // False: without these columns no row can be understood.
  bool header(const settings::CsvRecord& record) {
    for (size_t i = 0; i < record.fields.size(); ++i) {
      const auto it = std::ranges::find(kColumns, record.fields[i]);
      if (it != kColumns.end()) at_[static_cast<size_t>(it - kColumns.begin())] = i;
    }
    for (const Column wanted : {key, since, until, prefixes})
      if (!at_[wanted])
        report_.add({record.line, 0}, fmt::format("there is no column {}", kColumns[wanted]),
                    "the first line names the columns: key,class,since,until,prefixes");
    return report_.empty();
  }

  void row(const settings::CsvRecord& record) {
    record_ = &record;
    if (!record.fault.empty()) return fault(std::string(record.fault), "write it as RFC 4180 says");
    const auto begin = parse_time(field(since));
    const bool goes_on = field(until).empty() || field(until) == "-";
    const auto end = goes_on ? Result<Time>(kGoesOn) : parse_time(field(until));
    if (!begin) return fault("since: " + begin.error().what, begin.error().fix);
    if (!end) return fault("until: " + end.error().what, end.error().fix);
    if (*end < *begin) return fault("it ends before it begins", "exchange since and until");
    if (field(key).empty()) return fault("the key is empty", "name the line");
    const uint32_t line = line_of(field(key));
    if (!field(class_name).empty()) to_.lines_[line].class_name = field(class_name);
    for (const std::string_view word : words(field(prefixes))) {
      const auto prefix = parse_prefix(word);
      if (!prefix) return fault(prefix.error().what, prefix.error().fix);
      if (to_.held_.size() >= kHeldMax)
        return fault(fmt::format("more than {} prefixes of sessions", kHeldMax), "give a shorter time");
      to_.held_.push_back({*prefix, *begin, *end, {}, line});
      to_.lengths_[family_index(prefix->address)][prefix->length] = true;
    }
  }

 private:
  [[nodiscard]] std::string_view field(Column column) const {
    const auto at = at_[column];
    return at && *at < record_->fields.size() ? record_->fields[*at] : std::string_view{};
  }
  void fault(std::string what, std::string fix) { report_.add({record_->line, 0}, std::move(what), std::move(fix)); }
  uint32_t line_of(std::string_view name) {
    const auto [it, fresh] = numbers_.try_emplace(std::string(name), static_cast<uint32_t>(to_.lines_.size()));
    if (fresh) to_.lines_.push_back({it->first, {}});
    return it->second;
  }

  SessionHistory& to_;
  settings::Report& report_;
  const settings::CsvRecord* record_ = nullptr;
  std::array<std::optional<size_t>, kColumns.size()> at_;
  std::unordered_map<std::string, uint32_t> numbers_;
};

std::expected<SessionHistory, settings::Faults> SessionHistory::read_csv(std::string_view bytes,
                                                                         const std::string& name) {
  settings::Report report(name);
  if (bytes.starts_with("\xef\xbb\xbf")) bytes.remove_prefix(3);
  SessionHistory out;
  SessionRows rows(out, report);
  settings::CsvReader csv(bytes, kSessionFieldMax);
  settings::CsvRecord record;
  if (!csv.next(record)) {
    report.add({}, "is empty", "the first line names the columns: key,class,since,until,prefixes");
  } else if (rows.header(record)) {
    while (report.size() < settings::Report::kFaultsMax && csv.next(record)) rows.row(record);
  }
  if (!report.empty()) return std::unexpected(report.take());
  out.finish();
  return out;
}

std::expected<SessionHistory, settings::Faults> SessionHistory::load(const std::string& path) {
  auto bytes = settings::read_whole_file(path, kSessionFileMax);
  if (!bytes) return std::unexpected(settings::Faults{std::move(bytes).error()});
  return read_csv(*bytes, path);
}

void SessionHistory::finish() {
  std::ranges::sort(held_, [](const Held& a, const Held& b) {
    return std::tie(a.prefix, a.since, a.until, a.line) < std::tie(b.prefix, b.since, b.until, b.line);
  });
  for (size_t i = 0; i < held_.size(); ++i) {
    held_[i].latest = held_[i].until;
    if (i != 0 && held_[i - 1].prefix == held_[i].prefix)
      held_[i].latest = std::max(held_[i].until, held_[i - 1].latest);
  }
}

SessionHistory::Answer SessionHistory::who(const IpAddress& address, Time at) const {
  Answer answer;
  for (unsigned length = 0; length <= address.bits(); ++length) {
    if (!lengths_[family_index(address)][length]) continue;
    const Prefix prefix = Prefix::of(address, static_cast<uint8_t>(length));
    auto it = std::ranges::upper_bound(held_, std::pair(prefix, at), {},
                                       [](const Held& h) { return std::pair(h.prefix, h.since); });
    while (it != held_.begin()) {
      --it;
      if (it->prefix != prefix || it->latest <= at) break;
      if (it->until <= at) continue;
      if (answer.kind == Kind::found && answer.line != it->line) return {Kind::ambiguous, 0};
      answer = {Kind::found, it->line};
    }
  }
  return answer;
}

}  // namespace postern::rehearse
