// SPDX-License-Identifier: Apache-2.0
#include "decide/who/book.h"

#include <algorithm>

#include "decide/common/limits.h"

namespace postern::decide::who {
namespace {

std::string key_of(std::string_view nas, std::string_view key) {
  std::string out(nas);
  out += '\0';
  out += key;
  return out;
}

const Held* find(const std::map<model::SessionId, Held>& in, model::SessionId id) {
  const auto it = in.find(id);
  return it == in.end() ? nullptr : &it->second;
}

bool is_radius(const Held& held) { return held.session.source == model::SessionSource::radius; }
bool has_key(const Held& held) { return held.session.source != model::SessionSource::fixed; }

}  // namespace

void Book::index(const Held& held) {
  const model::Session& s = held.session;
  for (const Prefix& p : s.prefixes.value) live_claims_.add(p, s.id);
  if (has_key(held)) live_by_key_[key_of(s.nas, s.key)] = s.id;
  if (is_radius(held)) by_nas_[s.nas].insert(s.id);
  if (s.subscriber) {
    by_subscriber_.emplace(s.subscriber, s.id);
  } else {
    strangers_[s.line_key].insert(s.id);
  }
}

void Book::unindex(const Held& held) {
  const model::Session& s = held.session;
  const auto drop = [&](auto& map, const std::string& name) {
    const auto it = map.find(name);
    if (it == map.end()) return;
    it->second.erase(s.id);
    if (it->second.empty()) map.erase(it);
  };
  for (const Prefix& p : s.prefixes.value) live_claims_.remove(p, s.id);
  if (const auto it = live_by_key_.find(key_of(s.nas, s.key)); it != live_by_key_.end() && it->second == s.id)
    live_by_key_.erase(it);
  drop(by_nas_, s.nas);
  by_subscriber_.erase({s.subscriber, s.id});
  if (!s.subscriber) drop(strangers_, s.line_key);
}

size_t Book::apply(const model::Session& session, Time at) {
  const auto old = live_.find(session.id);
  const auto past = ended_.find(session.id);
  const Held* before = old != live_.end() ? &old->second : past != ended_.end() ? &past->second : nullptr;
  Held held{session, {}};
  for (const Prefix& p : session.prefixes.value) {
    const bool had = before != nullptr &&
                     std::ranges::find(before->session.prefixes.value, p) != before->session.prefixes.value.end();
    held.since.push_back(had ? since(*before, p) : before != nullptr ? at : session.since);
  }
  last_id_ = std::max(last_id_, session.id);
  if (past != ended_.end()) {
    past->second = std::move(held);  // cut short; its prefixes and key are as they were
    return 0;
  }
  if (old != live_.end()) unindex(old->second);
  if (session.until) {
    if (old != live_.end()) live_.erase(old);
    remember(std::move(held));
    return trim(at);
  }
  index(held);
  if (old == live_.end() && is_radius(held)) silent_.emplace(session.heard, session.id);
  if (const Time end = lease_end(session); end && (old == live_.end() || lease_end(old->second.session) != end))
    leases_.emplace(end, session.id);
  live_[session.id] = std::move(held);
  return 0;
}

size_t Book::trim(Time at) {
  size_t cut = 0;
  while (!ended_order_.empty()) {
    const Held& oldest = ended_.at(ended_order_.front());
    const bool in_time = oldest.session.until + kHistoryKept >= at;
    if (in_time && ended_.size() <= kHistoryMax) break;
    cut += in_time ? 1 : 0;
    drop(ended_order_.front());
    ended_order_.pop_front();
  }
  return cut;
}

void Book::remember(Held held) {
  const model::Session& s = held.session;
  for (const Prefix& p : s.prefixes.value) ended_claims_.add(p, s.id);
  if (has_key(held)) {
    const auto [it, fresh] = ended_by_key_.try_emplace(key_of(s.nas, s.key), s.id);
    if (!fresh && ended_.at(it->second).session.until <= s.until) it->second = s.id;
  }
  ended_order_.push_back(s.id);
  ended_.insert_or_assign(s.id, std::move(held));
}

void Book::drop(model::SessionId id) {
  const auto it = ended_.find(id);
  const model::Session& s = it->second.session;
  for (const Prefix& p : s.prefixes.value) ended_claims_.remove(p, s.id);
  if (const auto key = ended_by_key_.find(key_of(s.nas, s.key)); key != ended_by_key_.end() && key->second == s.id)
    ended_by_key_.erase(key);
  ended_.erase(it);
}

void Book::heard(model::SessionId id, Time at) {
  const auto it = live_.find(id);
  if (it != live_.end()) it->second.session.heard = std::max(it->second.session.heard, at);
}

void Book::forget(model::SubscriberId subscriber) {
  std::erase_if(ended_order_, [&](model::SessionId id) {
    if (ended_.at(id).session.subscriber != subscriber) return false;
    drop(id);
    return true;
  });
}

const Held* Book::live(model::SessionId id) const { return find(live_, id); }
const Held* Book::ended(model::SessionId id) const { return find(ended_, id); }

const Held* Book::live(std::string_view nas, std::string_view key) const {
  const auto it = live_by_key_.find(key_of(nas, key));
  return it == live_by_key_.end() ? nullptr : find(live_, it->second);
}

const Held* Book::last_ended(std::string_view nas, std::string_view key) const {
  const auto it = ended_by_key_.find(key_of(nas, key));
  return it == ended_by_key_.end() ? nullptr : find(ended_, it->second);
}

std::vector<model::SessionId> Book::of_nas(std::string_view nas) const {
  const auto it = by_nas_.find(nas);
  return it == by_nas_.end() ? std::vector<model::SessionId>{}
                             : std::vector<model::SessionId>(it->second.begin(), it->second.end());
}

std::vector<model::SessionId> Book::of_subscriber(model::SubscriberId subscriber) const {
  std::vector<model::SessionId> out;
  for (auto it = by_subscriber_.lower_bound({subscriber, {}}); it != by_subscriber_.end() && it->first == subscriber;
       ++it)
    out.push_back(it->second);
  return out;
}

std::vector<model::SessionId> Book::of_stranger(std::string_view line_key) const {
  const auto it = strangers_.find(line_key);
  return it == strangers_.end() ? std::vector<model::SessionId>{}
                                : std::vector<model::SessionId>(it->second.begin(), it->second.end());
}

Time Book::since(const Held& held, const Prefix& prefix) {
  for (size_t i = 0; i < held.since.size(); ++i)
    if (held.session.prefixes.value[i] == prefix) return held.since[i];
  return held.session.since;
}

Answer Book::who(const IpAddress& address, Time at, const Doubt& doubt) const {
  const Time from = at - doubt.skew * 2;
  const Time to = at + doubt.skew * 2;
  std::vector<const model::Session*> covering;
  const auto look = [&](const Claims& claims, const std::map<model::SessionId, Held>& in) {
    for (const auto& [prefix, id] : claims.overlapping(Prefix::host(address))) {
      const Held& held = in.at(id);
      const bool then = since(held, prefix) <= to && (!held.session.until || from < held.session.until);
      if (then && std::ranges::find(covering, &held.session) == covering.end()) covering.push_back(&held.session);
    }
  };
  look(live_claims_, live_);
  look(ended_claims_, ended_);
  return judge(std::move(covering), address, at, doubt);
}

bool Book::contested(const Held& held) const {
  return std::ranges::any_of(held.session.prefixes.value, [&](const Prefix& p) {
    return std::ranges::any_of(live_claims_.overlapping(p), [&](const Claims::Claim& claim) {
      return claim.second != held.session.id && !same_line(held.session, live_.at(claim.second).session);
    });
  });
}

std::vector<model::SessionId> Book::silent(Time before) {
  std::vector<model::SessionId> out;
  std::vector<Silent> again;
  while (!silent_.empty() && silent_.top().first < before) {
    const model::SessionId id = silent_.top().second;
    silent_.pop();
    const auto it = live_.find(id);
    if (it == live_.end()) continue;
    const Time heard = it->second.session.heard;
    if (heard < before) out.push_back(id);
    again.emplace_back(heard, id);
  }
  for (const Silent& s : again) silent_.push(s);
  std::ranges::sort(out);
  return out;
}

void Book::rewind() {
  silent_ = {};
  leases_ = {};
  for (const auto& [id, held] : live_) {
    if (is_radius(held)) silent_.emplace(held.session.heard, id);
    if (const Time end = lease_end(held.session)) leases_.emplace(end, id);
  }
}

std::vector<model::SessionId> Book::run_out(Time now) {
  std::vector<model::SessionId> out;
  std::vector<Silent> again;
  while (!leases_.empty() && leases_.top().first <= now) {
    const model::SessionId id = leases_.top().second;
    leases_.pop();
    const auto it = live_.find(id);
    if (it == live_.end()) continue;
    const Time end = lease_end(it->second.session);
    if (!end) continue;
    if (end <= now) out.push_back(id);
    again.emplace_back(end, id);
  }
  // Whoever ran out and is not ended is asked about again.
  for (const Silent& s : again) leases_.push(s);
  std::ranges::sort(out);
  out.erase(std::ranges::unique(out).begin(), out.end());
  return out;
}

void Book::encode_facts(Encoder& out) const {
  out.put(last_id_);
  out.put(static_cast<uint64_t>(live_.size()));
  for (const auto& [id, held] : live_) {
    Held copy = held;
    copy.session.heard = {};
    out.put(copy);
  }
  out.put(static_cast<uint64_t>(ended_order_.size()));
  for (const model::SessionId id : ended_order_) {
    Held copy = ended_.at(id);
    copy.session.heard = {};
    out.put(copy);
  }
}

void Book::encode_memory(Encoder& out) const {
  for (const auto& [id, held] : live_) out.put(held.session.heard);
  for (const model::SessionId id : ended_order_) out.put(ended_.at(id).session.heard);
}

void Book::decode_facts(Decoder& in) {
  const auto sessions = [&](auto&& take) {
    uint64_t n = 0;
    in.get(n);
    for (uint64_t i = 0; i < n && in.ok(); ++i) {
      Held held;
      in.get(held);
      if (held.since.size() != held.session.prefixes.value.size()) in.spoil();
      if (in.ok()) take(std::move(held));
    }
  };
  *this = Book{};
  in.get(last_id_);
  sessions([this](Held held) {
    index(held);
    live_.emplace_hint(live_.end(), held.session.id, std::move(held));
  });
  sessions([this](Held held) { remember(std::move(held)); });
}

void Book::decode_memory(Decoder& in) {
  for (auto& [id, held] : live_) in.get(held.session.heard);
  for (const model::SessionId id : ended_order_) in.get(ended_.at(id).session.heard);
  rewind();
}

}  // namespace postern::decide::who
