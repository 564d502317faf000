// SPDX-License-Identifier: Apache-2.0
// What to ask which list next, and what its answers make known. Pure; the caller asks one question at a time.
//
// A list is tested first: it has to list 127.0.0.2 and must not list 127.0.0.1 (RFC 5782 section 5), the same as
// ::FFFF:7F00:2 and :1 for IPv6 (a list may know one family only). One that fails, refuses or is silent is not believed
// until it passes: what it listed before stays as it was. Then come the relay's addresses and those of the lines, each
// address of IPv4 and each /64 of IPv6, asked for by its first host address, in order, over and over; a round takes
// `every` at least. Bounds: kTargetsMax addresses (more are not looked at), kListedMax listings kept (more are counted
// by left_out()).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "observe/reputation/names.h"

namespace postern::observe::reputation {

inline constexpr size_t kTargetsMax = size_t{1} << 20;
inline constexpr size_t kListedMax = 4'096;
inline constexpr Duration kTestAgain = minutes(10);  // a list that is not believed
inline constexpr Duration kTestBelieved = hours(1);
inline constexpr uint32_t kSilentMost = 3;  // questions in a row without an answer: not believed

struct ListConfig {
  std::string zone;
  std::vector<Prefix> no_trouble;
};

PN_ENUM(Trust, untested, believed, no_such_family, failed, refused, silent)

struct List {
  std::string zone;
  std::vector<Prefix> no_trouble;
  Trust v4 = Trust::untested;
  Trust v6 = Trust::untested;
  std::string why;  // it is not believed
  Time tested;
  Time believed_since4;
  Time believed_since6;
  uint64_t asked = 0;
  uint32_t silent = 0;  // in a row
};

struct Listed {
  Time since;
  Time clean_at;  // 0 = not looked at before
  std::string codes;
  bool relay = false;
};

struct Question {
  enum class What : uint8_t { listed4, clean4, listed6, clean6, address };
  What what = What::address;
  size_t list = 0;
  IpAddress address;
  std::string name;
  bool relay = false;
};

struct News {
  std::string list;
  IpAddress address;
  Listed listed;
  bool gone = false;  // no longer listed
};

class Round {
 public:
  Round(std::vector<ListConfig> lists, const std::vector<Prefix>& relay, const std::vector<Prefix>& lines,
        Duration every);

  // Nothing: the round is done and the next one not due.
  [[nodiscard]] std::optional<Question> next(Time now);
  // Nothing in `answer` with Errc::not_found as its error: not listed; another error: nobody answered.
  [[nodiscard]] std::optional<News> answered(const Question& q, const Result<std::vector<IpAddress>>& answer, Time now);

  [[nodiscard]] const std::vector<List>& lists() const { return lists_; }
  using Key = std::pair<IpAddress, size_t>;  // address, list
  [[nodiscard]] const std::map<Key, Listed>& listed() const { return listed_; }
  [[nodiscard]] size_t targets() const { return looked_s_.size(); }
  [[nodiscard]] uint64_t rounds() const { return rounds_; }
  [[nodiscard]] Duration last_round() const { return last_round_; }
  [[nodiscard]] uint64_t left_out() const { return left_out_; }
  [[nodiscard]] uint64_t too_many() const { return too_many_; }

 private:
  struct Range {
    Prefix prefix;
    uint32_t targets = 0;
    bool relay = false;
  };
  void add(const Prefix& prefix, bool relay);
  [[nodiscard]] std::pair<IpAddress, bool> target(size_t n) const;
  [[nodiscard]] Question test() const;
  [[nodiscard]] std::optional<Question> look(Time now);
  [[nodiscard]] bool may_begin(Time now);
  void judge_test(List& list, const Question& q, Meaning meaning, Time now);
  void distrust(List& list, Trust why, std::string words, Time now);
  [[nodiscard]] std::optional<News> judge(const Question& q, bool is_listed, std::span<const IpAddress> codes,
                                          Time now);

  std::vector<List> lists_;
  std::vector<Range> ranges_;
  Duration every_;
  std::vector<uint32_t> looked_s_;  // by target: when every believed list last answered; 0 = never
  std::map<Key, Listed> listed_;
  size_t at_target_ = 0;
  size_t at_list_ = 0;
  size_t testing_ = 0;       // list under test; lists_.size() = none
  uint8_t step_ = 0;         // of the test
  bool asked_ = false;       // a list about this target
  bool visit_whole_ = true;  // and every one answered
  Time begun_;
  uint64_t rounds_ = 0;
  Duration last_round_;
  uint64_t left_out_ = 0;
  uint64_t too_many_ = 0;
};

}  // namespace postern::observe::reputation
