// SPDX-License-Identifier: Apache-2.0
// What each kind of line does. Figures and where they come from: README.md.
#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "rehearse/population/population.h"

namespace postern::rehearse {
namespace {

// What a mark is of, beyond those of population.cpp.
enum What : uint64_t { kFirstWake = 8, kPace, kAccounts, kDevice, kStaff, kTargets, kSwarm, kAccountAt = 32 };

constexpr uint16_t kA = 1;
constexpr uint16_t kMx = 15;
constexpr uint16_t kSmtp = 25;
constexpr uint16_t kSmtps = 465;
constexpr uint16_t kSubmission = 587;
constexpr uint16_t kSmb = 445;

constexpr Duration kConnectTimeout = seconds(30);  // of Postfix and others: smtp_connect_timeout
constexpr Duration kRetryFirst = minutes(5);
constexpr Duration kRetryMost = seconds(4'000);
constexpr uint8_t kTriesMost = 30;
constexpr uint32_t kAccountsMost = 8;
constexpr Duration kWakesAtBusiest = hours(5);  // of a household: a mail is sent, or a program starts
constexpr Duration kSetUpEvery = days(200);

// Shares of the busiest hour, by hour of the day: homes in the evening, offices in working hours, servers always.
constexpr std::array<uint8_t, 24> kHomeHours{15, 8,  5,  4,  4,  8,  22, 42, 55,  60, 62, 60,
                                             58, 56, 55, 58, 65, 75, 86, 96, 100, 95, 70, 38};
constexpr std::array<uint8_t, 24> kOfficeHours{2,  1,  1,  1,  2,  4,  12, 40, 85, 100, 98, 90,
                                               62, 82, 95, 92, 80, 50, 22, 12, 8,  6,   4,  3};
constexpr std::array<uint8_t, 24> kServerHours{55, 48, 45, 44, 45, 50, 60, 75, 92, 100, 98, 95,
                                               88, 92, 95, 94, 90, 84, 78, 76, 74, 72,  68, 60};

bool is_server(LineKind k) {
  return k == LineKind::mail_server || k == LineKind::newsletter || k == LineKind::shared_hosting;
}

}  // namespace

double Population::busy(uint32_t line, Time at) const {
  const auto hour = static_cast<size_t>(at.unix_seconds() / 3600 % 24);
  const int64_t day = (at.unix_seconds() / 86'400 + 4) % 7;  // 0 = Sunday
  const LineKind kind = kind_of(line);
  if (is_server(kind)) return kServerHours[hour] / 100.0;
  if (class_of(line) != "residential") return kOfficeHours[hour] / 100.0 * (day == 0 || day == 6 ? .1 : 1);
  return kHomeHours[hour] / 100.0;
}

// A server's pace is its own for good: most send a few a day, some thousands.
Duration Population::message_every(uint32_t line) const {
  Chance own{mark(line, kPace)};
  const LineKind kind = kind_of(line);
  const double a_day = kind == LineKind::self_hoster      ? own.spread(8, 2.2)
                       : kind == LineKind::shared_hosting ? own.spread(900, 2.5)
                       : kind == LineKind::newsletter     ? own.spread(60, 2)
                                                          : own.spread(150, 3);
  return {static_cast<int64_t>(86'400e6 / std::clamp(a_day, 1.0, 20'000.0))};
}

uint32_t Population::accounts(uint32_t line) const {
  Chance own{mark(line, kAccounts)};
  if (kind_of(line) == LineKind::many_accounts) return 3 + static_cast<uint32_t>(own.below(kAccountsMost - 2));
  return std::min(own.count(1.6), 3U);
}

Population::Account Population::account(uint32_t line, uint32_t n, Chance& chance) const {
  Chance own{mark(line, kAccountAt + n)};
  Account a;
  a.port = own.happens(.6) ? kSubmission : kSmtps;
  if (own.happens(.85)) {
    const auto provider = static_cast<uint32_t>(std::min(own.below(World::kProviders), own.below(World::kProviders)));
    a.server = world_.provider_submission(provider, chance.next());
    a.name = fmt::format("smtp.provider{}.example", provider);
  } else {
    const auto hoster = static_cast<uint32_t>(own.below(World::kHosters));
    a.server = world_.hoster_submission(hoster);
    a.name = fmt::format("smtp.hoster{}.example", hoster);
    if (own.happens(.05)) a.port = kSmtp;  // as it was set up in another century
  }
  return a;
}

// Once per line, at the beginning: what will come by itself.
void Population::settle(uint32_t line) {
  const LineKind kind = kind_of(line);
  Task task;
  task.chance = {mark(line, kFirstWake)};
  task.line = line;
  const auto start = [&](Duty duty, Duration within) {
    Task first = task;
    first.duty = duty;
    first.chance = {task.chance.next()};
    first.at = config_.begin + first.chance.within(within);
    tasks_.push(first);
  };
  if (shares_files(line)) {
    Task first = task;
    first.duty = Duty::look_for_peers;
    first.chance = {mark(line, kSwarm)};
    first.at = config_.begin + first.chance.within(hours(8));
    tasks_.push(first);
  }
  switch (kind) {
    case LineKind::silent:
      return;
    case LineKind::mail_client:
    case LineKind::many_accounts:
      start(Duty::set_up, kSetUpEvery);
      start(Duty::wake, hours(12));
      if (share_of(mark(line, kDevice)) < .06) start(Duty::send_device, days(2));
      return;
    case LineKind::office:
      start(Duty::wake, hours(1));
      start(Duty::set_up, days(30));
      return;
    case LineKind::device:
    case LineKind::stuck_device:
      return start(Duty::send_device, days(1));
    case LineKind::monitor:
      return start(Duty::walk_round, minutes(5));
    case LineKind::newsletter:
      start(Duty::send_out, days(7));
      return start(Duty::message, message_every(line));
    case LineKind::self_hoster:
    case LineKind::mail_server:
    case LineKind::shared_hosting:
      return start(Duty::message, message_every(line));
  }
}

void Population::run(Task task) {
  switch (task.duty) {
    case Duty::wake:
      return wake(task);
    case Duty::set_up:
      return set_up(task);
    case Duty::send_device:
      return send_device(task);
    case Duty::message:
      return message(task);
    case Duty::deliver:
      return deliver(task);
    case Duty::send_out:
      return send_out(task);
    case Duty::walk_round:
      return walk_round(task);
    case Duty::infect:
      return infect(task);
    case Duty::look_for_peers:
      return look_for_peers(task);
  }
}

// A mail program sends one mail, or starts and asks at every account it has.
void Population::wake(Task task) {
  Chance own{mark(task.line, kStaff)};
  const bool office = kind_of(task.line) == LineKind::office;
  const auto staff = office ? static_cast<uint32_t>(std::clamp(own.spread(8, 2.5), 2.0, 200.0)) : 1;
  const double eager = own.spread(1, 1.8);
  if (task.chance.happens(busy(task.line, task.at))) {
    const uint32_t n = office ? std::min(4U, 1 + staff / 6) : accounts(task.line);
    const bool starts = task.chance.happens(.15);
    for (uint32_t i = 0; i < n; ++i) {
      const uint32_t of = starts ? i : static_cast<uint32_t>(task.chance.below(n));
      const Account a = account(task.line, of, task.chance);
      const Time at = task.at + task.chance.within(seconds(starts ? 8 : 1));
      if (task.chance.happens(.5)) ask(task.line, kA, a.name, true, at);
      connect(task.line, task.chance, a.server, a.port, at + milliseconds(50));
      if (!starts) break;
    }
  }
  const double each = static_cast<double>(kWakesAtBusiest.us) / std::clamp(eager * staff, .05, 400.0);
  again(task, task.chance.wait({static_cast<int64_t>(each)}));
}

// Mail programs look for the servers of a new account: MX of its domain, and names that are usual.
void Population::set_up(Task task) {
  const uint64_t domain = world_.domain(task.chance);
  ask(task.line, kMx, world_.name(domain), world_.exists(domain), task.at);
  for (const std::string_view usual : {"mail", "smtp"})
    ask(task.line, kA, fmt::format("{}.{}", usual, world_.name(domain)), task.chance.happens(.6),
        task.at + task.chance.within(seconds(2)));
  again(task, task.chance.wait(kSetUpEvery));
}

// Printers, stores of pictures, alarms: one server, now and then a few mails; those set up wrong try for ever.
void Population::send_device(Task task) {
  Chance own{mark(task.line, kDevice)};
  const bool stuck = kind_of(task.line) == LineKind::stuck_device;
  const auto hoster = static_cast<uint32_t>(own.below(World::kHosters));
  const bool big = own.happens(.5);
  IpAddress server = big ? world_.provider_submission(static_cast<uint32_t>(own.below(6)), own.next())
                         : world_.hoster_submission(hoster);
  const uint16_t port = own.happens(big ? .05 : .5) ? kSmtp : kSubmission;
  if (stuck) {
    server = world_.mx(World::kDomains + hoster, 0);
    if (own.happens(.3)) ask(task.line, kA, fmt::format("mail.d{}.example", hoster), false, task.at);
    connect(task.line, task.chance, server, port, task.at);
    return again(task, task.chance.wait({static_cast<int64_t>(std::clamp(own.spread(300e6, 3), 2e6, 86'400e6))}));
  }
  const uint32_t mails = task.chance.count(3);
  Time at = task.at;
  for (uint32_t i = 0; i < std::min(mails, 20U); ++i) {
    connect(task.line, task.chance, server, port, at);
    at = at + task.chance.wait(seconds(40));
  }
  again(task, task.chance.wait({static_cast<int64_t>(std::clamp(own.spread(2, 3), .1, 40.0) * 86'400e6)}));
}

// A message comes into a server's queue.
void Population::message(Task task) {
  if (task.chance.happens(busy(task.line, task.at))) {
    Task one = task;
    one.duty = Duty::deliver;
    one.chance = {task.chance.next()};
    one.of = world_.domain(one.chance);
    one.tries = one.host = 0;
    tasks_.push(one);
  }
  again(task, task.chance.wait(message_every(task.line)));
}

// To the domain's MX hosts in turn; then again later, as RFC 5321 section 4.5.4.1 wants, for up to a day or so.
void Population::deliver(Task task) {
  Chance own{mark(task.line, kPace)};
  const bool asks = own.next() % 10 < 6;  // by the provider's resolver; the others have one of their own
  const Time at = task.at;
  if (task.host == 0 && asks) ask(task.line, kMx, world_.name(task.of), world_.exists(task.of), at);
  if (!world_.exists(task.of)) return;
  if (asks && task.chance.happens(.6)) ask(task.line, kA, world_.mx_name(task.of, task.host), true, at);
  const bool taken = connect(task.line, task.chance, world_.mx(task.of, task.host), kSmtp, at + milliseconds(80));
  if (taken) return;
  if (++task.host < world_.mx_count(task.of)) return again(task, kConnectTimeout);
  task.host = 0;
  if (++task.tries >= kTriesMost) return;
  const Duration in = std::min(kRetryFirst * (int64_t{1} << std::min<uint8_t>(task.tries - 1, 5)), kRetryMost);
  again(task, in + task.chance.within(minutes(1)));
}

// The weekly letter: the same readers' domains each time, as fast as the server can.
void Population::send_out(Task task) {
  if (task.of == 0) {
    Chance own{mark(task.line, kTargets)};
    Task run = task;
    run.of = static_cast<uint64_t>(std::clamp(own.spread(800, 3), 30.0, 20'000.0));
    run.chance = own;
    tasks_.push(run);
    return again(task, days(7));
  }
  Task one = task;
  one.duty = Duty::deliver;
  one.of = world_.domain(task.chance);
  one.chance = {task.chance.next()};
  one.tries = one.host = 0;
  tasks_.push(one);
  if (--task.of != 0) again(task, task.chance.wait(milliseconds(120)));
}

// Looks whether the mail servers of its customers are up.
void Population::walk_round(Task task) {
  Chance own{mark(task.line, kTargets)};
  const auto n = 20 + own.below(40);
  Time at = task.at;
  for (uint64_t i = 0; i < n; ++i) {
    connect(task.line, task.chance, world_.mx(world_.domain(own), 0), kSmtp, at);
    at = at + seconds(1);
  }
  again(task, minutes(5));
}

// A program that shares files has a list of peers from a tracker: many have gone or sit behind a NAT, some answer. Most
// have a port of their own; a third has the program's usual one. It looks for more for a while, then it has enough.
void Population::look_for_peers(Task task) {
  Chance own{mark(task.line, kSwarm)};
  const double answering = .15 + own.next() % 35 / 100.0;
  const auto a_minute = 10 + own.below(50);
  const uint16_t usual = own.happens(.6) ? 6'881 : 51'413;
  const uint32_t minute = task.of % 64;
  Time at = task.at;
  for (uint64_t i = 0; i < a_minute; ++i) {
    const IpAddress peer = world_.anybody(task.chance);
    const auto theirs = static_cast<uint16_t>(task.chance.happens(.35) ? usual : 10'000 + task.chance.below(50'000));
    talk(task.line, task.chance, peer, theirs, at, false, task.chance.happens(answering));
    at = at + task.chance.within(milliseconds(2 * 60'000 / static_cast<int64_t>(a_minute)));
  }
  if (minute < 30) {
    task.of = minute + 1;
    return again(task, minutes(1));
  }
  task.of = 0;
  again(task, task.chance.wait(hours(6)));
}

void Population::infect(Task task) {
  const Zombie& z = config_.zombies[task.of];
  Chance& chance = task.chance;
  if (z.kind == ZombieKind::worm) {
    connect(z.line, chance, world_.anybody(chance), kSmb, task.at, true);
  } else if (z.kind == ZombieKind::submission) {
    const auto hoster = static_cast<uint32_t>(chance.below(World::kHosters));
    const IpAddress server = chance.happens(.4)
                                 ? world_.provider_submission(static_cast<uint32_t>(chance.below(12)), chance.next())
                                 : world_.hoster_submission(hoster);
    connect(z.line, chance, server, chance.happens(.6) ? kSubmission : kSmtps, task.at, true);
  } else {
    const uint64_t domain =
        chance.happens(z.failing) ? World::kDomains + chance.below(World::kDomains) : world_.listed_domain(chance);
    if (chance.happens(z.asks_mx)) ask(z.line, kMx, world_.name(domain), world_.exists(domain), task.at, true);
    connect(z.line, chance, world_.mx(domain, 0), kSmtp, task.at + milliseconds(60), true);
  }
  // What is left of its contacts rides in the two small fields.
  const uint32_t done = task.tries + (uint32_t{task.host} << 8) + 1;
  task.tries = static_cast<uint8_t>(done);
  task.host = static_cast<uint8_t>(done >> 8);
  if (done < std::min(z.contacts, 65'535U)) again(task, chance.wait(z.every * z.slower));
}

}  // namespace postern::rehearse
