// SPDX-License-Identifier: Apache-2.0
// Mail that comes back to the bounce address of notices, feedback reports, and mail to traps: the provider's Postfix
// hands it over by LMTP (RFC 2033), this says what it was. A mail that means something is emitted and answered 250 only
// after journaled(token), else 451, so that Postfix keeps it while the brain is away; the same one again is no news to
// casework, and a report that was taken is not emitted again. What means nothing is counted and answered 250. One
// thread; handlers run from the loop.
//
// Limits, each with a counter: sessions_max (421), messages_per_min (452), idle_timeout, kMarksMax reports remembered,
// names kept (tally.h), and those of wire/mail/lmtp.h. Room per session: the kept part of one message and what one read
// brought.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/fields.h"
#include "base/time.h"
#include "model/observation.h"
#include "observe/mail_intake/feedback.h"
#include "observe/mail_intake/meaning.h"
#include "observe/mail_intake/tally.h"
#include "sys/fd.h"
#include "sys/loop.h"
#include "wire/mail/lmtp.h"

namespace postern::observe::mail_intake {

inline constexpr size_t kMarksMax = 65'536;  // reports that were taken, the latest

struct Config {
  std::string address;          // the bounce address
  std::string host;             // what we call ourselves
  std::string reports;          // where feedback reports come
  std::set<std::string> traps;  // lower case
  Trusted trusted;
  size_t sessions_max = 32;
  uint32_t messages_per_min = 600;
  Duration idle_timeout = seconds(60);
  Duration journal_time = seconds(20);  // the brain owes an answer so long
  wire::LmtpLimits limits;
};

struct Stats {
  uint64_t sessions = 0;
  uint64_t messages = 0;
  uint64_t bounces = 0;
  uint64_t replies = 0;
  uint64_t no_bounces = 0;  // delayed, delivered
  uint64_t automatic = 0;
  uint64_t reports = 0;  // feedback reports: not for this address
  uint64_t not_understood = 0;
  uint64_t not_ours = 0;  // a bounce or reply without a right tag
  uint64_t emitted = 0;
  uint64_t not_journaled = 0;  // answered 451
  uint64_t cut = 0;            // longer than what is kept of it
  uint64_t over_rate = 0;
  uint64_t sessions_full = 0;
  uint64_t timed_out = 0;
  uint64_t lost = 0;            // the peer went, or did not take its replies
  uint64_t reporters_gone = 0;  // of tallies that were full
  uint64_t accounts_gone = 0;
  PN_FIELDS(sessions, messages, bounces, replies, no_bounces, automatic, reports, not_understood, not_ours, emitted,
            not_journaled, cut, over_rate, sessions_full, timed_out, lost, reporters_gone, accounts_gone)
};

class MailIntake {
 public:
  using ByFate = std::array<uint64_t, pn_enum_size(Fate{})>;
  using Emit = std::function<void(uint64_t token, model::Observation)>;
  struct Clock {
    std::function<Time()> utc;
    std::function<Duration()> monotonic;
  };

  MailIntake(Config config, sys::Loop& loop, std::vector<sys::Fd> listeners, const tables::ContactTags& tags, Emit emit,
             Clock clock);
  MailIntake(const MailIntake&) = delete;
  MailIntake& operator=(const MailIntake&) = delete;
  ~MailIntake();

  // The observation of this token is on disk: answer. Never from within Emit.
  void journaled(uint64_t token);
  // The brain that owed answers is gone: what waits is answered 451 at once.
  void forget_in_flight();
  [[nodiscard]] const Stats& stats() const { return stats_; }
  [[nodiscard]] size_t open() const { return sessions_.size(); }
  [[nodiscard]] const ByFate& reports() const { return reports_by_fate_; }
  [[nodiscard]] const ByFate& traps() const { return traps_by_fate_; }
  // Who is proven to have sent reports, and the accounts they were about.
  [[nodiscard]] const Tally& reporters() const { return reporters_; }
  [[nodiscard]] const Tally& accused() const { return accused_; }

 private:
  struct Session {
    sys::Fd fd;
    wire::LmtpSession lmtp;
    std::string rest;  // came with the message that waits for its answer
    std::string out;
    Duration active;
    uint64_t token = 0;  // waited for; 0 = none
    uint64_t mark = 0;   // of the report that is waited for
    bool over = false;   // closes when `out` is sent
  };

  void on_listener(int fd);
  void on_session(int fd, uint32_t events);
  void receive(Session& s);
  void run(Session& s, std::string_view bytes);
  void on_message(Session& s);
  void on_word(Session& s, Word word);
  void emit(Session& s, model::ObservationBody body);
  [[nodiscard]] bool takes(std::string_view recipient) const;
  [[nodiscard]] std::string trap_among(const std::vector<std::string>& recipients) const;
  [[nodiscard]] bool is_for_reports(const std::vector<std::string>& recipients) const;
  void remember(uint64_t mark);
  void count(const Meaning& meaning);
  [[nodiscard]] bool take_token();
  void settle(uint64_t token, bool taken);
  void send(Session& s);
  void watch(const Session& s);
  void close(int fd);
  void tick();

  Config config_;
  Address address_;
  Address reports_;
  sys::Loop& loop_;
  std::vector<sys::Fd> listeners_;
  tables::ContactTags tags_;
  Emit emit_;
  Clock clock_;
  Stats stats_;
  std::map<int, std::unique_ptr<Session>> sessions_;
  std::map<uint64_t, int> waiting_;  // token -> session
  ByFate reports_by_fate_{};
  ByFate traps_by_fate_{};
  Tally reporters_;
  Tally accused_;
  std::unordered_set<uint64_t> marks_;
  std::deque<uint64_t> marks_in_order_;
  uint64_t next_token_ = 1;
  uint32_t left_in_minute_;
  Duration minute_;
  sys::Loop::TimerId timer_ = 0;
};

}  // namespace postern::observe::mail_intake
