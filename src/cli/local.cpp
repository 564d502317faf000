// SPDX-License-Identifier: Apache-2.0
#include "cli/local.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "cli/render.h"
#include "settings/check.h"
#include "settings/subscriber_file.h"
#include "wire/json_convert.h"

namespace postern::cli {

namespace {
using wire::Json;
constexpr size_t kRowsAtOnce = 1'000;
constexpr std::array kDetectors{std::string_view(POSTERN_DETECTORS)};

std::vector<std::string_view> detector_names() {
  std::vector<std::string_view> names;
  for (std::string_view left = kDetectors.front(); !left.empty();) {
    const size_t comma = std::min(left.find(','), left.size());
    names.push_back(left.substr(0, comma));
    left.remove_prefix(std::min(left.size(), comma + 1));
  }
  return names;
}

Json list(const std::vector<std::string>& texts) {
  Json out = Json::array();
  for (const std::string& t : texts) out.push(t);
  return out;
}

Json faults_json(const settings::Faults& faults) {
  Json out = Json::array();
  for (const Error& e : faults) out.push(Json::object({{"where", e.where}, {"message", e.what}, {"fix", e.fix}}));
  return out;
}

Printed refuse(const settings::Faults& faults, bool json) {
  if (json) return {Exit::bad_input, Json::object({{"ok", false}, {"faults", faults_json(faults)}}).pretty(), {}};
  return {Exit::bad_input, {}, settings::text_of(faults)};
}
}  // namespace

Printed check(const std::string& settings_file, bool json) {
  const std::vector<std::string_view> detectors = detector_names();
  const settings::Loaded loaded = settings::load_file(settings_file, detectors);
  if (!loaded) return refuse(loaded.error(), json);
  const settings::Environment found = settings::check_environment(*loaded);
  const Exit exit = found.faults.empty() ? Exit::ok : Exit::bad_input;
  if (json)
    return {exit,
            Json::object({{"ok", found.faults.empty()},
                          {"faults", faults_json(found.faults)},
                          {"hints", list(found.hints)},
                          {"checked", list(found.checked)},
                          {"unchecked", list(found.unchecked)}})
                .pretty(),
            {}};
  Printed out{exit, settings_file + ": valid\n", settings::text_of(found.faults)};
  for (const std::string& t : found.hints) out.out += "hint:      " + t + "\n";
  for (const std::string& t : found.checked) out.out += "checked:   " + t + "\n";
  for (const std::string& t : found.unchecked) out.out += "unchecked: " + t + "\n";
  return out;
}

Printed import_subscribers(const std::string& socket, const std::string& file, bool json) {
  const auto failed = [&](const Error& e) {
    return Printed{
        e.code == Errc::unavailable ? Exit::unreachable : Exit::try_again, {}, "postern: " + e.text() + "\n"};
  };
  // The running daemon knows which classes there are.
  const Result<Reply> status = call(socket, {.path = "/v1/status"});
  if (!status) return failed(status.error());
  if (status->status >= 300) return {exit_of(status->status), {}, error_line(status->body, status->status)};
  std::vector<std::string_view> classes;
  if (const auto* names = status->body["classes"].items())
    for (const Json& name : *names)
      if (name.string() != nullptr) classes.emplace_back(*name.string());
  const settings::Subscribers rows = settings::load_subscriber_file(file, classes);
  if (!rows) return refuse(rows.error(), json);
  int64_t imported = 0;
  int64_t fresh = 0;
  for (size_t first = 0; first < rows->size(); first += kRowsAtOnce) {
    Json part = Json::array();
    for (size_t i = first; i < std::min(rows->size(), first + kRowsAtOnce); ++i) part.push(wire::to_json((*rows)[i]));
    Call send{.method = "POST", .path = "/v1/subscribers"};
    send.body = Json::object({{"file", file}, {"rows", part}});
    const Result<Reply> reply = call(socket, send);
    if (!reply) return failed(reply.error());
    if (reply->status >= 300)
      return {exit_of(reply->status),
              {},
              error_line(reply->body, reply->status) +
                  fmt::format("postern: {} of {} rows were imported before; the same file may be sent again\n",
                              imported, rows->size())};
    if (const int64_t* n = reply->body["imported"].number()) imported += *n;
    if (const int64_t* n = reply->body["new"].number()) fresh += *n;
  }
  if (json) return {Exit::ok, Json::object({{"imported", imported}, {"new", fresh}}).pretty(), {}};
  return {Exit::ok, fmt::format("{} subscribers imported, {} of them new\n", imported, fresh), {}};
}

}  // namespace postern::cli
