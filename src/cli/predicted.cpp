// SPDX-License-Identifier: Apache-2.0
#include "cli/predicted.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>

#include "cli/lists.h"
#include "cli/render.h"
#include "settings/file.h"

namespace postern::cli {
namespace {

using wire::Json;

// The text behind `"name":` of an object as rehearse writes it. Inside a text, quotes have a backslash, so the name in
// quotes is never part of one. (Scores have a fraction, which Json does not know: the line is not parsed as a whole.)
std::string text_member(std::string_view object, std::string_view name) {
  const std::string head = fmt::format("\"{}\":\"", name);
  const size_t at = object.find(head);
  if (at == std::string_view::npos) return {};
  const size_t begin = at + head.size() - 1;
  size_t end = begin + 1;
  while (end < object.size() && object[end] != '"') end += object[end] == '\\' ? 2 : 1;
  const auto text = Json::parse(object.substr(begin, end + 1 - begin), "prediction");
  return text ? text->text() : std::string();
}

bool is_case(std::string_view verdict) { return verdict == "case" || verdict == "block"; }

struct Row {
  std::string_view verdict;
  const Json* found = nullptr;  // the line's newest case
};

Json item_of(const std::string& line, const Row& row) {
  Json out = Json::object({{"line", line}, {"predicted", row.verdict.empty() ? "no mail seen" : row.verdict}});
  if (row.found == nullptr) return out;
  for (const auto& [name, member] :
       {std::pair("case", "id"), {"state", "state"}, {"grade", "grade"}, {"opened", "opened"}})
    out.set(name, (*row.found)[member]);
  return out;
}

}  // namespace

Result<std::vector<Prediction>> read_predictions(std::string_view text, const std::string& name) {
  std::vector<Prediction> out;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    Prediction one{text_member(line, "subject"), text_member(line, "verdict")};
    if (one.line.empty() || one.verdict.empty())
      return fail(Errc::bad_input, "no prediction: subject or verdict is missing", fmt::format("{}:{}", name, number),
                  "give a file that `postern rehearse -o json` wrote");
    out.push_back(std::move(one));
  }
  return out;
}

Json compared(const std::vector<Prediction>& predictions, const Json& cases, Time since) {
  std::map<std::string, Row> rows;
  uint64_t clear = 0;
  for (const Prediction& p : predictions) {
    rows[p.line].verdict = p.verdict;
    clear += is_case(p.verdict) ? 0 : 1;
  }
  if (const auto* items = cases.items())
    for (const Json& c : *items) {
      const auto opened = parse_time(c["opened"].text());
      if (!opened || *opened < since) continue;
      Row& row = rows[c["subscriber_key"].text()];
      if (row.found == nullptr) row.found = &c;
    }
  // What differs first.
  std::array<Json, 3> parts{Json::array(), Json::array(), Json::array()};
  std::array<uint64_t, 3> counts{};
  for (const auto& [line, row] : rows) {
    const bool expected = is_case(row.verdict);
    if (!expected && row.found == nullptr) continue;
    const size_t part = expected ? (row.found == nullptr ? 1 : 2) : 0;
    ++counts[part];
    parts[part].push(item_of(line, row));
  }
  Json all = Json::array();
  for (const Json& part : parts)
    for (const Json& item : *part.items()) all.push(item);
  return Json::object({{"predicted", counts[1] + counts[2]},
                       {"became", counts[0] + counts[2]},
                       {"as_predicted", counts[2]},
                       {"no_case", counts[1]},
                       {"not_predicted", counts[0]},
                       {"clear", clear},
                       {"items", std::move(all)}});
}

std::string predicted_text(const Json& c) {
  const auto n = [&](const char* name) { return c[name].text(); };
  std::string out = fmt::format(
      "{} lines were predicted to become cases, {} lines became one.\n"
      "{:>7}  as predicted\n"
      "{:>7}  predicted, no case: cleaned since, away, or the prediction was wrong\n"
      "{:>7}  case, not predicted: new trouble, or not in the recording ({} lines were predicted clear)\n",
      n("predicted"), n("became"), n("as_predicted"), n("no_case"), n("not_predicted"), n("clear"));
  if (c["items"].items()->empty()) return out;
  return out + "\n" +
         table(c, {{"LINE", "line"},
                   {"PREDICTED", "predicted"},
                   {"CASE", "case"},
                   {"STATE", "state"},
                   {"GRADE", "grade"},
                   {"OPENED", "opened"}});
}

Printed predicted(const std::string& socket, const std::string& file, const std::string& since, bool json) {
  const auto bad = [](const Error& e) { return Printed{Exit::bad_input, {}, "postern: " + e.text() + "\n"}; };
  const auto from = since.empty() ? Result<Time>(Time{}) : parse_time(since);
  if (!from) return bad({from.error().code, from.error().what, "--since", from.error().fix});
  const auto text = settings::read_whole_file(file, kPredictionBytesMax);
  if (!text) return bad(text.error());
  const auto predictions = read_predictions(*text, file);
  if (!predictions) return bad(predictions.error());
  const auto reply = call_list(socket, {.path = "/v1/cases"}, kListMost, {});
  if (!reply)
    return {reply.error().code == Errc::unavailable ? Exit::unreachable : Exit::try_again,
            {},
            "postern: " + reply.error().text() + "\n"};
  if (reply->status >= 300) return {exit_of(reply->status), {}, error_line(reply->body, reply->status)};
  const Json comparison = compared(*predictions, reply->body["items"], *from);
  return {Exit::ok, json ? comparison.pretty() : predicted_text(comparison), {}};
}

}  // namespace postern::cli
