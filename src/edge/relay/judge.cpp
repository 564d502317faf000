// SPDX-License-Identifier: Apache-2.0
#include "edge/relay/judge.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

#include "base/networks.h"
#include "sys/log.h"

namespace postern::edge::relay {
namespace {

constexpr uint32_t kUnfinishedSeconds = 600;  // recipients without a message after that: probing
constexpr uint64_t kWarnLeast = 10;           // nobody is warned of a limit smaller than that
constexpr uint32_t kHoneySeconds = 7 * 86'400;

uint32_t seconds_of(Time t) { return static_cast<uint32_t>(t.unix_seconds()); }

uint32_t kilobytes_of(uint64_t octets) {
  return static_cast<uint32_t>(std::min<uint64_t>((octets + 1'023) / 1'024, UINT32_MAX));
}

std::string_view domain_of(std::string_view recipient) {
  const size_t at = recipient.rfind('@');
  return at == std::string_view::npos ? std::string_view() : recipient.substr(at + 1);
}

std::string_view words_of(Quantity q) {
  switch (q) {
    case Quantity::messages:
      return "messages";
    case Quantity::recipients:
      return "recipients";
    case Quantity::kilobytes:
      return "kB of mail";
    case Quantity::invalid:
      return "% of recipients that do not exist";
    case Quantity::domains:
      return "domains of recipients";
  }
  return {};
}

}  // namespace

Limits Limits::part(uint32_t percent) const {
  Limits out = *this;
  const auto cut = [&](uint32_t& n) {
    if (n != 0) n = std::max<uint32_t>(static_cast<uint32_t>(uint64_t{n} * percent / 100), 1);
  };
  for (auto& window : out.most)
    for (uint32_t& n : window) cut(n);
  cut(out.recipients_per_message);
  return out;
}

uint64_t Judge::key_of_line(uint32_t line) const {
  std::array<char, 5> text{'l'};
  std::memcpy(text.data() + 1, &line, sizeof line);
  return meters_.hash({text.data(), text.size()});
}

uint64_t Judge::key_of_account(std::string_view account) const { return meters_.hash_lower(account); }

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
  who.subjects[who.count++] = {meter, limits, line == 0};
}

Judge::Judge(Config config, Meters& meters, Lookup lookup)
    : config_(std::move(config)), meters_(meters), lookup_(std::move(lookup)) {
  for (const std::string& name : config_.honey_accounts) honey_.insert(key_of_account(name));
}

void Judge::hold(const std::vector<std::string>& accounts) {
  held_.clear();
  for (const std::string& name : accounts) held_.insert(key_of_account(name));
}

Judge::Who Judge::identify(const Ask& ask, uint32_t now) {
  Who who;
  const bool auth = !ask.account.empty();
  if (!auth && is_trusted(ask.client)) {
    who.answer.rule = Rule::trusted;
    return who;
  }
  if (auth && !ask.tls && !is_loopback(ask.client)) {
    who.answer.rule = Rule::tls_needed;
    return who;
  }
  if (auth && ask.port == 25 && config_.refuse_auth_on_25) {
    who.answer.rule = Rule::auth_on_25;
    return who;
  }
  if (auth && !held_.empty() && held_.contains(key_of_account(ask.account))) {
    who.answer.rule = Rule::held;
    return who;
  }
  if (auth && !honey_.empty() && honey_.contains(key_of_account(ask.account))) {
    who.answer.rule = Rule::held;
    ++stats_.honey;
    honey_places_[next_honey_++ % honey_places_.size()] = {destination_network(ask.client), now};
    return who;
  }
  const bool on_net = is_on_net(ask.client);
  if (on_net || !auth) {
    const auto line = lookup_(ask.client);
    const bool lives = line && line->line && (!line->expires || line->expires.unix_seconds() > now);
    if (lives) {
      const Limits& limits = limits_of(line->class_name);
      const bool held = line->hold != model::Hold::none;
      who.line = line->line.value;
      add_subject(who, key_of_line(line->line.value), line->line.value, {},
                  held ? limits.part(config_.restricted_percent) : limits, now);
    } else if (!auth) {
      // Without any table nobody can be told from anybody: limits fail open, and the counter says so.
      who.answer.rule = !on_net ? Rule::auth_needed : !line ? Rule::unmetered : Rule::no_session;
      return who;
    }
  }
  if (auth) {
    add_subject(who, key_of_account(ask.account), 0, ask.account, config_.account, now);
    who.auth_on_25 = ask.port == 25;
  }
  return who;
}

Answer Judge::fits(const Subject& subject, const Charge& charge, uint32_t now) {
  const Limits& limits = subject.limits;
  Answer answer{.of_account = subject.is_account};
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
    if (charge.message && who.auth_on_25 && who.subjects[i].is_account) ++m.auth_on_25;
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

void Judge::begin(const Ask& ask, uint64_t key, const Who& who, uint32_t recipients, uint32_t now) {
  Message gone;
  Message& m = meters_.begin_message(key, now, gone);
  if (gone.key != 0 && gone.key != key) ++stats_.crowded;
  for (size_t i = 0; i < who.count; ++i) (who.subjects[i].is_account ? m.account : m.line) = who.subjects[i].meter->key;
  m.asked = recipients;
  m.data_seen = ask.recipients != 0;
}

// The subjects that the message's first request was counted for, with the limits they have now.
Judge::Who Judge::again(const Message& m, const Ask& ask, uint32_t now) {
  Who who = identify(ask, now);
  for (size_t i = 0; i < who.count; ++i) {
    const uint64_t key = who.subjects[i].meter->key;
    // The line changed hands between two requests: the message stays whose it was.
    if (key != m.line && key != m.account) who.subjects[i].meter = nullptr;
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
    case Rule::passes:
      break;
  }
  return answer;
}

void Judge::tell_limit(const Subject& subject, Quantity what, Window window, uint32_t most, uint32_t percent) {
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
  model::AccountUse* const use = uses_.of(key, ask.account, ask.client);
  if (use == nullptr) return;
  use->line = {who.line};
  use->recipients += recipients;
  if (next_honey_ != 0) use->honey = use->honey || is_honey_place(ask.client, now);
  const Meter* const meter = meters_.find(key);
  if (meter == nullptr || ask.recipient.empty()) return;
  use->new_recipients += meters_.recipients_of(*meter).is_new(meters_.hash_lower(ask.recipient), now) ? 1 : 0;
}

void Judge::note_refusal(const Ask& ask, const Answer& answer) {
  if (ask.account.empty() || honey_.contains(key_of_account(ask.account))) return;
  if (answer.rule != Rule::over && answer.rule != Rule::tls_needed) return;
  model::AccountUse* const use = uses_.of(key_of_account(ask.account), ask.account, ask.client);
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
  Message* const known = ask.message.empty() ? nullptr : meters_.message(key, now);
  Who who = known != nullptr ? again(*known, ask, now) : identify(ask, now);
  if (who.answer.refused() || who.count == 0) {
    note_refusal(ask, who.answer);
    return said(who.answer);
  }
  const std::string_view domain = domain_of(ask.recipient);
  const Charge charge{.message = known == nullptr,
                      .recipients = 1,
                      .kilobytes = known == nullptr ? kilobytes_of(ask.size) : 0,
                      .of_message = known == nullptr ? 1 : known->asked + 1,
                      .domain = domain.empty() ? 0 : meters_.hash_lower(domain),
                      .promised = true};
  const Answer answer = take(who, charge, now);
  if (answer.refused()) {
    note_refusal(ask, answer);
    return said(answer);
  }
  note_use(ask, who, 1, now);
  if (known != nullptr) {
    ++known->asked;
    known->at = now;
  } else if (!ask.message.empty()) {
    begin(ask, key, who, 1, now);
  }
  return said(answer);
}

Answer Judge::missed(const Ask& ask, bool with_size, uint32_t now) {
  Who who = identify(ask, now);
  if (who.answer.refused() || who.count == 0) return said(who.answer);
  const uint32_t recipients = std::max<uint32_t>(ask.recipients, 1);
  const Charge charge{.message = true,
                      .recipients = recipients,
                      .kilobytes = kilobytes_of(ask.size),
                      .of_message = recipients,
                      .promised = !with_size};
  const Answer answer = take(who, charge, now);
  if (!answer.refused()) note_use(ask, who, recipients, now);
  if (!answer.refused() && !with_size && !ask.message.empty())
    begin(ask, meters_.hash(ask.message), who, recipients, now);
  return said(answer);
}

void Judge::settle(Message& m, uint32_t accepted, uint32_t now) {
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

Answer Judge::data(const Ask& ask, Time at) {
  const uint32_t now = seconds_of(at);
  Message* const known = ask.message.empty() ? nullptr : meters_.message(meters_.hash(ask.message), now);
  if (known == nullptr) return missed(ask, false, now);
  settle(*known, ask.recipients, now);
  return {};
}

Answer Judge::end(const Ask& ask, Time at) {
  const uint32_t now = seconds_of(at);
  Message* const known = ask.message.empty() ? nullptr : meters_.message(meters_.hash(ask.message), now);
  if (known == nullptr) return missed(ask, true, now);
  if (!known->data_seen) settle(*known, ask.recipients, now);
  Who who = again(*known, ask, now);
  meters_.end_message(*known);
  if (who.answer.refused()) who.answer = {};  // it was let begin: what changed since holds for the next
  return said(take(who, {.kilobytes = kilobytes_of(ask.size)}, now));
}

void Judge::sweep(Time at) {
  const uint32_t now = seconds_of(at);
  meters_.sweep(now, kUnfinishedSeconds, [&](Message& m) {
    if (!m.data_seen) settle(m, 0, now);
  });
}

Reply Judge::reply(const Answer& a, Time now) const {
  const std::string_view whose = a.of_account ? "account" : "line";
  const auto text = [&](const std::string& said) {
    return fmt::format("{}: {} {}", config_.provider, said, config_.url);
  };
  switch (a.rule) {
    case Rule::auth_needed:
      return {530, "5.7.0", text("Authentication required: sign in with your mail account on port 587 or 465.")};
    case Rule::tls_needed:
      return {
          538, "5.7.11",
          text("Encryption required: switch on SSL/TLS in your mail program and change your password, it was sent in "
               "the clear.")};
    case Rule::auth_on_25:
      return {550, "5.7.1",
              text(fmt::format("Signing in on port 25 has ended: set your mail program to {}, port 587 "
                               "(STARTTLS) or 465.",
                               config_.relay_host))};
    case Rule::no_session:
      return {450, "4.7.1",
              text("Your address belongs to no line that is online now: sign in on port 587, or try later.")};
    case Rule::too_many_recipients:
      return {452, "4.5.3", text(fmt::format("Not more than {} recipients in one message.", a.most))};
    case Rule::too_large:
      return {552, "5.3.4",
              text(fmt::format("Larger than the {} kB that your {} may send within one {}.", a.most, whose,
                               to_string(a.window)))};
    case Rule::held:
      return {450, "4.7.1",
              text("Your account is on hold: its password seems to be in other hands. Nothing is lost, your mail waits "
                   "where it is. Choose a new password, or call us.")};
    case Rule::over: {
      const std::string again = to_string(Time{(now + seconds(a.again_in_s)).unix_seconds() * 1'000'000});
      return {450, "4.7.1",
              text(fmt::format("Your {} reached its limit of {} {} within one {}: try again after {}.", whose, a.most,
                               words_of(a.what), to_string(a.window), again))};
    }
    default:
      return {};
  }
}

}  // namespace postern::edge::relay
