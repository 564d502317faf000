// SPDX-License-Identifier: Apache-2.0
// A made-up access network that behaves as the literature says real ones do (README.md), for benches and tests: flows,
// DNS questions and, of lines whose port 25 the gate closes, first contacts, in order of time. Everything follows from
// the seed; what a line is, is read off it. Memory holds what is to come (a few tasks a mailing line), never what was.
// Knows nothing of detectors. Not part of a shipped program.
#pragma once

#include <queue>
#include <string_view>
#include <variant>
#include <vector>

#include "base/fields.h"
#include "fold/destinations.h"
#include "model/flow.h"
#include "model/observation.h"
#include "rehearse/population/world.h"

namespace postern::rehearse {

// What a line is. The first of them are homes, then companies, then hosting customers.
PN_ENUM(LineKind, silent, mail_client, many_accounts, device, stuck_device, self_hoster, office, monitor, mail_server,
        newsletter, shared_hosting)

// A machine taken over, on a line that goes on with what it did before.
//   direct      MX of listed domains, port 25
//   submission  465 and 587 with stolen passwords, no MX question
//   worm        port 445 of anybody
PN_ENUM(ZombieKind, direct, submission, worm)
struct Zombie {
  uint32_t line = 1;
  ZombieKind kind = ZombieKind::direct;
  Time begin;
  Duration every = seconds(5);  // on average, before it is slowed
  uint32_t slower = 1;          // times
  uint32_t contacts = 100;      // then it is silent
  double failing = 0;           // share of its contacts sent where nobody is, beside what is dead on its list
  double asks_mx = 1;           // share of its contacts it asks the DNS for
};

struct PopulationConfig {
  uint64_t seed = 1;
  uint32_t residential = 100'000;  // lines are numbered from 1: residential, business, hosting
  uint32_t business = 0;
  uint32_t hosting = 0;
  Time begin;
  Duration length = days(7);
  double closed = 0;        // share of the residential lines whose port 25 a gate closes: seen there and not as flows
  double cgn = .2;          // share of the residential lines that share an address with 15 others, by port block
  double file_sharers = 0;  // share of the residential lines that look for peers, beside what they are
  std::vector<Outage> outages;
  std::vector<Zombie> zombies;
};
// As many as a network of some size sees: one of the uplink for 20 minutes, two of a mailbox provider for two hours.
[[nodiscard]] std::vector<Outage> usual_outages(uint64_t seed, Time begin, Duration length);

struct PopulationEvent {
  Time at;  // of the flow's begin, the question, the attempt
  uint32_t line = 0;
  bool zombie = false;  // the truth
  std::variant<model::Flow, model::DnsQuestion, model::FirstContact> what;
};

class Population {
 public:
  explicit Population(PopulationConfig config);

  // False at the end.
  [[nodiscard]] bool next(PopulationEvent& out);

  [[nodiscard]] uint32_t lines() const { return config_.residential + config_.business + config_.hosting; }
  [[nodiscard]] std::string_view class_of(uint32_t line) const;
  [[nodiscard]] LineKind kind_of(uint32_t line) const;
  [[nodiscard]] bool declared(uint32_t line) const;  // a permit says that a mail server runs here
  [[nodiscard]] bool closed(uint32_t line) const;
  [[nodiscard]] bool shares_files(uint32_t line) const;
  struct Source {
    IpAddress address;
    uint16_t first_port = 1'024;
    uint16_t last_port = 65'535;
  };
  [[nodiscard]] Source source_of(uint32_t line) const;
  [[nodiscard]] uint32_t line_of(const IpAddress& address, uint16_t port) const;  // 0 = nobody's
  [[nodiscard]] size_t held() const { return tasks_.size() + out_.size(); }

 private:
  enum class Duty : uint8_t {
    wake,
    set_up,
    send_device,
    message,
    deliver,
    send_out,
    walk_round,
    infect,
    look_for_peers
  };
  struct Task {
    Time at;
    Chance chance;
    uint64_t of = 0;  // domain, zombie, messages left
    uint32_t line = 0;
    Duty duty = Duty::wake;
    uint8_t tries = 0;
    uint8_t host = 0;  // MX host to try
    bool operator<(const Task& o) const { return at != o.at ? o.at < at : o.chance.state < chance.state; }
  };
  struct Later {
    bool operator()(const PopulationEvent& a, const PopulationEvent& b) const { return b.at < a.at; }
  };

  // senders.cpp: what each does when its time comes.
  void settle(uint32_t line);
  void run(Task task);
  void wake(Task task);
  void set_up(Task task);
  void send_device(Task task);
  void message(Task task);
  void deliver(Task task);
  void send_out(Task task);
  void walk_round(Task task);
  void infect(Task task);
  void look_for_peers(Task task);

  struct Account {
    IpAddress server;
    uint16_t port = 587;
    std::string name;
  };
  [[nodiscard]] uint32_t accounts(uint32_t line) const;
  [[nodiscard]] Account account(uint32_t line, uint32_t n, Chance& chance) const;
  [[nodiscard]] uint64_t mark(uint32_t line, uint64_t what) const { return mark_of(config_.seed * 64 + what, line); }
  // What it rather does now than at the busiest hour, 0 to 1.
  [[nodiscard]] double busy(uint32_t line, Time at) const;
  [[nodiscard]] Duration message_every(uint32_t line) const;

  void again(Task task, Duration in);
  bool connect(uint32_t line, Chance& chance, const IpAddress& server, uint16_t port, Time at, bool zombie = false);
  void talk(uint32_t line, Chance& chance, const IpAddress& server, uint16_t port, Time at, bool zombie, bool answered);
  void ask(uint32_t line, uint16_t type, std::string name, bool there, Time at, bool zombie = false);
  void emit(PopulationEvent event);

  PopulationConfig config_;
  World world_;
  Time end_;
  fold::Destinations gate_memory_;
  std::priority_queue<Task> tasks_;
  std::priority_queue<PopulationEvent, std::vector<PopulationEvent>, Later> out_;
};

}  // namespace postern::rehearse
