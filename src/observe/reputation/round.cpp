// SPDX-License-Identifier: Apache-2.0
#include "observe/reputation/round.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace postern::observe::reputation {
namespace {

constexpr size_t kSkippedPerCall = 4'096;  // targets that nobody is asked about

IpAddress mapped(uint8_t last) {
  std::array<uint8_t, 16> bytes{};
  bytes[10] = bytes[11] = 0xff;
  bytes[12] = 0x7f;
  bytes[15] = last;
  return IpAddress::v6(bytes);
}

uint64_t targets_in(const Prefix& p) {
  const unsigned whole = p.address.family == Family::v4 ? 32U : 64U;
  return p.length >= whole ? 1 : uint64_t{1} << std::min(whole - p.length, 32U);
}

IpAddress address_in(const Prefix& p, uint32_t n) {
  IpAddress out = p.address;
  if (p.length == p.address.bits()) return out;
  const size_t last = p.address.family == Family::v4 ? 3 : 7;
  uint64_t carry = n;
  for (size_t i = last + 1; i-- > 0 && carry != 0; carry >>= 8) {
    carry += out.bytes[i];
    out.bytes[i] = static_cast<uint8_t>(carry);
  }
  if (p.address.family == Family::v6) out.bytes[15] |= 1;
  return out;
}

std::string codes_of(std::span<const IpAddress> answer) {
  std::string out;
  for (const IpAddress& a : answer.subspan(0, std::min<size_t>(answer.size(), 8)))
    out += (out.empty() ? "" : ", ") + to_string(a);
  return out;
}

bool is_believed(const List& l, Family family) { return (family == Family::v4 ? l.v4 : l.v6) == Trust::believed; }

bool is_believed(const List& l) { return is_believed(l, Family::v4) || is_believed(l, Family::v6); }

}  // namespace

Round::Round(std::vector<ListConfig> lists, const std::vector<Prefix>& relay, const std::vector<Prefix>& lines,
             Duration every)
    : every_(every), testing_(lists.size()) {
  for (ListConfig& l : lists)
    lists_.push_back({.zone = std::move(l.zone), .no_trouble = std::move(l.no_trouble), .why = {}});
  for (const Prefix& p : relay) add(p, true);
  for (const Prefix& p : lines) add(p, false);
}

void Round::add(const Prefix& prefix, bool relay) {
  const uint64_t wanted = targets_in(prefix);
  const uint64_t room = kTargetsMax - looked_s_.size();
  const uint64_t taken = std::min(wanted, room);
  too_many_ += wanted - taken;
  if (taken == 0) return;
  ranges_.push_back({prefix, static_cast<uint32_t>(taken), relay});
  looked_s_.resize(looked_s_.size() + taken);
}

std::pair<IpAddress, bool> Round::target(size_t n) const {
  for (const Range& r : ranges_) {
    if (n < r.targets) return {address_in(r.prefix, static_cast<uint32_t>(n)), r.relay};
    n -= r.targets;
  }
  return {};
}

std::optional<Question> Round::next(Time now) {
  for (size_t i = 0; i < lists_.size() && testing_ == lists_.size(); ++i) {
    const List& l = lists_[i];
    if (l.tested && now - l.tested < (is_believed(l) ? kTestBelieved : kTestAgain)) continue;
    testing_ = i;
    step_ = 0;
  }
  return testing_ < lists_.size() ? test() : look(now);
}

Question Round::test() const {
  constexpr std::array kSteps = {Question::What::listed4, Question::What::clean4, Question::What::listed6,
                                 Question::What::clean6};
  Question q{.what = kSteps[step_], .list = testing_, .address = {}, .name = {}};
  q.address = step_ < 2 ? IpAddress::v4(step_ == 0 ? 0x7f000002 : 0x7f000001) : mapped(step_ == 2 ? 2 : 1);
  q.name = name_of(q.address, lists_[testing_].zone);
  return q;
}

bool Round::may_begin(Time now) {
  if (std::ranges::none_of(lists_, [](const List& l) { return is_believed(l); })) return false;
  if (begun_ && now - begun_ < every_) return false;
  begun_ = now;
  at_target_ = 0;
  at_list_ = 0;
  return true;
}

