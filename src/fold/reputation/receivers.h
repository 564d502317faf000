// SPDX-License-Identifier: Apache-2.0
// What the servers of each domain answered to the relay: sums of the last hour, in steps of ten minutes, and of the 23
// hours before it. Every try counts, so a queue that is retried counts again. A receiver is cold when, of at least
// kLeast answers within the hour, so many per cent put the mail off or refused it by policy, and that is twice what it
// was in the hours before (where those have as many). At most kDomainsMax domains: the one heard longest ago gives way,
// counted by crowded(). Pure; one thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "base/time.h"

namespace postern::fold {

PN_ENUM(Answered, delivered, put_off, refused, unknown, unreachable, not_taken)

struct Answers {
  std::array<uint32_t, pn_enum_size(Answered{})> of{};
  [[nodiscard]] uint32_t operator[](Answered a) const { return of[static_cast<size_t>(a)]; }
  [[nodiscard]] uint64_t answers() const;  // of servers that were reached
  [[nodiscard]] uint64_t cold() const;     // of these: put off, or refused by policy
  Answers& operator+=(const Answers& o);
};

class Receivers {
 public:
  static constexpr size_t kDomainsMax = 1'024;
  static constexpr uint64_t kLeast = 20;

  explicit Receivers(uint32_t cold_percent) : cold_percent_(cold_percent) {}

  void saw(std::string_view domain, Answered what, Time now);

  struct Row {
    std::string domain;
    Answers hour;
    Answers before;  // the 23 hours before that one
    bool cold = false;
  };
  // Those with the most answers within the day, cold ones first.
  [[nodiscard]] std::vector<Row> rows(Time now, size_t most) const;
  [[nodiscard]] size_t domains() const { return domains_.size(); }
  [[nodiscard]] uint64_t crowded() const { return crowded_; }

 private:
  static constexpr size_t kSteps = 6;
  static constexpr size_t kHours = 24;
  struct Domain {
    std::array<Answers, kSteps> steps{};  // by ten minutes
    std::array<Answers, kHours> hours{};  // the same answers, by hour
    int64_t step = 0;                     // the newest, since 1970
    Time last;
  };
  static void roll(Domain& d, Time now);
  [[nodiscard]] Row row_of(const std::string& name, Domain domain, Time now) const;

  uint32_t cold_percent_;
  std::map<std::string, Domain, std::less<>> domains_;
  uint64_t crowded_ = 0;
};

}  // namespace postern::fold
