// SPDX-License-Identifier: Apache-2.0
#include "decide/who/accounting.h"

#include <algorithm>
#include <span>

#include "decide/common/limits.h"
#include "decide/who/subscribers.h"

namespace postern::decide::who {
namespace {

using model::SessionEnd;
using model::SessionEventKind;
using model::SessionSource;

bool covered(const std::vector<Prefix>& by, const Prefix& p) {
  return std::ranges::any_of(by, [&](const Prefix& outer) { return outer.contains(p); });
}

}  // namespace

std::vector<Prefix> tidy(std::vector<Prefix> prefixes) {
  std::vector<Prefix> out;
  std::ranges::sort(prefixes);
  for (const Prefix& p : prefixes) {
    const Prefix network = Prefix::of(p.address, p.length);
    if (p.address && !covered(out, network) && out.size() < kPrefixesPerSessionMax) out.push_back(network);
  }
  return out;
}

void Accounting::event(const model::SessionEvent& event, Time at) {
  const bool whole_nas = event.kind == SessionEventKind::nas_on || event.kind == SessionEventKind::nas_off;
  memory_.newest = std::max(memory_.newest, at);
  if (event.nas.empty() || (!whole_nas && event.session_key.empty())) {
    ++counters_.session_refused;
  } else if (whole_nas) {
    memory_.restart(event.nas, at);
    for (const model::SessionId id : book_.of_nas(event.nas))
      if (book_.live(id)->session.since <= at) end(id, at, SessionEnd::nas_restart);
  } else if (event.kind == SessionEventKind::stop) {
    stop(event, at);
  } else {
    start(event, at);
  }
}

void Accounting::stop(const model::SessionEvent& event, Time at) {
  if (const Held* held = book_.live(event.nas, event.session_key)) {
    const bool other_line = !event.line_key.empty() && event.line_key != held->session.line_key;
    if (at >= held->session.since && !other_line) return end(held->session.id, at, SessionEnd::stop);
    ++counters_.session_late;
    return;
  }
  const Held* before = book_.last_ended(event.nas, event.session_key);
  if (before != nullptr && at <= before->session.until) {
    ++counters_.session_late;
    // It ended before what made us end it: the history is put right, nothing that lives is touched.
    const bool sooner = at >= before->session.since && at < before->session.until;
    if (sooner && before->session.end != SessionEnd::stop) cut_short(*before, at, SessionEnd::stop);
    return;
  }
  ++(before == nullptr ? counters_.session_unknown_stop : counters_.session_late);
  memory_.stop(event.nas, event.session_key, at);
}

void Accounting::start(const model::SessionEvent& event, Time at) {
  std::vector<Prefix> prefixes = tidy(event.prefixes);
  const Held* held = book_.live(event.nas, event.session_key);
  if (held == nullptr || at < held->session.since) return begin(event, std::move(prefixes), at);
  const model::Session& s = held->session;
  const bool other_line = !event.line_key.empty() && event.line_key != s.line_key;
  const bool all_known = std::ranges::all_of(prefixes, [&](const Prefix& p) { return covered(s.prefixes.value, p); });
  const bool all_kept = std::ranges::all_of(s.prefixes.value, [&](const Prefix& p) { return covered(prefixes, p); });
  // A Start that names other prefixes, or any event that names another line, is a new session under an old key.
  const bool renumbered = event.kind == SessionEventKind::start && !all_known && !all_kept;
  if (other_line || (renumbered && at > s.since)) {
    if (at < s.heard || at == s.since) {
      ++(at < s.heard ? counters_.session_late : counters_.session_conflicts);
      return;
    }
    end(s.id, at, SessionEnd::replaced);
    return begin(event, std::move(prefixes), at);
  }
  refresh(*held, event, prefixes, at);
}

void Accounting::end_lease(const Held* held, const std::string& line_key, Time heard, Time at) {
  // Read again it is older than what was heard since, or was another's.
  const bool of_it =
      held != nullptr && heard >= held->session.heard && (line_key.empty() || line_key == held->session.line_key);
  if (of_it) return end(held->session.id, at, SessionEnd::stop);
  ++counters_.session_duplicates;
}

void Accounting::lease(const model::LeaseSeen& o, const std::string& line_key, Time at) {
  memory_.newest = std::max(memory_.newest, at);
  model::Session s;
  s.source = SessionSource::dhcp;
  s.nas = "dhcp:" + o.server;
  s.key = to_string(o.prefix);
  s.line_key = line_key;
  s.lease = o.lease;
  s.since = s.heard = at;
  s.prefixes.value = tidy({o.prefix});
  const Held* held = book_.live(s.nas, s.key);
  if (o.ended) return end_lease(held, line_key, o.heard, at);
  if (s.prefixes->empty()) {
    ++counters_.session_refused;
    return;
  }
  if (held != nullptr && held->session.line_key == line_key) return renew(*held, o.lease, at);
  if (held != nullptr) {
    if (at < held->session.heard || at == held->session.since) {
      ++(at < held->session.heard ? counters_.session_late : counters_.session_conflicts);
      return;
    }
    end(held->session.id, at, SessionEnd::replaced);
  }
  s.subscriber = face_.subscriber_of(line_key);
  const auto free = free_for_lease(s);
  const Time lasts = lease_end(s);
  if (!free || (lasts && *free >= lasts)) {
    ++counters_.leases_below;
    return;
  }
  s.since = *free;
  admit(s, false, s.since);
}

void Accounting::renew(const Held& held, Duration lease, Time at) {
  model::Session s = held.session;
  if (at < s.heard) {
    ++counters_.session_late;
    return;
  }
  book_.heard(s.id, at);
  if (s.lease == lease) {
    ++counters_.session_duplicates;
    return;
  }
  s.heard = at;
  s.lease = lease;
  face_.change(s);
}

std::optional<Time> Accounting::free_for_lease(const model::Session& s) const {
  Time free = s.since;
  for (const Prefix& p : s.prefixes.value) {
    for (const auto& [claimed, id] : book_.claims().overlapping(p))
      if (yields(s, book_.live(id)->session)) return std::nullopt;
    for (const auto& [claimed, id] : book_.past_claims().overlapping(p))
      if (const model::Session& past = book_.ended(id)->session; yields(s, past)) free = std::max(free, past.until);
  }
  // It was thought to have run out, and was renewed before.
  const Held* last = book_.last_ended(s.nas, s.key);
  const bool goes_on = last != nullptr && last->session.end == SessionEnd::expired && same_line(last->session, s) &&
                       s.since >= last->session.since && (s.lease.us == 0 || lease_end(s) > last->session.until);
  return goes_on ? std::max(free, last->session.until) : free;
}

void Accounting::refresh(const Held& held, const model::SessionEvent& event, const std::vector<Prefix>& prefixes,
                         Time at) {
  model::Session s = held.session;
  std::vector<Prefix> added;
  for (const Prefix& p : prefixes) {
    if (covered(s.prefixes.value, p)) continue;
    if (newer_claim(s, p, at)) {
      ++counters_.session_late;
    } else {
      added.push_back(p);
    }
  }
  bool changed = !added.empty();
  if (at >= s.heard) {
    const auto take = [&changed](std::string& to, const std::string& from) {
      changed = changed || (!from.empty() && to != from);
      if (!from.empty()) to = from;
    };
    take(s.class_name, event.class_name);
    take(s.access, event.access);
  }
  book_.heard(s.id, at);
  if (!changed) {
    ++counters_.session_duplicates;
    return;
  }
  s.heard = std::max(s.heard, at);
  take_over(s, added, at);
  if (book_.live(s.id) == nullptr) return;  // the claim it took over was contested with itself
  added.insert(added.end(), s.prefixes.value.begin(), s.prefixes.value.end());
  s.prefixes.value = tidy(std::move(added));
  face_.change(s);
}

void Accounting::begin(const model::SessionEvent& event, std::vector<Prefix> prefixes, Time at) {
  model::Session s;
  s.nas = event.nas;
  s.key = event.session_key;
  s.line_key = event.line_key;
  s.subscriber = face_.subscriber_of(event.line_key);
  s.access = event.access;
  s.class_name = event.class_name;
  s.since = s.heard = at;
  s.prefixes.value = std::move(prefixes);
  admit(std::move(s), event.kind == SessionEventKind::interim, at);
}

void Accounting::admit(model::Session s, bool interim, Time at) {
  const bool lease = s.source == SessionSource::dhcp;
  // A lease is as old as its end.
  const Time last = !lease ? at : s.lease.us == 0 ? memory_.newest : s.heard + s.lease;
  if (told_before(s) || last + kHistoryKept < memory_.newest) {
    ++counters_.session_late;
    return;
  }
  const Held* before = book_.last_ended(s.nas, s.key);
  // The NAS forgot to end a session whose address has a newer owner: its signs of life prove nothing.
  const bool replaced = before != nullptr && before->session.end == SessionEnd::replaced && interim &&
                        (s.line_key.empty() || s.line_key == before->session.line_key);
  if (replaced && at >= before->session.until) {
    const bool named = !s.prefixes->empty();
    std::erase_if(s.prefixes.value, [&](const Prefix& p) { return held_by_other(s, p); });
    if (named && s.prefixes->empty()) {
      ++counters_.session_conflicts;
      return;
    }
  }
  const auto closed = closed_already(s, interim);
  if (!closed) return open(std::move(s));
  ++counters_.session_late;
  if (s.prefixes->empty()) return;
  take_over(s, s.prefixes.value, at);
  s.id = book_.next_id();
  s.until = closed->at;
  s.end = closed->how;
  face_.change(s);
}

// The event lies within what is known of an ended session of its key, or has nothing to add to one.
bool Accounting::told_before(const model::Session& s) const {
  const auto tells = [&s](const Held& e) {
    const model::Session& o = e.session;
    return o.nas == s.nas && o.key == s.key && o.since <= s.since && (s.since < o.until || s.since == o.since);
  };
  const Held* last = book_.last_ended(s.nas, s.key);
  if (last == nullptr) return false;
  if (tells(*last) || (s.prefixes->empty() && s.since < last->session.until)) return true;
  return std::ranges::any_of(s.prefixes.value, [&](const Prefix& p) {
    return std::ranges::any_of(book_.past_claims().overlapping(p),
                               [&](const Claims::Claim& claim) { return tells(*book_.ended(claim.second)); });
  });
}

// A Start that comes after what ended the session, or after a later event of the same session began it.
std::optional<Accounting::Closed> Accounting::closed_already(const model::Session& s, bool interim) const {
  std::optional<Closed> first;
  const auto earlier = [&first](Time at, SessionEnd how) {
    if (!first || at < first->at) first = Closed{at, how};
  };
  if (const auto stopped = memory_.stopped(s.nas, s.key, s.since)) earlier(*stopped, SessionEnd::stop);
  // At the very instant of a restart a Start is of the new life of the NAS, an Interim of the old one.
  if (const auto it = memory_.restarts.find(s.nas);
      it != memory_.restarts.end() && (it->second > s.since || (interim && it->second == s.since)))
    earlier(it->second, SessionEnd::nas_restart);
  for (const Held* same : {book_.live(s.nas, s.key), book_.last_ended(s.nas, s.key)})
    if (same != nullptr && same->session.since > s.since) earlier(same->session.since, SessionEnd::replaced);
  for (const Prefix& p : s.prefixes.value)
    if (const auto newer = newer_claim(s, p, s.since)) earlier(*newer, SessionEnd::replaced);
  return first;
}

// When another session first claimed the prefix after `at`; the line's own fixed prefixes take nothing away.
std::optional<Time> Accounting::newer_claim(const model::Session& s, const Prefix& prefix, Time at) const {
  std::optional<Time> first;
  const auto look = [&](const Claims& claims, const auto& find) {
    for (const auto& [claimed, id] : claims.overlapping(prefix)) {
      if (id == s.id) continue;
      const Held* held = find(id);
      const bool own = held->session.source != s.source && same_line(held->session, s);
      const Time since = Book::since(*held, claimed);
      const bool contested = !same_line(held->session, s) && unordered(s, at, held->session, since);
      const bool below = yields(held->session, s);
      if (!own && !below && since > at && !contested && (!first || since < *first)) first = since;
    }
  };
  look(book_.claims(), [this](model::SessionId id) { return book_.live(id); });
  look(book_.past_claims(), [this](model::SessionId id) { return book_.ended(id); });
  return first;
}

bool Accounting::held_by_other(const model::Session& s, const Prefix& prefix) const {
  return std::ranges::any_of(book_.claims().overlapping(prefix), [&](const Claims::Claim& claim) {
    const model::Session& other = book_.live(claim.second)->session;
    return !same_line(other, s) && !yields(other, s);
  });
}

void Accounting::open(model::Session s) {
  if (book_.all_live().size() >= kSessionsMax) {
    ++counters_.session_refused;
    return;
  }
  take_over(s, s.prefixes.value, s.since);
  s.id = book_.next_id();
  face_.change(s);
}

// Two NASes, and as far apart as their clocks may be: which was first is not known.
bool Accounting::unordered(const model::Session& a, Time a_at, const model::Session& b, Time b_at) const {
  return a.nas != b.nas && std::max(a_at, b_at) - std::min(a_at, b_at) <= apart_;
}

bool Accounting::stands_beside(const model::Session& fresh, const Held& other, const Prefix& other_prefix,
                               Time at) const {
  const bool fixed = fresh.source == SessionSource::fixed;
  const bool other_fixed = other.session.source == SessionSource::fixed;
  if (same_line(fresh, other.session))
    return fresh.source != other.session.source || fresh.source != SessionSource::radius;
  if (fixed && other_fixed) return true;
  if (yields(other.session, fresh)) return false;
  return unordered(fresh, at, other.session, Book::since(other, other_prefix));
}

void Accounting::take_over(const model::Session& fresh, const std::vector<Prefix>& prefixes, Time at) {
  for (const Prefix& p : prefixes) {
    for (const auto& [claimed, id] : book_.claims().overlapping(p)) {
      const Held* other = book_.live(id);
      if (other == nullptr || id == fresh.id) continue;
      if (Book::since(*other, claimed) > at && !yields(other->session, fresh)) continue;
      if (!stands_beside(fresh, *other, claimed, at)) {
        end(id, at, SessionEnd::replaced);
      } else if (!same_line(fresh, other->session)) {
        ++counters_.session_conflicts;
      }
    }
    // What was thought to have lasted longer, until a later claim or for want of a Stop, ended here.
    for (const auto& [claimed, id] : book_.past_claims().overlapping(p)) {
      const Held* past = book_.ended(id);
      const bool own_fixed = past->session.source != fresh.source && same_line(past->session, fresh);
      if (!own_fixed && !yields(fresh, past->session) && Book::since(*past, claimed) < at && at < past->session.until)
        cut_short(*past, at, SessionEnd::replaced);
    }
  }
}

void Accounting::cut_short(const Held& ended, Time at, model::SessionEnd how) {
  model::Session s = ended.session;
  s.until = std::max(at, s.since);
  s.end = how;
  face_.change(s);
}

void Accounting::end(model::SessionId id, Time at, model::SessionEnd how) {
  model::Session s = book_.live(id)->session;
  s.until = std::max(at, s.since);
  s.end = how;
  face_.change(s);
}

bool Accounting::sync_fixed(const model::Subscriber& subscriber, Time at, bool take) {
  const std::vector<Prefix> wanted = tidy(subscriber.fixed);
  std::vector<Prefix> there;
  for (const model::SessionId id : book_.of_subscriber(subscriber.id)) {
    const model::Session& s = book_.live(id)->session;
    if (s.source != SessionSource::fixed) continue;
    const Prefix p = s.prefixes.value.empty() ? Prefix{} : s.prefixes.value[0];
    if (std::ranges::find(wanted, p) == wanted.end() || s.access != subscriber.access) {
      end(id, at, SessionEnd::removed);
    } else {
      there.push_back(p);
    }
  }
  bool all = true;
  for (const Prefix& p : wanted) {
    model::Session s;
    s.subscriber = subscriber.id;
    s.source = SessionSource::fixed;
    s.line_key = subscriber.key;
    s.access = subscriber.access;
    s.prefixes.value = {p};
    s.since = s.heard = at;
    if (std::ranges::find(there, p) != there.end()) continue;
    if (take || !held_by_other(s, p)) {
      open(std::move(s));
    } else {
      all = false;
    }
  }
  return all;
}

void Accounting::adopt(const model::Subscriber& subscriber) {
  std::vector<std::string> names = *subscriber.leases;
  for (const model::LeaseNameKind kind : kSubscriberNames)
    names.push_back(model::lease_name(kind, std::as_bytes(std::span(subscriber.key))));
  names.push_back(subscriber.key);
  for (const std::string& name : names) {
    for (const model::SessionId id : book_.of_stranger(name)) {
      model::Session s = book_.live(id)->session;
      if ((name == subscriber.key) == (s.source == SessionSource::dhcp)) continue;  // of the other kind of name
      s.subscriber = subscriber.id;
      s.line_key = subscriber.key;
      face_.change(s);
    }
  }
}

}  // namespace postern::decide::who
