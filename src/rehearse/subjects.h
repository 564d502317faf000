// SPDX-License-Identifier: Apache-2.0
// Who is rehearsed: the line a session history names for that time, else the subscriber of an import file by its fixed
// prefixes, else each IPv4 address and each IPv6 /64 of the policy's subscriber prefixes by itself. Numbers count from
// 1 in order of first sight. And what each was seen to do, in sums: 96 bytes and the names.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/fields.h"
#include "base/ip.h"
#include "model/finding.h"
#include "model/policy.h"
#include "model/subscriber.h"
#include "rehearse/history/session_history.h"

namespace postern::rehearse {

inline constexpr size_t kSubjectsMax = size_t{4} << 20;

// What a line was seen to do with mail.
struct Sums {
  uint32_t connections = 0;
  uint32_t port25 = 0;
  uint32_t answered = 0;
  uint32_t failed = 0;
  uint32_t first_contacts = 0;
  uint32_t served = 0;                   // connections to its own port 25 that it answered
  uint32_t names = 0;                    // mail names it asked for, new ones
  uint32_t domains = 0;                  // of these: domains whose MX it asked for
  std::array<uint32_t, 3> networks25{};  // the first networks it met on port 25; 0 = fewer
  uint8_t networks25_known = 0;          // how many, 3 = three or more
};

struct Subject {
  std::string name;  // subscriber's key, address or /64
  std::string class_name;
  IpAddress address;
  Sums sums;
};

class Subjects {
 public:
  Subjects(const model::Policy& policy, std::vector<model::Subscriber> subscribers, SessionHistory history);

  // 0: not a subscriber's address, or nobody's in particular at that time, or kSubjectsMax are known.
  uint32_t of(const IpAddress& address, Time at);
  // Without making one.
  [[nodiscard]] bool governed(const IpAddress& address) const;
  [[nodiscard]] Subject& at(uint32_t number) { return all_[number - 1]; }
  [[nodiscard]] const Subject& at(uint32_t number) const { return all_[number - 1]; }
  [[nodiscard]] uint32_t count() const { return static_cast<uint32_t>(all_.size()); }
  [[nodiscard]] uint64_t refused() const { return refused_; }
  [[nodiscard]] uint64_t ambiguous() const { return ambiguous_; }
  [[nodiscard]] const model::ClassPolicy& policy_of(uint32_t number) const;

 private:
  [[nodiscard]] const model::Subscriber* subscriber_of(const IpAddress& address) const;
  uint32_t of_line(const SessionHistory::Line& line, const IpAddress& address);
  uint32_t add(std::string name, std::string_view class_name, const IpAddress& address);

  const model::Policy& policy_;
  std::vector<model::Subscriber> subscribers_;
  SessionHistory history_;
  std::map<Prefix, size_t> fixed_;
  std::unordered_map<Prefix, uint32_t> numbers_;
  std::unordered_map<std::string, uint32_t> by_key_;
  std::vector<Subject> all_;
  uint64_t refused_ = 0;
  uint64_t ambiguous_ = 0;
};

}  // namespace postern::rehearse
