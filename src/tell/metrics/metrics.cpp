// SPDX-License-Identifier: Apache-2.0
#include "tell/metrics/metrics.h"

#include <charconv>
#include <fmt/format.h>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace postern::tell {
namespace {

using wire::Json;

// By name, so that what several processes count stands together, as the format wants it.
class Families {
 public:
  void put(std::string name, const std::string& labels, const std::string& value) {
    all_[clean(std::move(name))].push_back(labels + " " + value);
  }
  void put(std::string name, const std::string& labels, int64_t value) {
    put(std::move(name), labels, fmt::to_string(value));
  }
  // All numbers that are members of `object`.
  void put_all(const std::string& prefix, const std::string& labels, const Json& object, std::string_view suffix = {}) {
    if (object.members() == nullptr) return;
    for (const auto& [name, value] : *object.members())
      if (value.number() != nullptr) put(fmt::format("{}{}{}", prefix, name, suffix), labels, *value.number());
  }

  [[nodiscard]] std::string text() const {
    std::string out;
    for (const auto& [name, samples] : all_) {
      out += fmt::format("# TYPE {} {}\n", name, name.ends_with("_total") ? "counter" : "gauge");
      for (const std::string& sample : samples) out += name + sample + "\n";
    }
    return out;
  }

 private:
  // [a-zA-Z0-9_:] is all a name may have.
  static std::string clean(std::string name) {
    for (char& c : name)
      if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9')) c = '_';
    return name;
  }
  std::map<std::string, std::vector<std::string>> all_;
};

std::string label(std::string_view name, std::string_view value) {
  std::string escaped;
  for (const char c : value) {
    if (c == '\\' || c == '"') escaped += '\\';
    if (c == '\n') {
      escaped += "\\n";
      continue;
    }
    escaped += c;
  }
  return fmt::format("{{{}=\"{}\"}}", name, escaped);
}

// Detection's thresholds are written with their decimals, which Json has no numbers for.
bool is_decimal(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

void put_roles(Families& out, const Json& roles) {
  if (roles.members() == nullptr) return;
  for (const auto& [role, seen] : *roles.members()) {
    const std::string labels = label("role", role);
    if (const auto heard = parse_time(seen["heard"].text()))
      out.put("postern_role_heard_timestamp_seconds", labels, heard->us / 1'000'000);
    if (seen["counters"].members() == nullptr) continue;
    for (const auto& [name, value] : *seen["counters"].members()) {
      // The gate's counters stand apart.
      if (name.starts_with("counter.") || value.number() == nullptr) continue;
      if (name.find('.') == std::string::npos) {
        out.put(fmt::format("postern_{}_{}", role, name), "", *value.number());
      } else {
        out.put("postern_" + name, labels, *value.number());
      }
    }
  }
}

void put_gate(Families& out, const Json& gate) {
  if (gate["counters"].members() != nullptr)
    for (const auto& [event, times] : *gate["counters"].members())
      if (times.number() != nullptr) out.put("postern_gate_events_total", label("event", event), *times.number());
  if (gate["interfaces"].items() != nullptr)
    out.put("postern_gate_interfaces", "", static_cast<int64_t>(gate["interfaces"].items()->size()));
  if (!gate.is_null()) out.put("postern_gate_in_force", "", gate["state"].text() == "in force" ? 1 : 0);
}

void put_engine(Families& out, const Json& engine) {
  if (const bool* healthy = engine["healthy"].boolean()) out.put("postern_healthy", "", *healthy ? 1 : 0);
  if (engine["faults"].items() != nullptr)
    out.put("postern_faults", "", static_cast<int64_t>(engine["faults"].items()->size()));
  put_roles(out, engine["roles"]);
  out.put_all("postern_supervisor_", "", engine["supervisor"]);
  out.put_all("postern_engine_", "", engine["counters"], "_total");
  out.put_all("postern_detection_", "", engine["detection"]);
  if (engine["detection"].members() != nullptr)
    for (const auto& [name, value] : *engine["detection"].members())
      if (value.string() != nullptr && is_decimal(*value.string()))
        out.put("postern_detection_" + name, "", *value.string());
}

}  // namespace

std::string metrics_of(const Json& status) {
  Families out;
  if (const int64_t* revision = status["policy_revision"].number()) out.put("postern_policy_revision", "", *revision);
  out.put_all("postern_journal_", "", status["journal"]);
  put_engine(out, status["engine"]);
  put_gate(out, status["gate"]);
  return out.text();
}

}  // namespace postern::tell
