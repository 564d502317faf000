// SPDX-License-Identifier: Apache-2.0
// CSV after RFC 4180: commas, quotes doubled inside quotes, line breaks inside quotes, LF or CRLF, a final line break
// or none. Stricter than many: a quote inside an unquoted field and text after a closing quote are faults. Pure; takes
// foreign bytes: a field is at most `field_bytes_max`, so a quote that is never closed costs one fault, and reading
// goes on in the line after the one it began in.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postern::settings {

struct CsvRecord {
  uint32_t line = 0;                         // where it begins, from 1
  std::string_view fault;                    // empty, or why it cannot be read; `fields` is what came before
  std::span<const std::string_view> fields;  // valid until the next call
};

class CsvReader {
 public:
  explicit CsvReader(std::string_view bytes, size_t field_bytes_max, size_t fields_max = 64)
      : left_(bytes), field_bytes_max_(field_bytes_max), fields_max_(fields_max) {}

  // False at the end. Empty lines are left out.
  bool next(CsvRecord& out);

 private:
  bool field();
  bool quoted_field();
  bool plain_field();
  bool break_off(std::string_view fault);
  void skip_line_of_start();

  std::string_view left_;
  size_t field_bytes_max_;
  size_t fields_max_;
  uint32_t line_ = 1;
  std::string_view record_start_;
  uint32_t record_line_ = 0;
  std::string_view fault_;
  std::vector<std::string_view> fields_;
  std::deque<std::string> unescaped_;  // fields that had doubled quotes
};

}  // namespace postern::settings
