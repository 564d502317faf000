// SPDX-License-Identifier: Apache-2.0
#include "cli/local.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "cli/render.h"
#include "rehearse/report.h"
#include "settings/check.h"
#include "settings/subscriber_file.h"
#include "wire/json_convert.h"

namespace postern::cli {

namespace {
using wire::Json;
constexpr size_t kRowsAtOnce = 1'000;
constexpr std::array kDetectors{std::string_view(POSTERN_DETECTORS)};

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

std::vector<std::string_view> detector_names() {
  std::vector<std::string_view> names;
  for (std::string_view left = kDetectors.front(); !left.empty();) {
    const size_t comma = std::min(left.find(','), left.size());
    names.push_back(left.substr(0, comma));
    left.remove_prefix(std::min(left.size(), comma + 1));
  }
  return names;
}

Printed check(const std::string& settings_file, const std::string& subscriber_file, bool json) {
  const std::vector<std::string_view> detectors = detector_names();
  const settings::Loaded loaded = settings::load_file(settings_file, detectors);
  if (!loaded) return refuse(loaded.error(), json);
  settings::Environment found = settings::check_environment(*loaded);
  if (!subscriber_file.empty()) {
    std::vector<std::string_view> classes;
    for (const auto& [name, c] : loaded->classes) classes.push_back(name);
    const auto rows = settings::load_subscriber_file(subscriber_file, {classes, loaded->network.subscriber_prefixes});
    if (rows) {
      found.checked.push_back(fmt::format("{}: {} subscribers, ready for import", subscriber_file, rows->size()));
      found.checked.push_back(rehearse::budget_words(loaded->policy(), rows->size()));
    } else {
      std::ranges::copy(rows.error(), std::back_inserter(found.faults));
    }
  }
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

namespace {
// The running daemon knows which classes and prefixes there are.
struct InForce {
  std::vector<std::string> classes;
  std::vector<Prefix> prefixes;
};
Result<InForce> in_force(const Json& status) {
  InForce out;
  PN_TRY_VOID(wire::JsonReader::into(out.classes, status["classes"], "classes"));
  PN_TRY_VOID(wire::JsonReader::into(out.prefixes, status["subscriber_prefixes"], "subscriber_prefixes"));
  return out;
}

struct Sent {
  size_t rows = 0;  // of the file, from its beginning; all of them are journaled
  int64_t fresh = 0;
};

// What to say when an import stopped on the way. `maybe`: rows of a part that was sent and not answered.
Printed stopped(const std::string& file, const Sent& sent, size_t total, size_t maybe, Exit exit,
                const std::string& why, bool json) {
  const std::string command = "postern subscriber import " + file;
  if (json)
    return {exit,
            Json::object({{"ok", false},
                          {"rows_in", static_cast<uint64_t>(sent.rows)},
                          {"rows_unknown", static_cast<uint64_t>(maybe)},
                          {"rows_total", static_cast<uint64_t>(total)},
                          {"error", why},
                          {"continue", command}})
                .pretty(),
            {}};
  std::string text = why;
  if (sent.rows == 0) {
    text += fmt::format("postern: {}: none of its {} rows is in", file, total);
  } else {
    text += fmt::format("postern: {}: rows 1 to {} of {} are in", file, sent.rows, total);
  }
  text += maybe == 0 ? ", no other\n"
                     : fmt::format("; {} to {} were under way and are in together or not at all; no other\n",
                                   sent.rows + 1, sent.rows + maybe);
  text += fmt::format("postern: to continue: {}  (rows that are in change nothing)\n", command);
  return {exit, {}, text};
}
}  // namespace

Printed import_subscribers(const std::string& socket, const std::string& file, bool json) {
  const auto exit_for = [](const Error& e) {
    return e.code == Errc::unavailable ? Exit::unreachable : Exit::try_again;
  };
  const Result<Reply> status = call(socket, {.path = "/v1/status"});
  if (!status) return {exit_for(status.error()), {}, "postern: " + status.error().text() + "\n"};
  if (status->status >= 300) return {exit_of(status->status), {}, error_line(status->body, status->status)};
  const Result<InForce> known = in_force(status->body);
  if (!known) return {Exit::try_again, {}, "postern: " + known.error().text() + "\n"};
  const std::vector<std::string_view> classes(known->classes.begin(), known->classes.end());
  const settings::Subscribers rows = settings::load_subscriber_file(file, {classes, known->prefixes});
  if (!rows) return refuse(rows.error(), json);
  Sent sent;
  while (sent.rows < rows->size()) {
    const size_t count = std::min(rows->size() - sent.rows, kRowsAtOnce);
    Json part = Json::array();
    for (size_t i = 0; i < count; ++i) part.push(wire::to_json((*rows)[sent.rows + i]));
    Call send{.method = "POST", .path = "/v1/subscribers"};
    send.body = Json::object({{"file", file},
                              {"rows", part},
                              {"first", static_cast<uint64_t>(sent.rows + 1)},
                              {"total", static_cast<uint64_t>(rows->size())}});
    const Result<Reply> reply = call(socket, send);
    if (!reply)
      return stopped(file, sent, rows->size(), count, exit_for(reply.error()),
                     "postern: " + reply.error().text() + "\n", json);
    // A server's failure may have come after the journal took the part.
    if (reply->status >= 300)
      return stopped(file, sent, rows->size(), reply->status >= 500 ? count : 0, exit_of(reply->status),
                     error_line(reply->body, reply->status), json);
    sent.rows += count;
    if (const int64_t* n = reply->body["new"].number()) sent.fresh += *n;
  }
  if (json)
    return {Exit::ok, Json::object({{"imported", static_cast<uint64_t>(sent.rows)}, {"new", sent.fresh}}).pretty(), {}};
  return {Exit::ok, fmt::format("{} subscribers imported, {} of them new\n", sent.rows, sent.fresh), {}};
}

}  // namespace postern::cli
