// SPDX-License-Identifier: Apache-2.0
// What roles report of decoys and of the network's reputation, as the API shows it: facts named "KIND.NAME" whose text
// is a row of cells.
#include <algorithm>
#include <initializer_list>

#include "daemon/brain/brain.h"
#include "sys/clock.h"

namespace postern::daemon {
namespace {

constexpr Duration kReportLate = seconds(5);

wire::Json rows_of(const RoleReport* report, std::string_view kind, std::string_view title,
                   std::initializer_list<const char*> cells) {
  wire::Json items = wire::Json::array();
  if (report == nullptr) return items;
  for (const auto& [name, text] : report->facts) {
    if (!name.starts_with(kind) || name.size() <= kind.size() || name[kind.size()] != '.') continue;
    wire::Json item = wire::Json::object({{title, name.substr(kind.size() + 1)}});
    std::string_view rest = text;
    for (const char* cell : cells) {
      const size_t end = std::min(rest.find('\t'), rest.size());
      item.set(cell, rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    items.push(std::move(item));
  }
  return items;
}

uint64_t counter_of(const RoleReport* report, const std::string& name) {
  if (report == nullptr) return 0;
  const auto it = report->counters.find(name);
  return it == report->counters.end() ? 0 : it->second;
}

}  // namespace

const RoleReport* Brain::report_of(Role role) const {
  const auto it = reports_.find(role);
  return it == reports_.end() ? nullptr : &it->second;
}

bool Brain::is_heard(Role role, Time now) const {
  const RoleReport* const report = report_of(role);
  return report != nullptr && now - report->at < kReportLate;
}

// As daemon/decoys.cpp reports each. Of a role that is silent they are not known to be alive, whatever it said last.
wire::Json Brain::decoys() const {
  const wire::Json last = rows_of(report_of(Role::edge), "decoy", "decoy", {"plays", "life", "proven", "hits", "why"});
  const bool heard = is_heard(Role::edge, sys::now());
  wire::Json items = wire::Json::array();
  for (wire::Json row : *last.items()) {
    if (!heard) row.set("life", "unknown");
    if (!heard) row.set("why", "role edge does not report");
    items.push(std::move(row));
  }
  return wire::Json::object({{"items", std::move(items)}, {"more", false}});
}

// As daemon/outside reports them.
wire::Json Brain::reputation() const {
  const RoleReport* const act = report_of(Role::act);
  const RoleReport* const edge = report_of(Role::edge);
  return wire::Json::object(
      {{"lists", rows_of(act, "list", "list", {"ipv4", "ipv6", "tested", "asked", "why"})},
       {"listed", rows_of(act, "listed", "listed", {"whose", "since", "answer"})},
       {"receivers",
        rows_of(edge, "receiver", "receiver",
                {"state", "answers_hour", "put_off_hour", "refused_hour", "unknown_hour", "unreachable_hour",
                 "answers_before", "put_off_before", "refused_before", "unknown_before", "unreachable_before"})},
       {"queue", wire::Json::object({{"waiting", counter_of(edge, "reputation.queue_waiting")},
                                     {"oldest_s", counter_of(edge, "reputation.queue_oldest_s")}})},
       {"reporters", rows_of(edge, "reporter", "reporter", {"reports", "last", "listed"})},
       {"accused", rows_of(edge, "accused", "account", {"complaints", "last"})}});
}

}  // namespace postern::daemon
