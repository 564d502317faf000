// SPDX-License-Identifier: Apache-2.0
#include "cli/render.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <optional>

namespace postern::cli {

namespace {
using wire::Json;

std::string cell(const Json& v) {
  if (const auto* items = v.items()) {
    std::string out;
    for (const Json& e : *items) out += (out.empty() ? "" : " ") + cell(e);
    return out;
  }
  return plain(v.is_null() ? "-" : v.text());
}

// Names and such come from customers: no spreadsheet is to run them. It looks past blanks, and takes the wide forms of
// East Asian keyboards for the narrow ones.
bool is_formula(std::string_view value) {
  while (value.starts_with(' ')) value.remove_prefix(1);
  constexpr std::array<std::string_view, 8> kBegin{"=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"};
  return std::ranges::any_of(kBegin, [&](std::string_view begin) { return value.starts_with(begin); });
}

// How many digits the country code has (ITU-T E.164, list of assigned codes); all zones not named here have three.
size_t country_digits(std::string_view digits) {
  constexpr std::string_view kTwo =
      "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 "
      "62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98";
  if (digits.starts_with('1') || digits.starts_with('7')) return 1;
  return kTwo.contains(digits.substr(0, 2)) ? 2 : 3;
}

// An international telephone number, and nothing else, as ITU-T E.123 writes it: the blank after the country's code
// keeps a spreadsheet from taking it for a number, which loses the plus, or for a sum, which loses the rest.
std::optional<std::string> as_phone(std::string value) {
  if (!value.starts_with('+')) return std::nullopt;
  // The zero that is dialled inside the country only.
  if (const size_t zero = value.find("(0)"); zero != std::string::npos) value.replace(zero, 3, " ");
  std::string digits;
  std::string out = "+";
  bool parted = false;
  for (const char c : std::string_view(value).substr(1)) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && !std::string_view(" -./()").contains(c)) return std::nullopt;
    if (digit && parted && !digits.empty()) out += ' ';
    parted = !digit;
    if (digit) digits += c;
    if (digit) out += c;
  }
  if (digits.size() < 7 || digits.size() > 15) return std::nullopt;
  if (!out.contains(' ')) out.insert(1 + country_digits(digits), 1, ' ');
  return out;
}

void write_fields(std::string& out, const Json& value, size_t indent) {
  const std::string margin(indent, ' ');
  if (const auto* items = value.items()) {
    for (const Json& e : *items) {
      if (e.members() != nullptr) {
        std::string inner;
        write_fields(inner, e, indent + 2);
        if (inner.size() > indent) inner[indent] = '-';
        out += inner;
      } else {
        out += fmt::format("{}{}\n", margin, cell(e));
      }
    }
    return;
  }
  if (value.members() == nullptr) {
    out += fmt::format("{}{}\n", margin, cell(value));
    return;
  }
  size_t width = 0;
  for (const Json::Member& m : *value.members()) width = std::max(width, m.name.size());
  for (const Json::Member& m : *value.members()) {
    const auto* items = m.value.items();
    const bool deep = (m.value.members() != nullptr && !m.value.members()->empty()) ||
                      (items != nullptr && !items->empty() && items->front().members() != nullptr);
    if (deep) {
      out += fmt::format("{}{}:\n", margin, m.name);
      write_fields(out, m.value, indent + 2);
    } else {
      out += fmt::format("{}{:<{}}  {}\n", margin, m.name, width, cell(m.value));
    }
  }
}
}  // namespace

std::string plain(std::string text) {
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return text;
}

std::string table(const Json& answer, const std::vector<Column>& columns) {
  const auto* items = answer["items"].items();
  if (items == nullptr || items->empty()) return "none\n";
  std::vector<std::vector<std::string>> rows(1);
  for (const Column& c : columns) rows[0].emplace_back(c.title);
  for (const Json& item : *items) {
    std::vector<std::string>& row = rows.emplace_back();
    for (const Column& c : columns) row.push_back(cell(item[c.name]));
  }
  std::vector<size_t> widths(columns.size());
  for (const auto& row : rows)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string out;
  for (const auto& row : rows) {
    for (size_t i = 0; i + 1 < row.size(); ++i) out += fmt::format("{:<{}}  ", row[i], widths[i]);
    out += row.back() + "\n";
  }
  if (answer["more"] == Json(true))
    out += fmt::format("{} more: --after {}\n", cell(answer["left"]), cell(answer["next"]));
  return out;
}

std::string csv(const Json& answer, const std::vector<Column>& columns) {
  std::string out;
  const auto put = [&](std::string value, bool last) {
    if (const auto phone = as_phone(value)) {
      value = *phone;
    } else if (is_formula(value)) {
      value.insert(0, 1, '\'');
    }
    out += '"';
    for (const char c : value) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    out += last ? "\"\r\n" : "\",";
  };
  for (const Column& c : columns) put(std::string(c.title), &c == &columns.back());
  if (const auto* items = answer["items"].items())
    for (const Json& item : *items)
      for (const Column& c : columns)
        put(item[c.name].is_null() ? std::string() : cell(item[c.name]), &c == &columns.back());
  return out;
}

Json pairs(std::string_view text) {
  Json out = Json::object();
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(','));
    const size_t equals = std::min(one.find('='), one.size());
    out.set(one.substr(0, equals), std::string(one.substr(std::min(equals + 1, one.size()))));
    text.remove_prefix(std::min(one.size() + 1, text.size()));
  }
  return out;
}

std::string fields(const Json& value) {
  std::string out;
  write_fields(out, value, 0);
  return out;
}

std::string explanation(const Json& answer) {
  std::string out = cell(answer["answer"]) + "\n";
  const auto* chain = answer["chain"].items();
  if (chain == nullptr) return out;
  out += "\n";
  for (const Json& step : *chain) {
    const std::string record = step["record"].is_null() ? "" : fmt::format("  [record {}]", step["record"].text());
    out += fmt::format("{:<27}  {:<11}  {}{}\n", cell(step["at"]), cell(step["step"]), cell(step["text"]), record);
  }
  return out;
}

std::string who(const Json& answer) {
  std::string out = fmt::format("{} at {}: {}", cell(answer["address"]), cell(answer["at"]), cell(answer["answer"]));
  if (!answer["inside"].is_null()) out += fmt::format(", as {} behind the NAT", cell(answer["inside"]));
  if (answer["confidence"].text() != "none") out += fmt::format(" ({})", cell(answer["confidence"]));
  if (!answer["note"].is_null()) out += fmt::format(" ({})", cell(answer["note"]));
  out += "\n";
  const Json sessions = Json::object({{"items", answer["sessions"]}});
  if (const auto* items = answer["sessions"].items(); items != nullptr && !items->empty())
    out += table(sessions, {{"LINE", "name"},
                            {"CLASS", "class"},
                            {"SESSION", "id"},
                            {"SINCE", "since"},
                            {"UNTIL", "until"},
                            {"NAS", "nas"},
                            {"PREFIXES", "prefixes"}});
  return out;
}

std::string error_line(const Json& answer, int status) {
  const Json& e = answer["error"];
  if (e.members() == nullptr) return fmt::format("postern: posternd answered {}\n", status);
  std::string out = "postern: ";
  if (!e["where"].text().empty()) out += cell(e["where"]) + ": ";
  out += cell(e["message"]);
  if (!e["fix"].text().empty()) out += " (" + cell(e["fix"]) + ")";
  return out + "\n";
}

}  // namespace postern::cli