std::optional<Question> Round::look(Time now) {
  if (looked_s_.empty()) return std::nullopt;
  if ((!begun_ || at_target_ >= looked_s_.size()) && !may_begin(now)) return std::nullopt;
  for (size_t skipped = 0; skipped < kSkippedPerCall && at_target_ < looked_s_.size(); ++skipped) {
    const auto [address, relay] = target(at_target_);
    while (at_list_ < lists_.size()) {
      const size_t i = at_list_++;
      if (!is_believed(lists_[i], address.family)) continue;
      asked_ = true;
      return Question{.list = i, .address = address, .name = name_of(address, lists_[i].zone), .relay = relay};
    }
    if (asked_ && visit_whole_) looked_s_[at_target_] = static_cast<uint32_t>(now.unix_seconds());
    asked_ = false;
    visit_whole_ = true;
    at_list_ = 0;
    if (++at_target_ < looked_s_.size()) continue;
    ++rounds_;
    last_round_ = now - begun_;
  }
  return std::nullopt;
}

std::optional<News> Round::answered(const Question& q, const Result<std::vector<IpAddress>>& answer, Time now) {
  List& l = lists_[q.list];
  ++l.asked;
  const bool tests = q.what != Question::What::address;
  if (!answer && answer.error().code != Errc::not_found) {
    visit_whole_ = false;
    if (++l.silent >= kSilentMost || tests) distrust(l, Trust::silent, "nobody answers for it", now);
    return std::nullopt;
  }
  l.silent = 0;
  const std::span<const IpAddress> codes = answer ? std::span<const IpAddress>(*answer) : std::span<const IpAddress>{};
  const Meaning meaning = meaning_of(codes, tests ? std::span<const Prefix>{} : std::span<const Prefix>(l.no_trouble));
  if (meaning == Meaning::foreign || meaning == Meaning::refused) {
    visit_whole_ = false;
    const bool refused = meaning == Meaning::refused;
    distrust(l, refused ? Trust::refused : Trust::failed,
             refused ? fmt::format("it refuses to answer: {}", codes_of(codes))
                     : fmt::format("{} is no answer of a list", codes_of(codes)),
             now);
    return std::nullopt;
  }
  if (!tests) return judge(q, meaning == Meaning::listed, codes, now);
  judge_test(l, q, meaning, now);
  return std::nullopt;
}

void Round::judge_test(List& l, const Question& q, Meaning meaning, Time now) {
  using enum Question::What;
  const bool is_listed = meaning == Meaning::listed;
  const auto believe = [&](Trust& trust, Time& since) {
    if (trust != Trust::believed) since = now;
    trust = Trust::believed;
  };
  step_ = static_cast<uint8_t>(step_ + 1);
  if (q.what == listed4) {
    l.why.clear();
    if (is_listed) return;
    l.v4 = Trust::failed;
    l.why = "it does not list its test entry 127.0.0.2";
    step_ = 2;
  } else if (q.what == clean4 && is_listed) {
    return distrust(l, Trust::failed, "it lists 127.0.0.1, so it lists everything", now);
  } else if (q.what == clean4) {
    believe(l.v4, l.believed_since4);
  } else if (q.what == listed6 && is_listed) {
    return;
  } else {
    if (q.what == listed6) {
      l.v6 = Trust::no_such_family;
    } else if (is_listed) {
      l.v6 = Trust::failed;
      l.why = "it lists ::ffff:127.0.0.1, so it lists everything";
    } else {
      believe(l.v6, l.believed_since6);
    }
    l.tested = now;
    testing_ = lists_.size();
  }
}

void Round::distrust(List& l, Trust why, std::string words, Time now) {
  l.v4 = why;
  l.v6 = why;
  l.why = std::move(words);
  l.tested = now;
  l.silent = 0;
  if (testing_ < lists_.size() && &lists_[testing_] == &l) testing_ = lists_.size();
}

std::optional<News> Round::judge(const Question& q, bool is_listed, std::span<const IpAddress> codes, Time now) {
  const Key key{q.address, q.list};
  const auto it = listed_.find(key);
  const List& l = lists_[q.list];
  if (!is_listed) {
    if (it == listed_.end()) return std::nullopt;
    News news{l.zone, q.address, it->second, true};
    listed_.erase(it);
    return news;
  }
  if (it != listed_.end()) {
    it->second.codes = codes_of(codes);
    return std::nullopt;
  }
  if (listed_.size() >= kListedMax) {
    ++left_out_;
    return std::nullopt;
  }
  const Time looked = Time{} + seconds(looked_s_[at_target_]);
  const Time since = q.address.family == Family::v4 ? l.believed_since4 : l.believed_since6;
  Listed listed{.since = now, .clean_at = {}, .codes = codes_of(codes), .relay = q.relay};
  if (looked && looked >= since) listed.clean_at = looked;
  listed_[key] = listed;
  return News{l.zone, q.address, listed, false};
}

}  // namespace postern::observe::reputation
