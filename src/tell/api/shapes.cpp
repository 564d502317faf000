// SPDX-License-Identifier: Apache-2.0
#include "tell/api/shapes.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>

namespace postern::tell::api {

using wire::Json;

Json shape(const model::Record& record) {
  Json out = Json::object({{"sequence", record.sequence},
                           {"at", to_string(record.at)},
                           {"kind", model::kind_of(record.body)},
                           {"subject", wire::to_json(record.subject)}});
  out.set("data", wire::to_json(record.body));
  return out;
}

Json shape(const View& view, const model::Session& session) {
  Json out = wire::to_json(session);
  out.set("name", name_of(view, session));
  out.set("class", view.class_of(session));
  return out;
}

Json shape(const View& view, const model::Permit& permit) {
  Json out = wire::to_json(permit);
  out.set("subscriber_key", name_of(view, permit.subscriber));
  return out;
}

Json shape(const View& view, const model::Case& c) {
  Json out = wire::to_json(c);
  // What an undo would put back, and a limit's numbers, are told where there are any.
  if (c.before.operator_name.empty()) out.set("before", {});
  if (c.kind != model::CaseKind::relay_limit) out.set("limit", {});
  out.set("subscriber_key", name_of(view, c.line));
  out.set("score", mnat_text(c.score_mnat));
  return out;
}

std::string name_of(const View& view, model::SubscriberId id) {
  if (!id) return "nobody";
  const model::Subscriber* s = view.subscriber(id);
  return s != nullptr ? s->key : fmt::format("line {}", id.value);
}

std::string name_of(const View& view, const model::Session& session) {
  if (session.subscriber) return name_of(view, session.subscriber);
  return session.line_key.empty() ? "an unknown line" : session.line_key + " (not imported)";
}

std::string mnat_text(int32_t mnat) {
  return fmt::format("{}{}.{}", mnat < 0 ? "-" : "", std::abs(mnat) / 1000, std::abs(mnat) % 1000 / 100);
}

std::vector<model::Record> that_count(std::vector<model::Record> sessions) {
  const auto is_lease = [](const model::Record& r) {
    return std::get<model::SessionChanged>(r.body).session.source == model::SessionSource::dhcp;
  };
  if (!std::ranges::all_of(sessions, is_lease)) std::erase_if(sessions, is_lease);
  return sessions;
}

Who judge(const View& view, const std::vector<model::Record>& sessions, const IpAddress& address) {
  Who who;
  const model::Session* best = nullptr;
  int best_length = -1;
  for (const model::Record& record : sessions) {
    const model::Session& old = std::get<model::SessionChanged>(record.body).session;
    int length = -1;
    for (const Prefix& p : *old.prefixes)
      if (p.contains(address)) length = std::max<int>(length, p.length);
    if (best == nullptr || std::pair(length, old.since) >= std::pair(best_length, best->since)) {
      best = &old;
      best_length = length;
    }
  }
  if (best == nullptr) return who;
  who.answer = "found";
  for (const model::Record& record : sessions) {
    const model::Session& s = std::get<model::SessionChanged>(record.body).session;
    const bool same = s.subscriber == best->subscriber && (s.subscriber || s.line_key == best->line_key);
    if (same && &s != best) continue;
    if (!same) who.answer = "ambiguous";
    // The engine heard of a live session later than the journal did.
    const model::Session* live = view.session(s.id);
    who.sessions.push_back(live != nullptr && !s.until ? *live : s);
  }
  return who;
}

}  // namespace postern::tell::api
