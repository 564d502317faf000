// SPDX-License-Identifier: Apache-2.0
#include "rehearse/accounts/accounts.h"

#include <array>
#include <cmath>
#include <fmt/format.h>

namespace postern::rehearse {
namespace {

constexpr uint16_t code(char a, char b) { return static_cast<uint16_t>(a << 8 | b); }
constexpr uint16_t kHome = code('D', 'E');
constexpr uint32_t kHomeAs = 64'500;
constexpr uint32_t kMobileAs = 64'501;

struct Country {
  uint16_t code;
  double latitude;
  double longitude;
};
constexpr std::array kCountries{
    Country{code('D', 'E'), 51, 10},   Country{code('A', 'T'), 47, 14},  Country{code('F', 'R'), 47, 2},
    Country{code('E', 'S'), 40, -4},   Country{code('I', 'T'), 43, 12},  Country{code('G', 'B'), 53, -1},
    Country{code('T', 'R'), 39, 35},   Country{code('U', 'S'), 39, -98}, Country{code('B', 'R'), -10, -53},
    Country{code('N', 'G'), 9, 8},     Country{code('I', 'N'), 22, 79},  Country{code('V', 'N'), 16, 107},
    Country{code('T', 'H'), 15, 101},  Country{code('R', 'U'), 56, 38},  Country{code('I', 'D'), -2, 118},
    Country{code('M', 'X'), 23, -102}, Country{code('Z', 'A'), -29, 25}, Country{code('P', 'L'), 52, 19},
};

double hour_of(Time at) { return static_cast<double>(at.unix_seconds() % 86'400) / 3'600; }
bool is_night(Time at) { return hour_of(at) < 6 || hour_of(at) > 22; }

// Heavy towards the front: a person writes to few people often.
uint64_t known(uint32_t account, uint32_t book, Chance& chance) {
  const double u = chance.share();
  return mark_of(account, 1'000 + static_cast<uint64_t>(u * u * u * book));
}

}  // namespace

model::Place place_of(uint16_t country, uint32_t as_number) {
  for (const Country& c : kCountries) {
    if (c.code != country) continue;
    const double latitude = c.latitude * M_PI / 180;
    const double longitude = c.longitude * M_PI / 180;
    const auto km = [](double share) { return static_cast<int16_t>(std::lround(6'371 * share)); };
    return {as_number,
            country,
            {km(std::cos(latitude) * std::cos(longitude)), km(std::cos(latitude) * std::sin(longitude)),
             km(std::sin(latitude))}};
  }
  return {as_number, country, {}};
}

std::string Accounts::name_of(uint32_t account) { return fmt::format("user{}@isp.example", account); }

Accounts::Accounts(AccountsConfig config)
    : config_(config), end_(config.begin + config.length), owners_(config.accounts) {
  for (uint32_t i = 0; i < config.accounts; ++i) settle(i);
  draw_thieves();
}

void Accounts::settle(uint32_t account) {
  Owner& o = owners_[account];
  Chance chance{mark_of(config_.seed, account)};
  const double kind = chance.share();
  o.kind = kind < .82   ? AccountKind::plain
           : kind < .92 ? AccountKind::business
           : kind < .94 ? AccountKind::newsletter
           : kind < .97 ? AccountKind::forwarding
                        : AccountKind::device;
  const bool person = o.kind == AccountKind::plain || o.kind == AccountKind::business;
  o.travels = person && chance.happens(.12);
  o.vpn = person && chance.happens(.06);
  o.family = o.kind == AccountKind::plain && chance.happens(.05);
  switch (o.kind) {
    case AccountKind::plain:
      o.per_day = std::fmin(chance.spread(2, 3), 40);
      o.book = static_cast<uint32_t>(std::fmin(chance.spread(50, 2.5), 400)) + 3;
      break;
    case AccountKind::business:
      o.per_day = std::fmin(chance.spread(20, 2), 120);
      o.book = static_cast<uint32_t>(std::fmin(chance.spread(200, 2), 1'500)) + 10;
      o.new_share = .15;
      break;
    case AccountKind::newsletter:
      o.per_day = 2;
      o.book = static_cast<uint32_t>(std::fmin(chance.spread(400, 2.5), 5'000)) + 30;
      o.failing = .02 + .06 * chance.share();  // a list decays
      break;
    case AccountKind::forwarding:
      o.per_day = std::fmin(chance.spread(15, 2.5), 150);
      o.book = 1;
      o.new_share = 0;
      o.failing = .02 + .18 * chance.share();  // what it forwards is spam as often
      break;
    case AccountKind::device:
      o.per_day = std::fmin(chance.spread(5, 3), 100);
      o.book = 3;
      o.new_share = 0;
      o.failing = 0;
      break;
  }
  // Before the month that is looked at they wrote mail too.
  const auto begin_s = static_cast<uint32_t>(config_.begin.unix_seconds());
  for (uint32_t i = 0; i < o.book; ++i)
    if (o.kind == AccountKind::newsletter || chance.happens(.8))
      (void)o.memory.is_new(mark_of(account, 1'000 + i), begin_s);
  tasks_.push({config_.begin + chance.wait({static_cast<int64_t>(static_cast<double>(days(1).us) / o.per_day)}), chance,
               account, 0, 0, Duty::wake});
  if (o.kind == AccountKind::newsletter || (o.kind != AccountKind::device && chance.happens(.3)))
    tasks_.push({config_.begin + chance.within(days(30)), Chance{mark_of(chance.state, 7)}, account, 0, 0, Duty::run});
}

void Accounts::draw_thieves() {
  Chance chance{mark_of(config_.seed, 0xbad)};
  for (uint32_t i = 0; i < config_.thieves && config_.accounts > 0; ++i) {
    Thief t;
    t.account = static_cast<uint32_t>(chance.below(config_.accounts));
    const double kind = chance.share();
    t.kind = kind < .75 ? ThiefKind::remote : kind < .87 ? ThiefKind::neighbour : ThiefKind::on_host;
    t.begin = config_.begin + days(1) + chance.within(config_.length - days(4));
    t.recipients_per_min = std::fmin(std::fmax(chance.spread(20, 4), .3), 400);
    t.failing = std::fmin(std::fmax(chance.spread(.22, 1.8), .03), .7);
    t.places = t.kind == ThiefKind::remote && chance.happens(.5) ? 2 + static_cast<uint32_t>(chance.below(28)) : 1;
    t.guesses = t.kind == ThiefKind::remote && chance.happens(.25) ? 5 + static_cast<uint32_t>(chance.below(200)) : 0;
    t.per_message = 1 + static_cast<uint32_t>(chance.below(20));
    thieves_.push_back(t);
    tasks_.push({t.begin, Chance{mark_of(chance.next(), i)}, i, t.recipients, 0, Duty::steal});
  }
}

Accounts::Where Accounts::where(uint32_t account, Chance& chance, Time at) {
  Owner& o = owners_[account];
  const auto home = [&] {
    return Where{IpAddress::v4(0x0a000000U + account), line_of(account), place_of(kHome, kHomeAs)};
  };
  const auto elsewhere = [&](uint16_t country, uint32_t as) {
    return Where{IpAddress::v4(0x2d000000U + (as % 4'096) * 4'096 + static_cast<uint32_t>(chance.below(4'096))),
                 {},
                 place_of(country, as)};
  };
  if (o.kind == AccountKind::device || o.kind == AccountKind::forwarding) return home();
  const auto country = [&] { return kCountries[1 + chance.below(kCountries.size() - 1)].code; };
  // Another exit every now and then, and again while it sends.
  if (o.vpn && chance.happens(.5)) {
    const uint32_t exit = 65'000 + static_cast<uint32_t>(chance.below(8));
    return elsewhere(kCountries[mark_of(account / 50, exit) % kCountries.size()].code, exit);
  }
  if (o.travels && at > o.away_until && chance.happens(.004)) {
    o.away_until = at + days(2 + static_cast<int64_t>(chance.below(13)));
    o.country = country();
  }
  if (at < o.away_until) {
    // The hotel, roaming, a cafe; through an airport now and then.
    if (chance.happens(.03)) return elsewhere(country(), 66'000 + static_cast<uint32_t>(chance.below(500)));
    return elsewhere(o.country, 67'000 + o.country % 97 * 8 + static_cast<uint32_t>(chance.below(4)));
  }
  if (o.family && chance.happens(.15))
    return {IpAddress::v4(0x0a800000U + account), {100'000'000 + account}, place_of(kHome, kHomeAs)};
  // A friend's network, once.
  if (chance.happens(.002))
    return {IpAddress::v4(0x0ac00000U + static_cast<uint32_t>(chance.below(1U << 20))),
            {200'000'000 + static_cast<uint32_t>(chance.below(1U << 20))},
            place_of(kHome, kHomeAs)};
  if (chance.happens(.35)) return elsewhere(kHome, kMobileAs);
  if (o.kind == AccountKind::business && chance.happens(.1)) return elsewhere(kHome, 64'510 + account % 40);
  return home();
}

Accounts::Where Accounts::where(const Thief& thief, uint32_t which, uint32_t turn) const {
  const uint64_t mark = mark_of(config_.seed ^ 0x7e1f, uint64_t{which} << 32 | turn % thief.places);
  if (thief.kind == ThiefKind::on_host)
    return {IpAddress::v4(0x0a000000U + thief.account), line_of(thief.account), place_of(kHome, kHomeAs)};
  if (thief.kind == ThiefKind::neighbour)
    return {IpAddress::v4(0x0ae00000U + static_cast<uint32_t>(mark % 65'536)),
            {300'000'000 + static_cast<uint32_t>(mark % 65'536)},
            place_of(kHome, kHomeAs)};
  return {IpAddress::v4(0x50000000U + static_cast<uint32_t>(mark % (1U << 24))),
          {},
          place_of(kCountries[mark / 7 % kCountries.size()].code, 70'000 + static_cast<uint32_t>(mark % 3'000))};
}

void Accounts::send(uint32_t account, const Where& from, const std::vector<uint64_t>& recipients, double failing,
                    Time at, Chance& chance, const Task* thief) {
  AccountEvent event{.at = at,
                     .account = account,
                     .thief = thief != nullptr,
                     .which = thief != nullptr ? thief->of : 0,
                     .what = {.account = name_of(account),
                              .source = from.source,
                              .line = from.line,
                              .place = from.place,
                              .recipients = static_cast<uint32_t>(recipients.size())}};
  const auto now_s = static_cast<uint32_t>(at.unix_seconds());
  AccountEvent last = event;
  last.what = {.account = name_of(account)};
  // Of a list the same addresses are dead each time; what else fails does so by chance.
  const bool listed = thief == nullptr && owners_[account].kind == AccountKind::newsletter;
  for (const uint64_t r : recipients) {
    fold::Recipients& memory = owners_[account].memory;
    event.what.new_recipients += memory.is_new(r, now_s) ? 1 : 0;
    const bool failed = listed ? share_of(mark_of(r, 5)) < failing : chance.happens(failing);
    last.delivered += failed ? 0 : 1;
    if (memory.take_fresh(r, now_s)) ++(failed ? last.what.failed : last.what.delivered);
  }
  emit(event);
  // Most servers answer within seconds; some put the sender off for some minutes.
  last.at = at + seconds(2) + chance.wait(chance.happens(.1) ? minutes(7) : seconds(6));
  emit(std::move(last));
}

void Accounts::wake(Task task) {
  Owner& o = owners_[task.of];
  Chance& chance = task.chance;
  const bool person = o.kind != AccountKind::device && o.kind != AccountKind::forwarding;
  if (!person || !is_night(task.at) || chance.happens(.1)) {
    const uint32_t n = person && chance.happens(.15) ? chance.count(4) : 1;
    std::vector<uint64_t> recipients;
    for (uint32_t i = 0; i < n; ++i)
      recipients.push_back(chance.happens(o.new_share) ? mark_of(task.of, 1'000 + o.book++)
                                                       : known(task.of, o.book, chance));
    send(task.of, where(task.of, chance, task.at), recipients, o.failing, task.at, chance, nullptr);
    // The phone tells Dovecot another password for a while after a change.
    if (chance.happens(.0005)) {
      AccountEvent wrong{.at = task.at + minutes(1), .account = task.of, .what = {.account = name_of(task.of)}};
      wrong.what.login_failures = 1 + static_cast<uint32_t>(chance.below(40));
      emit(std::move(wrong));
    }
  }
  again(task, chance.wait({static_cast<int64_t>(static_cast<double>(days(1).us) / o.per_day)}));
}

// Newsletters, and what people send to many: invitations, a new address, Christmas.
void Accounts::run(Task task) {
  Owner& o = owners_[task.of];
  Chance& chance = task.chance;
  const bool newsletter = o.kind == AccountKind::newsletter;
  if (task.left == 0) {
    task.left = newsletter ? o.book : 8 + chance.count(15);
    task.turn = 0;
    if (newsletter) o.book += o.book / 50;
  }
  std::vector<uint64_t> recipients;
  const uint32_t n = std::min<uint32_t>(task.left, newsletter ? 1 + task.turn % 3 : 20);
  for (uint32_t i = 0; i < n; ++i) {
    const uint64_t next = task.turn++;
    recipients.push_back(newsletter            ? mark_of(task.of, 1'000 + next)
                         : chance.happens(.25) ? mark_of(task.of, 1'000 + o.book++)
                                               : known(task.of, o.book, chance));
  }
  const double failing = newsletter ? o.failing : .04;  // addresses of long ago
  send(task.of, where(task.of, chance, task.at), recipients, failing, task.at, chance, nullptr);
  task.left -= n;
  if (task.left > 0) return again(task, newsletter ? chance.wait(seconds(12)) : chance.wait(minutes(3)));
  again(task, newsletter ? days(7) + chance.within(days(14)) : days(20) + chance.within(days(60)));
}

void Accounts::steal(Task task) {
  const Thief& t = thieves_[task.of];
  Chance& chance = task.chance;
  if (task.left == t.recipients && t.guesses > 0 && task.turn == 0) {
    AccountEvent guess{.at = task.at - minutes(5),
                       .account = t.account,
                       .thief = true,
                       .which = task.of,
                       .what = {.account = name_of(t.account)}};
    guess.what.login_failures = t.guesses;
    emit(std::move(guess));
  }
  const uint32_t n = std::min(task.left, chance.count(t.per_message));
  std::vector<uint64_t> recipients;
  for (uint32_t i = 0; i < n; ++i) recipients.push_back(chance.next());
  send(t.account, where(t, task.of, task.turn++), recipients, t.failing, task.at, chance, &task);
  task.left -= n;
  if (task.left > 0) again(task, chance.wait({static_cast<int64_t>(60e6 * n / t.recipients_per_min)}));
}

void Accounts::again(Task task, Duration in) {
  task.at = task.at + in;
  if (task.at < end_) tasks_.push(task);
}

void Accounts::emit(AccountEvent event) { out_.push(std::move(event)); }

void Accounts::act(Task task) {
  if (task.duty == Duty::wake) return wake(task);
  if (task.duty == Duty::run) return run(task);
  steal(task);
}

bool Accounts::next(AccountEvent& out) {
  // A task may emit a few minutes back (the guesses before a theft): what is that old is not given out before.
  while (!tasks_.empty() && (out_.empty() || tasks_.top().at - minutes(5) <= out_.top().at)) {
    const Task task = tasks_.top();
    tasks_.pop();
    act(task);
  }
  if (out_.empty()) return false;
  out = out_.top();
  out_.pop();
  return true;
}

}  // namespace postern::rehearse
