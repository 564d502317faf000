// SPDX-License-Identifier: Apache-2.0
// A made-up relay: mail accounts, what their owners do with them for a month or more, and thieves who use some of them.
// What the edge would tell the brain of it, in order of time, with the truth beside it. Everything follows from the
// seed. Knows nothing of detectors. Not part of a shipped program; the figures it rests on are in README.md.
#pragma once

#include <queue>
#include <vector>

#include "fold/recipients.h"
#include "model/observation.h"
#include "rehearse/population/chance.h"

namespace postern::rehearse {

//   plain       a person: some mails a day to an address book that grows slowly
//   business    many mails a day, many of them to people never written to
//   newsletter  a list of hundreds or thousands, every week or month
//   forwarding  sends on what it receives, spam among it, to one address elsewhere
//   device      a scanner, a monitor: few recipients, for ever
PN_ENUM(AccountKind, plain, business, newsletter, forwarding, device)

//   remote     from one or many addresses elsewhere, each of another network and country perhaps
//   neighbour  from the line of another subscriber
//   on_host    from the owner's own machine
PN_ENUM(ThiefKind, remote, neighbour, on_host)

struct Thief {
  uint32_t account = 0;
  ThiefKind kind = ThiefKind::remote;
  Time begin;
  double recipients_per_min = 20;
  double failing = .25;      // share of its recipients that do not exist or refuse
  uint32_t places = 1;       // addresses it comes from, turn about
  uint32_t guesses = 0;      // passwords it tried before
  uint32_t per_message = 5;  // recipients, on average
  uint32_t recipients = 2'000;
};

struct AccountsConfig {
  uint64_t seed = 1;
  uint32_t accounts = 1'000;
  Time begin = {days(20'000).us};
  Duration length = days(30);
  uint32_t thieves = 10;  // drawn from the seed: kinds, paces, lists
};

struct AccountEvent {
  Time at;
  uint32_t account = 0;
  bool thief = false;      // the truth
  uint32_t which = 0;      // of thieves(), with `thief`
  uint32_t delivered = 0;  // all recipients whose server took it, those not new included
  model::AccountUse what;
};

class Accounts {
 public:
  explicit Accounts(AccountsConfig config);

  // False at the end.
  [[nodiscard]] bool next(AccountEvent& out);

  [[nodiscard]] const std::vector<Thief>& thieves() const { return thieves_; }
  [[nodiscard]] AccountKind kind_of(uint32_t account) const { return owners_[account].kind; }
  [[nodiscard]] bool travels(uint32_t account) const { return owners_[account].travels; }
  [[nodiscard]] bool has_vpn(uint32_t account) const { return owners_[account].vpn; }
  [[nodiscard]] model::SubscriberId line_of(uint32_t account) const { return {account + 1}; }
  [[nodiscard]] static std::string name_of(uint32_t account);

 private:
  struct Owner {
    AccountKind kind = AccountKind::plain;
    bool travels = false;
    bool vpn = false;
    bool family = false;  // used from a relative's line of the same provider too
    double per_day = 4;   // messages
    double new_share = .06;
    double failing = .02;
    uint32_t book = 60;  // recipients it knows; more with each new one
    uint32_t next_run = 0;
    fold::Recipients memory;
    // On the way until then, in that country.
    Time away_until;
    uint16_t country = 0;
  };
  enum class Duty : uint8_t { wake, run, steal };
  struct Task {
    Time at;
    Chance chance;
    uint32_t of = 0;  // account, or thief
    uint32_t left = 0;
    uint32_t turn = 0;
    Duty duty = Duty::wake;
    bool operator<(const Task& o) const { return at != o.at ? o.at < at : o.chance.state < chance.state; }
  };
  struct Later {
    bool operator()(const AccountEvent& a, const AccountEvent& b) const {
      return a.at != b.at ? b.at < a.at : b.account < a.account;
    }
  };
  struct Where {
    IpAddress source;
    model::SubscriberId line;
    model::Place place;
  };

  void settle(uint32_t account);
  void draw_thieves();
  void act(Task task);
  void wake(Task task);
  void run(Task task);
  void steal(Task task);
  void again(Task task, Duration in);
  [[nodiscard]] Where where(uint32_t account, Chance& chance, Time at);
  [[nodiscard]] Where where(const Thief& thief, uint32_t which, uint32_t turn) const;
  // One message: what the edge saw at once, what receivers said of it later.
  void send(uint32_t account, const Where& from, const std::vector<uint64_t>& recipients, double failing, Time at,
            Chance& chance, const Task* thief);
  void emit(AccountEvent event);

  AccountsConfig config_;
  Time end_;
  std::vector<Owner> owners_;
  std::vector<Thief> thieves_;
  std::priority_queue<Task> tasks_;
  std::priority_queue<AccountEvent, std::vector<AccountEvent>, Later> out_;
};

// "DE", 8881: a place of that country, the same for the same numbers.
[[nodiscard]] model::Place place_of(uint16_t country, uint32_t as_number);

}  // namespace postern::rehearse
