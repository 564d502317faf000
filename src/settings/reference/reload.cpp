// SPDX-License-Identifier: Apache-2.0
#include "settings/reference/reload.h"

#include <fmt/format.h>
#include <map>

#include "settings/sections.h"

namespace postern::settings {
namespace {

struct Shown {
  std::string value;
  Reload reload;
};

std::map<std::string, Shown> all_values(const Settings& settings) {
  std::map<std::string, Shown> out;
  for (const Section& s : sections())
    s.each(s, settings, [&](const std::string& name, const void* section) {
      for (const Key& k : s.table().keys)
        out.emplace(fmt::format("{}.{}", name, k.name), Shown{k.show(section), k.spec.reload});
    });
  return out;
}

std::string value_or_nothing(const std::string& value) { return value.empty() ? "nothing" : value; }

}  // namespace

std::vector<Change> changes(const Settings& before, const Settings& after) {
  const auto old_values = all_values(before);
  const auto new_values = all_values(after);
  std::map<std::string, Change> out;
  for (const auto& [key, shown] : old_values) {
    const auto now = new_values.find(key);
    if (now == new_values.end()) {
      out[key] = {key, shown.reload, shown.value, {}};
    } else if (now->second.value != shown.value) {
      out[key] = {key, shown.reload, shown.value, now->second.value};
    }
  }
  for (const auto& [key, shown] : new_values)
    if (!old_values.contains(key)) out[key] = {key, shown.reload, {}, shown.value};
  std::vector<Change> list;
  for (auto& [key, change] : out) list.push_back(std::move(change));
  return list;
}

Faults needs_restart(const std::vector<Change>& changes, const std::string& file) {
  Faults out;
  for (const Change& c : changes) {
    if (c.reload == Reload::live) continue;
    out.push_back({Errc::conflict,
                   fmt::format("{} is {} now and cannot become {} while posternd runs", c.key,
                               value_or_nothing(c.before), value_or_nothing(c.after)),
                   file, "restart posternd (the gate goes on enforcing meanwhile), or put the old value back"});
  }
  return out;
}

}  // namespace postern::settings
