// SPDX-License-Identifier: Apache-2.0
// The relay's rooms as the edge role runs them: meters, judge, policy server and milter, what people ask about the
// meters, Postfix's log, and what the brain is told of accounts.
#pragma once

#include <deque>
#include <memory>

#include "daemon/bus/kit.h"
#include "daemon/outside/receivers.h"
#include "edge/relay/judge.h"
#include "edge/relay/server.h"
#include "observe/mail_log/mail_log.h"
#include "sys/loop.h"
#include "tables/origins.h"

namespace postern::daemon {

// How much a class, or an account, may send.
[[nodiscard]] edge::relay::Limits relay_limits(const settings::Class& class_settings);
[[nodiscard]] edge::relay::Limits relay_account_limits(const settings::Settings& settings);
// Whether any mail server may ask.
[[nodiscard]] bool relay_is_asked(const settings::Settings& settings);

class Relay {
 public:
  struct Told {
    std::function<void(RelayTold)> usage;
    std::function<void(model::ObservationBody)> seen;  // what accounts and limits did; may be lost
  };
  // Takes its listeners and the memory of the meters out of the kit. Without listeners it serves nobody.
  [[nodiscard]] static Result<std::unique_ptr<Relay>> make(Kit& kit, const settings::Settings& settings,
                                                           sys::Loop& loop, edge::relay::Lookup lookup, fold::Nats nats,
                                                           Told told);
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;
  ~Relay() = default;

  // Answered at once, or, where all meters have to be looked at, in slices between which the loop serves others.
  void ask(RelayAsk ask);
  void hold(const HeldAccounts& held);
  // Of the table of origins; 0 = not known.
  [[nodiscard]] uint32_t origin_of(const IpAddress& address) const { return origins_.find(address).as_number; }
  void report(RoleReport& report);
  // Who sent the message of that queue id; empty = not known (any more).
  [[nodiscard]] std::string account_of(std::string_view queue_id) const { return log_->account_of(queue_id); }

 private:
  struct Scan {
    RelayAsk ask;
    size_t next = 0;
    std::vector<std::pair<uint64_t, uint32_t>> best;  // recipients of the hour and the day, row; a heap, least first
  };

  // One protocol's sockets and what was asked on them.
  struct Way {
    std::unique_ptr<edge::relay::Server> server;
    edge::relay::TalkStats asked;
  };

  Relay(const settings::Settings& settings, edge::relay::Meters meters, sys::Loop& loop, edge::relay::Lookup lookup,
        fold::Nats nats, Told told);
  [[nodiscard]] Status serve(Way& way, const settings::Settings& settings, std::vector<sys::Fd> listeners,
                             bool is_milter);
  static void report(const Way& way, std::string_view prefix, RoleReport& report);
  void tell();
  void scan();
  void finish(const Scan& scan);

  sys::Loop& loop_;
  edge::relay::Meters meters_;
  edge::relay::Judge judge_;
  Way policy_;
  Way milter_;
  std::unique_ptr<observe::mail_log::MailLog> log_;
  ReceiverWatch receivers_;
  tables::Origins origins_;
  Told told_;
  size_t held_ = 0;
  std::deque<Scan> scans_;
  uint64_t asks_dropped_ = 0;
};

}  // namespace postern::daemon
