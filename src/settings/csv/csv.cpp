// SPDX-License-Identifier: Apache-2.0
#include "settings/csv/csv.h"

#include <algorithm>

namespace postern::settings {
namespace {

// The bytes of the line break that `s` starts with: 0, 1 or 2. A lone CR is none.
size_t line_break(std::string_view s) {
  if (s.starts_with('\n')) return 1;
  return s.starts_with("\r\n") ? 2 : 0;
}

}  // namespace

bool CsvReader::next(CsvRecord& out) {
  while (const size_t n = line_break(left_)) {
    left_.remove_prefix(n);
    ++line_;
  }
  if (left_.empty()) return false;
  fields_.clear();
  unescaped_.clear();
  fault_ = {};
  record_start_ = left_;
  record_line_ = line_;
  while (field()) {
  }
  if (!fault_.empty()) skip_line_of_start();
  out = {record_line_, fault_, fields_};
  return true;
}

// Reads one field and what ends it; true when another one follows.
bool CsvReader::field() {
  if (fields_.size() == fields_max_) return break_off("has too many fields");
  if (!(left_.starts_with('"') ? quoted_field() : plain_field())) return false;
  if (left_.starts_with(',')) {
    left_.remove_prefix(1);
    return true;
  }
  if (const size_t n = line_break(left_)) {
    left_.remove_prefix(n);
    ++line_;
  }
  return false;
}

bool CsvReader::plain_field() {
  size_t end = left_.find_first_of(",\n\"");
  if (end == left_.npos) end = left_.size();
  if (end < left_.size() && left_[end] == '"')
    return break_off("has a quote inside a field that does not start with one");
  // CR LF ends the line; any other CR is part of the field, and for the reader of fields to refuse.
  const bool crlf = end < left_.size() && left_[end] == '\n' && end > 0 && left_[end - 1] == '\r';
  const size_t length = crlf ? end - 1 : end;
  if (length > field_bytes_max_) return break_off("has a field that is too long");
  fields_.push_back(left_.substr(0, length));
  left_.remove_prefix(length);
  return true;
}

bool CsvReader::quoted_field() {
  std::string_view rest = left_.substr(1);
  std::string* copy = nullptr;
  uint32_t breaks = 0;
  for (;;) {
    const size_t quote = rest.substr(0, field_bytes_max_ + 2).find('"');
    if (quote == rest.npos) {
      const bool cut = rest.size() > field_bytes_max_ + 2;
      return break_off(cut ? "has a field that is too long, or a quote that is not closed"
                           : "has a quote that is not closed");
    }
    if (quote + 1 < rest.size() && rest[quote + 1] == '"') {
      if (copy == nullptr) copy = &unescaped_.emplace_back();
      copy->append(rest.substr(0, quote + 1));
      breaks += static_cast<uint32_t>(std::ranges::count(rest.substr(0, quote), '\n'));
      rest.remove_prefix(quote + 2);
      if (copy->size() > field_bytes_max_) return break_off("has a field that is too long");
      continue;
    }
    const std::string_view last = rest.substr(0, quote);
    breaks += static_cast<uint32_t>(std::ranges::count(last, '\n'));
    if (last.size() + (copy != nullptr ? copy->size() : 0) > field_bytes_max_)
      return break_off("has a field that is too long");
    if (copy != nullptr) copy->append(last);
    fields_.push_back(copy != nullptr ? std::string_view(*copy) : last);
    rest.remove_prefix(quote + 1);
    break;
  }
  if (!rest.empty() && rest.front() != ',' && line_break(rest) == 0) return break_off("has text after a closing quote");
  left_ = rest;
  line_ += breaks;
  return true;
}

bool CsvReader::break_off(std::string_view fault) {
  fault_ = fault;
  return false;
}

void CsvReader::skip_line_of_start() {
  const size_t newline = record_start_.find('\n');
  left_ = newline == record_start_.npos ? std::string_view() : record_start_.substr(newline + 1);
  line_ = record_line_ + 1;
}

}  // namespace postern::settings
