// SPDX-License-Identifier: Apache-2.0
#include "cli/rehearse.h"

#include <cstdio>

#include "rehearse/report.h"
#include "settings/settings.h"
#include "settings/subscriber_file.h"

namespace postern::cli {
namespace {

Printed refused(const Error& e, Exit exit = Exit::bad_input) { return {exit, {}, "postern: " + e.text() + "\n"}; }

settings::Subscribers subscribers_of(const std::string& file, const settings::Settings& settings) {
  if (file.empty()) return std::vector<model::Subscriber>();
  std::vector<std::string_view> classes;
  for (const auto& [name, c] : settings.classes) classes.push_back(name);
  return settings::load_subscriber_file(file, {classes, settings.network.subscriber_prefixes});
}

std::expected<rehearse::SessionHistory, settings::Faults> sessions_of(const std::string& file) {
  if (file.empty()) return rehearse::SessionHistory();
  return rehearse::SessionHistory::load(file);
}

// A new file only: drafts that somebody has begun to mend are not written over.
Status write_new(const std::string& path, const std::string& text) {
  std::FILE* file = std::fopen(path.c_str(), "wxe");
  if (file == nullptr) return fail_errno("make " + path);
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (std::fclose(file) != 0 || !written) return fail_errno("write " + path);
  return {};
}

}  // namespace

Printed rehearse(const Rehearse& what, bool json) {
  const settings::Loaded settings = settings::load_file(what.policy, rehearse::detectors());
  if (!settings) return {Exit::bad_input, {}, settings::text_of(settings.error())};
  settings::Subscribers subscribers = subscribers_of(what.subscribers, *settings);
  if (!subscribers) return {Exit::bad_input, {}, settings::text_of(subscribers.error())};
  auto sessions = sessions_of(what.sessions);
  if (!sessions) return {Exit::bad_input, {}, settings::text_of(sessions.error())};
  const model::Policy policy = settings->policy();
  rehearse::Rehearsal rehearsal(policy, *std::move(subscribers), *std::move(sessions));
  for (const std::string& input : what.inputs)
    if (const Status read = rehearsal.read(input, rehearse::Profile_from(what.profile)); !read)
      return refused(read.error());
  if (const Status run = rehearsal.run(); !run) return refused(run.error(), Exit::try_again);
  const std::vector<rehearse::Row> rows = rehearse::rows_of(rehearsal);
  if (!what.permits.empty())
    if (const Status written = write_new(what.permits, rehearse::permits_of(rows)); !written)
      return refused(written.error());
  if (!what.campaign.empty())
    if (const Status written = write_new(what.campaign, rehearse::campaign_of(rows)); !written)
      return refused(written.error());
  if (!json) return {Exit::ok, rehearse::text_of(rehearsal, rows), {}};
  Printed out{Exit::ok, {}, rehearse::remarks_of(rehearsal, rows)};
  for (const rehearse::Row& row : rows) out.out += rehearse::json_of(row) + "\n";
  return out;
}

}  // namespace postern::cli
