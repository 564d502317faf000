// SPDX-License-Identifier: Apache-2.0
#include "edge/relay/judge.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/networks.h"
#include "sys/log.h"

namespace postern::edge::relay {
namespace {

constexpr uint32_t kUnfinishedSeconds = 600;  // recipients without a message after that: probing
constexpr uint64_t kWarnLeast = 10;           // nobody is warned of a limit smaller than that
constexpr uint8_t kTcp = 6;
constexpr uint32_t kHoneySeconds = 7 * 86'400;

uint32_t seconds_of(Time t) { return static_cast<uint32_t>(t.unix_seconds()); }

uint32_t kilobytes_of(uint64_t octets) {
  return static_cast<uint32_t>(std::min<uint64_t>((octets + 1'023) / 1'024, UINT32_MAX));
}

std::string_view domain_of(std::string_view recipient) {
  const size_t at = recipient.rfind('@');
  return at == std::string_view::npos ? std::string_view() : recipient.substr(at + 1);
}

}  // namespace

uint64_t Judge::key_of_line(uint32_t line) const {
  std::array<char, 5> text{'l'};
  std::memcpy(text.data() + 1, &line, sizeof line);
  return meters_.hash({text.data(), text.size()});
}

uint64_t Judge::key_of_account(std::string_view account) const { return meters_.hash_lower(account); }

// No account's key: neither protocol lets a NUL through.
uint64_t Judge::key_of_class(std::string_view name) const { return meters_.hash(std::string(1, '\0').append(name)); }

bool Judge::is_trusted(const IpAddress& client) const { return is_loopback(client) || is_in(config_.trusted, client); }

bool Judge::is_on_net(const IpAddress& client) const { return is_in(config_.subscriber_prefixes, client); }

const Limits& Judge::limits_of(const std::string& class_name) const {
  const auto it = config_.classes.find(class_name);
  return it == config_.classes.end() ? config_.otherwise : it->second;
}

void Judge::add_subject(Who& who, uint64_t key, uint32_t line, std::string_view name, const Limits& limits,
                        uint32_t now) {
  Meter* const meter = meters_.find_or_make(key, line, name, now);
  if (meter == nullptr) {
    who.answer.rule = Rule::unmetered;
    sys::log(sys::Level::warning, "relay", "RELAY_METERS_FULL",
             "no place for another line or account: it sends unmetered; raise relay.meters_max");
    return;
  }
  meter->roll(now);
  who.subjects[who.count++] = {meter, limits};
}

void Judge::add_class(Who& who, std::string_view name, const Limits& limits, uint32_t now) {
  if (limits.class_recipients != decltype(limits.class_recipients){})
    add_subject(who, key_of_class(name), kClassLine, name, limits.of_class(), now);
}

Judge::Judge(Config config, Meters& meters, Lookup lookup)
    : config_(std::move(config)), meters_(meters), lookup_(std::move(lookup)) {
  for (const std::string& name : config_.honey_accounts) honey_.insert(key_of_account(name));
}

void Judge::hold(const std::vector<std::string>& accounts) {
  held_.clear();
  for (const std::string& name : accounts) held_.insert(key_of_account(name));
}

fold::Inside Judge::inside_of(const Ask& ask, Time at) const {
  return config_.nats.of(kTcp, ask.client, ask.client_port, at, {.addresses = config_.relay});
}

Judge::Who Judge::identify(const Ask& ask, Time at) {
  const uint32_t now = seconds_of(at);
  Who who{.source = ask.client};
  const bool auth = !ask.account.empty();
  if (!auth && is_trusted(ask.client)) {
    who.answer.rule = Rule::trusted;
    return who;
  }
  if (auth && !ask.tls && !is_loopback(ask.client)) {
    who.answer.rule = Rule::tls_needed;
    return who;
  }
  if (auth && ask.port == 25) {
    tell_of_port(ask, now);
    if (config_.refuse_auth_on_25) {
      who.answer.rule = Rule::auth_on_25;
      return who;
    }
  }
  if (auth && !held_.empty() && held_.contains(key_of_account(ask.account))) {
    who.answer.rule = Rule::held;
    return who;
  }
  if (auth && !honey_.empty() && honey_.contains(key_of_account(ask.account))) {
    who.answer.rule = Rule::held;
    ++stats_.honey;
    // Behind an address that lines share, everybody would be suspect.
    if (const fold::Inside inside = inside_of(ask, at); inside.kind != fold::Behind::not_known)
      honey_places_[next_honey_++ % honey_places_.size()] = {destination_network(inside.address), now};
    return who;
  }
  const fold::Inside inside = inside_of(ask, at);
  const bool told = inside.kind != fold::Behind::not_known;
  const bool on_net = inside.kind != fold::Behind::itself || is_on_net(ask.client);
  if (told) who.source = inside.address;
  if (on_net || !auth) {
    const auto line = lookup_(who.source);
    const bool lives = told && line && line->line && (!line->expires || line->expires.unix_seconds() > now);
    if (lives) {
      const Limits& limits = limits_of(line->class_name);
      // Without a hold of its own where port 25 is all that a case closes.
      const bool held = line->hold != model::Hold::none || line->reason == model::Reason::restriction;
      who.line = line->line.value;
      stats_.behind_nat += inside.kind == fold::Behind::line ? 1 : 0;
      add_subject(who, key_of_line(line->line.value), line->line.value, {},
                  held ? limits.part(config_.restricted_percent) : limits, now);
      add_class(who, line->class_name, limits, now);
    } else if (!auth) {
      // Without any table nobody can be told from anybody: limits fail open, and the counter says so.
      who.answer.rule = !on_net ? Rule::auth_needed : !line ? Rule::unmetered : told ? Rule::no_session : Rule::shared;
      return who;
    }
  }
  if (auth) {
    add_subject(who, key_of_account(ask.account), 0, ask.account, config_.account, now);
    who.auth_on_25 = ask.port == 25;
    if (who.line == 0) add_class(who, config_.account_class, config_.account, now);
  }
  return who;
}

Answer Judge::fits(const Subject& subject, const Charge& charge, uint32_t now) {
  const Limits& limits = subject.limits;
  Answer answer{.of_account = subject.is_account(), .of_class = subject.is_class()};
  if (limits.recipients_per_message != 0 && charge.of_message > limits.recipients_per_message) {
    answer.rule = Rule::too_many_recipients;
    answer.most = limits.recipients_per_message;
    return answer;
  }
  for (size_t w = 0; w < kWindows; ++w) {
    const auto window = static_cast<Window>(w);
    const auto over = [&](Quantity what, uint32_t more) {
      const uint32_t most = limits.most[w][static_cast<size_t>(what)];
      if (most == 0 || more == 0) return false;
      const uint64_t then = uint64_t{subject.meter->used(window, what, now)} + more;
      if (then <= most) return false;
      const bool never = more > most;  // no waiting makes it fit
      answer.rule = never ? Rule::too_large : Rule::over;
      answer.what = what;
      answer.window = window;
      answer.most = most;
      answer.again_in_s = never ? 0 : subject.meter->free_in(window, what, most - more, now);
      return true;
    };
    const bool new_domain = charge.domain != 0 && !subject.meter->knows_domain(window, charge.domain);
    if (over(Quantity::messages, charge.message ? 1 : 0) || over(Quantity::recipients, charge.recipients) ||
        over(Quantity::kilobytes, charge.kilobytes) || over(Quantity::domains, new_domain ? 1 : 0))
      return answer;
  }
  if (!charge.message || limits.invalid_percent == 0) return answer;
  const uint64_t recipients = subject.meter->used(Window::hour, Quantity::recipients, now);
  const uint64_t invalid = subject.meter->used(Window::hour, Quantity::invalid, now);
  if (recipients < kInvalidFrom || invalid * 100 <= recipients * limits.invalid_percent) return answer;
  answer.rule = Rule::over;
  answer.what = Quantity::invalid;
  answer.most = limits.invalid_percent;
  answer.again_in_s = kWindowSeconds[0];
  return answer;
}

Answer Judge::take(Who& who, const Charge& charge, uint32_t now) {
  for (size_t i = 0; i < who.count; ++i) {
    const Answer answer = fits(who.subjects[i], charge, now);
    if (!answer.refused()) continue;
    ++who.subjects[i].meter->refused;
    if (answer.rule == Rule::over) {
      uint32_t& told = who.subjects[i].meter->reached[static_cast<size_t>(answer.window)];
      const uint32_t period = now / kWindowSeconds[static_cast<size_t>(answer.window)];
      if (told != period) tell_limit(who.subjects[i], answer.what, answer.window, answer.most, 100);
      told = period;
    }
    return answer;
  }
  for (size_t i = 0; i < who.count; ++i) {
    Meter& m = *who.subjects[i].meter;
    if (charge.message) m.add(Quantity::messages, 1);
    if (charge.message && who.auth_on_25 && who.subjects[i].is_account()) ++m.auth_on_25;
    if (charge.recipients != 0) m.add(Quantity::recipients, charge.recipients);
    if (charge.kilobytes != 0 && !charge.promised) m.add(Quantity::kilobytes, charge.kilobytes);
    if (charge.domain != 0) m.add_domain(charge.domain);
    if (config_.warn_percent != 0 && (charge.message || charge.recipients != 0)) warn_of(who.subjects[i], now);
  }
  stats_.messages += charge.message ? 1 : 0;
  stats_.auth_on_25 += charge.message && who.auth_on_25 ? 1 : 0;
  stats_.recipients += charge.recipients;
  return who.answer;
}

void Judge::Who::claim(Message& m) const {
  for (size_t i = 0; i < count; ++i)
    if (!subjects[i].is_class()) (subjects[i].is_account() ? m.account : m.line) = subjects[i].meter->key;
}

void Judge::keep(uint64_t key, Message m, uint32_t now) {
  Message gone;
  Message& place = meters_.begin_message(key, now, gone);
  if (gone.key != 0 && gone.key != key) ++stats_.crowded;
  m.key = key;
  place = m;
}

// The subjects that the message's first request was counted for, with the limits they have now.
Judge::Who Judge::again(const Message& m, const Ask& ask, Time at) {
  Who who = identify(ask, at);
  for (size_t i = 0; i < who.count; ++i) {
    const uint64_t key = who.subjects[i].meter->key;
    // The line changed hands between two requests: the message stays whose it was.
    if (key != m.line && key != m.account && !who.subjects[i].is_class()) who.subjects[i].meter = nullptr;
  }
  const auto mine = std::remove_if(who.subjects.begin(), who.subjects.begin() + static_cast<ptrdiff_t>(who.count),
                                   [](const Subject& s) { return s.meter == nullptr; });
  who.count = static_cast<size_t>(mine - who.subjects.begin());
  return who;
}

Answer Judge::said(Answer answer) {
  switch (answer.rule) {
    case Rule::trusted:
      ++stats_.trusted;
      break;
    case Rule::unmetered:
      ++stats_.unmetered;
      break;
    case Rule::auth_needed:
      ++stats_.auth_needed;
      break;
    case Rule::tls_needed:
      ++stats_.tls_needed;
      break;
    case Rule::auth_on_25:
      ++stats_.auth_on_25;
      break;
    case Rule::no_session:
      ++stats_.no_session;
      break;
    case Rule::over:
    case Rule::too_many_recipients:
    case Rule::too_large:
      ++stats_.over;
      break;
    case Rule::held:
      ++stats_.held;
      break;
    case Rule::shared:
      ++stats_.shared;
      break;
    case Rule::passes:
      break;
  }
  return answer;
}

// Whoever has a held account is told nothing.
void Judge::tell_of_port(const Ask& ask, uint32_t now) {
  const uint64_t key = key_of_account(ask.account);
  if (held_.contains(key) || honey_.contains(key)) return;
  const uint32_t day = now / kWindowSeconds[static_cast<size_t>(Window::day)];
  if (std::exchange(port_day_, day) != day) told_of_port_.clear();
  if (told_of_port_.contains(key)) return;
  if (told_of_port_.size() >= kPortToldMax) {
    ++stats_.port_untold;
    return sys::log(sys::Level::warning, "relay", "RELAY_PORT_TOLD_FULL",
                    "more accounts sign in on port 25 than can be told in one day");
  }
  told_of_port_.insert(key);
  uses_.limit({.line = {},
               .account = model::account_name(ask.account),
               .what = std::string(to_string(Rule::auth_on_25)),
               .window = std::string(to_string(Window::day)),
               .most = 0,
               .percent = config_.refuse_auth_on_25 ? 100U : 0U});
}

void Judge::tell_limit(const Subject& subject, Quantity what, Window window, uint32_t most, uint32_t percent) {
  if (subject.is_class())  // nobody's in particular: for the operator
    return sys::log(
        sys::Level::warning, "relay", "RELAY_CLASS_LIMIT",
        percent >= 100 ? "a class reached its limit: nobody of it sends until it goes on" : "a class is near its limit",
        {{"class", std::string(subject.meter->text())},
         {"recipients", std::to_string(most)},
         {"window", std::string(to_string(window))}});
  uses_.limit({.line = {subject.meter->line},
               .account = model::account_name(subject.meter->text()),
               .what = std::string(to_string(what)),
               .window = std::string(to_string(window)),
               .most = most,
               .percent = percent});
}

// Once in each period of a window: so much of a limit is used that the owner should know before it is reached.
void Judge::warn_of(const Subject& subject, uint32_t now) {
  Meter& m = *subject.meter;
  for (size_t w = 0; w < kWindows; ++w) {
    const uint32_t period = now / kWindowSeconds[w];
    if (m.warned[w] == period) continue;
    for (const Quantity q : {Quantity::messages, Quantity::recipients}) {
      const uint64_t most = subject.limits.most[w][static_cast<size_t>(q)];
      if (most < kWarnLeast) continue;
      if (uint64_t{m.used(static_cast<Window>(w), q, now)} * 100 < most * config_.warn_percent) continue;
      tell_limit(subject, q, static_cast<Window>(w), static_cast<uint32_t>(most), config_.warn_percent);
      m.warned[w] = period;
      break;
    }
  }
}

bool Judge::is_honey_place(const IpAddress& client, uint32_t now) const {
  return std::ranges::any_of(honey_places_, [&](const HoneyPlace& p) {
    return p.at != 0 && p.at + kHoneySeconds > now && p.network.contains(client);
  });
}

void Judge::note_use(const Ask& ask, const Who& who, uint32_t recipients, uint32_t now) {
  if (ask.account.empty()) return;
  const uint64_t key = key_of_account(ask.account);
  model::AccountUse* const use = uses_.of(key, ask.account, who.source);
  if (use == nullptr) return;
  use->line = {who.line};
  use->recipients += recipients;
  if (next_honey_ != 0) use->honey = use->honey || is_honey_place(who.source, now);
  const Meter* const meter = meters_.find(key);
  if (meter == nullptr || ask.recipient.empty()) return;
  use->new_recipients += meters_.recipients_of(*meter).is_new(meters_.hash_lower(ask.recipient), now) ? 1 : 0;
}

void Judge::note_refusal(const Ask& ask, const Who& who, const Answer& answer) {
  if (ask.account.empty() || honey_.contains(key_of_account(ask.account))) return;
  if ((answer.rule != Rule::over || answer.of_class) && answer.rule != Rule::tls_needed) return;
  model::AccountUse* const use = uses_.of(key_of_account(ask.account), ask.account, who.source);
  if (use == nullptr) return;
  use->refused += answer.rule == Rule::over ? 1 : 0;
  use->in_the_clear = use->in_the_clear || answer.rule == Rule::tls_needed;
}

void Judge::final_word(std::string_view account, std::string_view recipient, bool delivered, Time at) {
  const uint32_t now = seconds_of(at);
  const uint64_t key = key_of_account(account);
  const Meter* const meter = meters_.find(key);
  if (meter == nullptr || !meters_.recipients_of(*meter).take_fresh(meters_.hash_lower(recipient), now)) return;
  if (model::AccountUse* const use = uses_.of(key, account, {})) ++(delivered ? use->delivered : use->failed);
}

void Judge::login_failed(std::string_view account, uint32_t attempts) {
  const uint64_t key = key_of_account(account);
  if (meters_.find(key) == nullptr) return;
  if (model::AccountUse* const use = uses_.of(key, account, {})) use->login_failures += std::min(attempts, 1'000U);
}

Answer Judge::recipient(const Ask& ask, Time at) {
  const uint32_t now = seconds_of(at);
  const uint64_t key = meters_.hash(ask.message);
  if (Message* const known = ask.message.empty() ? nullptr : meters_.message(key, now))
    return recipient(ask, *known, at);
  Message fresh;
  const Answer answer = recipient(ask, fresh, at);
  if (fresh.asked != 0 && !ask.message.empty()) keep(key, fresh, now);
  return answer;
}

Answer Judge::recipient(const Ask& ask, Message& message, Time at) {
  const uint32_t now = seconds_of(at);
  const bool first = message.asked == 0;
  Who who = first ? identify(ask, at) : again(message, ask, at);
  if (who.answer.refused() || who.count == 0) {
    note_refusal(ask, who, who.answer);
    return said(who.answer);
  }
  const std::string_view domain = domain_of(ask.recipient);
  const Charge charge{.message = first,
                      .recipients = 1,
                      .kilobytes = first ? kilobytes_of(ask.size) : 0,
                      .of_message = message.asked + 1,
                      .domain = domain.empty() ? 0 : meters_.hash_lower(domain),
                      .promised = true};
  const Answer answer = take(who, charge, now);
  if (answer.refused()) {
    note_refusal(ask, who, answer);
    return said(answer);
  }
  note_use(ask, who, 1, now);
  if (first) who.claim(message);
  ++message.asked;
  message.at = now;
  return said(answer);
}

Answer Judge::missed(const Ask& ask, bool with_size, Time at) {
  const uint32_t now = seconds_of(at);
  Who who = identify(ask, at);
  if (who.answer.refused() || who.count == 0) return said(who.answer);
  const uint32_t recipients = std::max<uint32_t>(ask.recipients, 1);
  const Charge charge{.message = true,
                      .recipients = recipients,
                      .kilobytes = kilobytes_of(ask.size),
                      .of_message = recipients,
                      .promised = !with_size};
  const Answer answer = take(who, charge, now);
  if (answer.refused()) return said(answer);
  note_use(ask, who, recipients, now);
  if (!with_size && !ask.message.empty()) {
    Message m{.at = now, .asked = recipients, .data_seen = ask.recipients != 0};
    who.claim(m);
    keep(meters_.hash(ask.message), m, now);
  }
  return said(answer);
}

void Judge::settle_at(Message& m, uint32_t accepted, uint32_t now) {
  m.data_seen = true;
  m.at = now;
  if (accepted >= m.asked) return;
  const uint32_t invalid = m.asked - accepted;
  stats_.invalid += invalid;
  for (const uint64_t key : {m.line, m.account}) {
    Meter* const meter = key == 0 ? nullptr : meters_.find(key);
    if (meter == nullptr) continue;
    meter->roll(now);
    meter->add(Quantity::invalid, invalid);
  }
}

void Judge::settle(Message& message, uint32_t accepted, Time at) { settle_at(message, accepted, seconds_of(at)); }

Answer Judge::data(const Ask& ask, Time at) {
  const uint32_t now = seconds_of(at);
  Message* const known = ask.message.empty() ? nullptr : meters_.message(meters_.hash(ask.message), now);
  if (known == nullptr) return missed(ask, false, at);
  settle_at(*known, ask.recipients, now);
  return {};
}

Answer Judge::end(const Ask& ask, Time at) {
  const uint32_t now = seconds_of(at);
  Message* const known = ask.message.empty() ? nullptr : meters_.message(meters_.hash(ask.message), now);
  return known == nullptr ? missed(ask, true, at) : end(ask, *known, at);
}

Answer Judge::end(const Ask& ask, Message& message, Time at) {
  const uint32_t now = seconds_of(at);
  if (!message.data_seen) settle_at(message, ask.recipients, now);
  Who who = again(message, ask, at);
  message = Message{};
  // What an account began before it was held would stand in the queue after the hook looked there.
  if (who.answer.rule == Rule::held) return said(who.answer);
  if (who.answer.refused()) who.answer = {};  // it was let begin: what changed since holds for the next
  return said(take(who, {.kilobytes = kilobytes_of(ask.size)}, now));
}

void Judge::sweep(Time at) {
  const uint32_t now = seconds_of(at);
  meters_.sweep(now, kUnfinishedSeconds, [&](Message& m) {
    if (!m.data_seen) settle_at(m, 0, now);
  });
}

}  // namespace postern::edge::relay
