// SPDX-License-Identifier: Apache-2.0
#include "sys/log.h"

#include <fmt/format.h>
#include <map>
#include <mutex>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "sys/clock.h"

namespace postern::sys {
namespace {

struct Fold {
  int64_t minute = 0;
  int lines = 0;
  int folded = 0;
};

struct State {
  std::mutex mutex;
  std::map<std::string, Fold, std::less<>> folds;  // bounded: ids are compiled in
  std::string role = "postern";
  std::shared_ptr<spdlog::logger> logger = [] {
    auto made = spdlog::stderr_color_mt("postern");
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
    made->set_level(spdlog::level::info);
    return made;
  }();
};

State& state() {
  static State s;
  return s;
}

spdlog::level::level_enum spd(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// True when the line may be written; sets `folded` to what was held back in the minute before.
bool admit(State& s, std::string_view id, int& folded) {
  const int64_t minute = monotonic().us / minutes(1).us;
  auto it = s.folds.find(id);
  if (it == s.folds.end()) it = s.folds.emplace(std::string(id), Fold{minute, 0, 0}).first;
  Fold& f = it->second;
  if (f.minute != minute) {
    folded = f.folded;
    f = {minute, 0, 0};
  }
  if (f.lines >= kPerMinute) {
    ++f.folded;
    return false;
  }
  ++f.lines;
  return true;
}

}  // namespace

void set_log_role(std::string_view role) {
  State& s = state();
  const std::scoped_lock lock(s.mutex);
  s.role = role;
}

void log(Level level, std::string_view component, std::string_view id, std::string_view text,
         std::initializer_list<std::pair<std::string_view, std::string>> fields) {
  State& s = state();
  const std::scoped_lock lock(s.mutex);
  int folded = 0;
  if (!admit(s, id, folded)) return;
  std::string line = fmt::format("{}/{} {} {}", s.role, component, id, text);
  for (const auto& [key, value] : fields) line += fmt::format(" {}={}", key, value);
  if (folded > 0) line += fmt::format(" ({} more of these in the minute before)", folded);
  s.logger->log(spd(level), line);
}

}  // namespace postern::sys
