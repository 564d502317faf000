// SPDX-License-Identifier: Apache-2.0
#include "decide/who/resolve.h"

#include <algorithm>

namespace postern::decide::who {
namespace {

// Length of the longest prefix that covers the address, or -1.
int covering_length(const model::Session& session, const IpAddress& address) {
  int longest = -1;
  for (const Prefix& prefix : session.prefixes.value)
    if (prefix.contains(address)) longest = std::max(longest, int{prefix.length});
  return longest;
}

// Those that another source contradicts, where one that is `whole` does.
template <class Whole>
void drop_leases(std::vector<const model::Session*>& covering, const Whole& whole) {
  const std::vector<const model::Session*> all = covering;
  std::erase_if(covering, [&](const model::Session* lease) {
    return std::ranges::any_of(all, [&](const model::Session* s) { return yields(*lease, *s) && whole(*s); });
  });
}

}  // namespace

bool same_line(const model::Session& a, const model::Session& b) {
  if (a.subscriber || b.subscriber) return a.subscriber == b.subscriber;
  return a.line_key == b.line_key && !a.line_key.empty();
}

Time lease_end(const model::Session& s) {
  return s.source == model::SessionSource::dhcp && s.lease.us > 0 ? s.heard + s.lease : Time{};
}

bool yields(const model::Session& a, const model::Session& b) {
  return a.source == model::SessionSource::dhcp && b.source != model::SessionSource::dhcp && !same_line(a, b);
}

Answer judge(std::vector<const model::Session*> covering, const IpAddress& address) {
  Answer answer;
  if (covering.empty()) return answer;
  std::ranges::sort(covering, {}, [](const model::Session* s) { return s->id; });
  const bool one_line = std::ranges::all_of(
      covering, [&](const model::Session* s) { return s == covering[0] || same_line(*s, *covering[0]); });
  if (!one_line) {
    answer.kind = Attribution::ambiguous;
    for (const model::Session* s : covering) answer.sessions.push_back(*s);
    return answer;
  }
  const auto* best = *std::ranges::max_element(
      covering, {}, [&](const model::Session* s) { return std::pair(covering_length(*s, address), s->id); });
  answer.kind = Attribution::found;
  answer.sessions.push_back(*best);
  return answer;
}

Answer judge(std::vector<const model::Session*> covering, const IpAddress& address, Time at, const Doubt& doubt) {
  const Duration reach = doubt.skew * 2;
  const auto is_whole = [&](const model::Session& s) {
    return s.since + reach <= at && (!s.until || at + reach < s.until);
  };
  drop_leases(covering, is_whole);
  Answer answer = judge(std::move(covering), address);
  if (answer.kind != Attribution::found) return answer;
  const model::Session& s = answer.sessions[0];
  const bool told = s.source == model::SessionSource::fixed || s.end == model::SessionEnd::stop ||
                    s.end == model::SessionEnd::expired;
  // A lease that gave way to another held until then: nothing is guessed of it.
  const bool by_rhythm = s.source == model::SessionSource::radius;
  if (s.until && !told && by_rhythm && doubt.interim.us > 0 && at > s.heard + doubt.interim + reach) {
    answer.kind = Attribution::ambiguous;
    return answer;
  }
  const bool whole = is_whole(s);
  answer.confidence = whole && (told || at <= s.heard) ? Confidence::certain : Confidence::likely;
  return answer;
}

Answer resolve(std::span<const model::Session> sessions, const IpAddress& address, Time at) {
  std::vector<const model::Session*> covering;
  for (const model::Session& s : sessions)
    if (s.since <= at && (!s.until || at < s.until) && covering_length(s, address) >= 0) covering.push_back(&s);
  drop_leases(covering, [](const model::Session&) { return true; });
  return judge(std::move(covering), address);
}

}  // namespace postern::decide::who
