// SPDX-License-Identifier: Apache-2.0
// Who had which address when, from a file: lines on dynamic addresses are rehearsed as the lines they are.
//   key,class,since,until,prefixes
// CSV (RFC 4180) as `postern session list --all --csv` writes it: the header line is required, its columns in any
// order; `class` and further columns may be missing; times are RFC 3339; an empty `until` is a session that goes on;
// prefixes are separated by spaces, and none is a session whose addresses were erased. The answer is that of
// who/resolve.h: of several lines that hold an address at a time none is meant. Every faulty row is named with its
// line. Memory: 56 bytes a session's prefix, and the keys.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip.h"
#include "base/time.h"
#include "settings/table/report.h"

namespace postern::rehearse {

inline constexpr size_t kSessionFileMax = size_t{1} << 30;
inline constexpr size_t kSessionFieldMax = 4'096;
inline constexpr size_t kHeldMax = size_t{16} << 20;

class SessionHistory {
 public:
  struct Line {
    std::string key;
    std::string class_name;  // of its newest session; may be empty
  };
  enum class Kind : uint8_t { nobody, found, ambiguous };
  struct Answer {
    Kind kind = Kind::nobody;
    uint32_t line = 0;  // of lines()
  };

  // `name` stands for the file in messages. The bytes are foreign.
  [[nodiscard]] static std::expected<SessionHistory, settings::Faults> read_csv(std::string_view bytes,
                                                                                const std::string& name);
  [[nodiscard]] static std::expected<SessionHistory, settings::Faults> load(const std::string& path);

  [[nodiscard]] Answer who(const IpAddress& address, Time at) const;
  [[nodiscard]] const std::vector<Line>& lines() const { return lines_; }
  [[nodiscard]] bool empty() const { return held_.empty(); }

 private:
  friend class SessionRows;
  struct Held {
    Prefix prefix;
    Time since;
    Time until;   // not included; the far end for a session that goes on
    Time latest;  // the latest `until` of this prefix up to here: before it nothing older needs a look
    uint32_t line = 0;
  };
  void finish();

  std::vector<Held> held_;  // by prefix, then since
  std::vector<Line> lines_;
  std::array<std::array<bool, 129>, 2> lengths_{};  // in use, per family
};

}  // namespace postern::rehearse
