// SPDX-License-Identifier: Apache-2.0
#include "settings/table/node.h"

#include <algorithm>
#include <fmt/format.h>

// The only place that sees the TOML library. Compiled in, so that fuzzing covers it; without exceptions.
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace postern::settings {
namespace {

Position position_of(const toml::source_region& region) { return {region.begin.line, region.begin.column}; }

Node convert(const toml::node& from, size_t depth, Report& report);

Node convert_table(const toml::table& table, size_t depth, Report& report) {
  Node out;
  out.at = position_of(table.source());
  for (const auto& [key, value] : table) {
    const Position at = position_of(key.source());
    out.members.push_back({std::string(key.str()), at, convert(value, depth + 1, report)});
  }
  std::ranges::sort(out.members, {}, &Node::Member::at);
  return out;
}

Node convert(const toml::node& from, size_t depth, Report& report) {
  Node out;
  if (depth > kDepthMax) {
    report.add(position_of(from.source()), fmt::format("more than {} levels within each other", kDepthMax), {},
               Errc::limit);
    return out;
  }
  if (const auto* table = from.as_table()) return convert_table(*table, depth, report);
  if (const auto* array = from.as_array()) {
    out.kind = Node::Kind::array;
    for (const auto& item : *array) out.items.push_back(convert(item, depth + 1, report));
  } else if (const auto* text = from.as_string()) {
    out.kind = Node::Kind::text;
    out.text = text->get();
  } else if (const auto* integer = from.as_integer()) {
    out.kind = Node::Kind::integer;
    out.integer = integer->get();
  } else if (const auto* decimal = from.as_floating_point()) {
    out.kind = Node::Kind::decimal;
    out.decimal = decimal->get();
  } else if (const auto* flag = from.as_boolean()) {
    out.kind = Node::Kind::flag;
    out.flag = flag->get();
  } else {
    out.kind = Node::Kind::date;
  }
  out.at = position_of(from.source());
  return out;
}

// Walks TOML just far enough to know what is inside a string or comment. It agrees with the real parser up to the
// first syntax error, and that parser stops there.
class DotCounter {
 public:
  explicit DotCounter(std::string_view text) : text_(text) {}

  // The first line with more dots outside strings than allowed, or 0.
  uint32_t first_line_over(size_t dots_max) {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n') {
        next_line();
      } else if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
        continue;
      } else if (c == '"' || c == '\'') {
        skip_string(c);
        continue;
      } else if (c == '.' && ++dots_ > dots_max) {
        return line_;
      }
      ++at_;
    }
    return 0;
  }

 private:
  void next_line() {
    ++line_;
    dots_ = 0;
  }
  void skip_string(char quote) {
    const std::string triple(3, quote);
    const bool multi = text_.substr(at_, 3) == triple;
    at_ += multi ? 3 : 1;
    while (at_ < text_.size()) {
      if (text_[at_] == '\\' && quote == '"') {
        ++at_;
      } else if (multi && text_.substr(at_, 3) == triple) {
        at_ += 3;
        return;
      } else if (!multi && (text_[at_] == quote || text_[at_] == '\n')) {
        at_ += text_[at_] == quote ? 1 : 0;
        return;
      }
      if (at_ < text_.size() && text_[at_] == '\n') next_line();
      ++at_;
    }
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t dots_ = 0;
  uint32_t line_ = 1;
};

struct LineSpan {
  size_t begin = 0;
  size_t end = 0;
};

LineSpan line_span(std::string_view text, uint32_t line) {
  size_t begin = 0;
  for (uint32_t n = 1; n < line; ++n) {
    const size_t newline = text.find('\n', begin);
    if (newline == text.npos) return {text.size(), text.size()};
    begin = newline + 1;
  }
  return {begin, std::min(text.find('\n', begin), text.size())};
}

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t' || s.back() == '\r')) s.remove_suffix(1);
  return s;
}

bool ends_open(std::string_view line) {
  line = trimmed(line);
  return !line.empty() && (line.back() == ',' || line.back() == '[' || line.back() == '{' || line.back() == '=');
}

// Leaves out a line that holds one whole "key = value": what follows can still be read as it was meant. False when the
// line is part of something longer, where every further fault would be an echo of this one.
bool blank_line(std::string& text, uint32_t line) {
  const LineSpan span = line_span(text, line);
  const std::string_view content = trimmed(std::string_view(text).substr(span.begin, span.end - span.begin));
  if (content.empty() || content.front() == '[' || content.find('=') == content.npos || ends_open(content))
    return false;
  if (content.contains("\"\"\"") || content.contains("'''")) return false;
  for (uint32_t before = line; before-- > 1;) {
    const LineSpan previous = line_span(text, before);
    const std::string_view p = trimmed(std::string_view(text).substr(previous.begin, previous.end - previous.begin));
    if (p.empty() || p.front() == '#') continue;
    if (ends_open(p)) return false;
    break;
  }
  std::fill(text.begin() + static_cast<std::ptrdiff_t>(span.begin),
            text.begin() + static_cast<std::ptrdiff_t>(span.end), ' ');
  return true;
}

// "Error while parsing key-value pair: expected …" says the same without the preamble.
std::string plain(std::string_view description) {
  constexpr std::string_view kPreamble = "Error while parsing ";
  if (description.starts_with(kPreamble)) description.remove_prefix(kPreamble.size());
  std::string out;
  for (const char c : description) {
    const auto u = static_cast<unsigned char>(c);
    out += u < 0x20 || u == 0x7f ? '?' : c;
  }
  return out;
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  const auto it = std::ranges::find(members, key, &Member::key);
  return it == members.end() ? nullptr : &it->value;
}

std::string_view kind_name(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::table:
      return "a section";
    case Node::Kind::array:
      return "a list";
    case Node::Kind::text:
      return "text";
    case Node::Kind::integer:
      return "a whole number";
    case Node::Kind::decimal:
      return "a decimal number";
    case Node::Kind::flag:
      return "true or false";
    case Node::Kind::date:
      return "a date or time";
  }
  return "?";
}

Document parse_toml(std::string_view text, Report& report) {
  Document out;
  std::string copy;
  for (size_t attempt = 0; attempt < kSyntaxFaultsMax; ++attempt) {
    if (const uint32_t line = DotCounter(text).first_line_over(kDotsPerLineMax); line != 0) {
      report.add({line, 0}, fmt::format("more than {} dots outside strings", kDotsPerLineMax),
                 "addresses and names stand in quotes", Errc::limit);
      out.whole = false;
      return out;
    }
    const toml::parse_result result = toml::parse(text);
    if (result) {
      out.root = convert(result.table(), 0, report);
      return out;
    }
    out.whole = false;
    const Position at = position_of(result.error().source());
    report.add(at, plain(result.error().description()));
    if (copy.empty()) copy = text;
    if (!blank_line(copy, at.line)) return out;
    text = copy;
  }
  return out;
}

}  // namespace postern::settings
