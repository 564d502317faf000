// SPDX-License-Identifier: Apache-2.0
// Postfix's log over TCP, a line each (RFC 6587 section 3.4.2, as rsyslog and `tail -F | nc` send it): what receivers
// said of recipients, joined to the account that sent them by queue id, and wrong passwords. Nothing is answered, and
// nothing of a line is kept but queue id and account. Those of messages that are gone are remembered where the id is a
// long one (enable_long_queue_ids): a short one is soon that of another message.
//
// Limits, each with a counter: connections_max (a further one is closed), kLogLineMax octets a line (the rest of it is
// passed over), queue_max messages under way (the oldest gives way), gone_max of those that are gone (the same, without
// a counter: that is how they end). One thread; handlers run from the loop.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/fields.h"
#include "base/ip.h"
#include "sys/fd.h"
#include "sys/loop.h"
#include "wire/mail/postfix_log/line.h"

namespace postern::observe::mail_log {

struct Config {
  std::vector<Prefix> clients;  // besides loopback: who may send a log
  size_t connections_max = 32;
  size_t queue_max = 65'536;
  size_t gone_max = 65'536;
};

struct Stats {
  uint64_t connections = 0;
  uint64_t lines = 0;
  uint64_t submitted = 0;  // messages of accounts
  uint64_t delivered = 0;  // recipients of those
  uint64_t failed = 0;
  uint64_t login_failed = 0;
  uint64_t unknown_message = 0;  // a final word on a message nobody signed in for, or whose beginning was not seen
  uint64_t too_long = 0;
  uint64_t crowded = 0;  // messages that gave way to others
  uint64_t strangers = 0;
  uint64_t connections_full = 0;
  PN_FIELDS(connections, lines, submitted, delivered, failed, login_failed, unknown_message, too_long, crowded,
            strangers, connections_full)
};

class MailLog {
 public:
  struct To {
    std::function<void(std::string_view account, std::string_view recipient, bool delivered)> final_word;
    std::function<void(std::string_view account, uint32_t attempts)> login_failed;
    // Every line about a recipient, and the end of a message, whoever sent it.
    std::function<void(const wire::PostfixLogLine&)> tried = nullptr;
    std::function<void(std::string_view queue_id)> removed = nullptr;
  };
  MailLog(Config config, sys::Loop& loop, std::vector<sys::Fd> listeners, To to);
  MailLog(const MailLog&) = delete;
  MailLog& operator=(const MailLog&) = delete;
  ~MailLog();

  void line(std::string_view text);
  // Who sent the message of that id; empty = not known (any more).
  [[nodiscard]] std::string account_of(std::string_view queue_id) const;
  [[nodiscard]] const Stats& stats() const { return stats_; }
  [[nodiscard]] size_t open() const { return connections_.size(); }
  [[nodiscard]] size_t under_way() const { return accounts_.size(); }

 private:
  struct Connection {
    sys::Fd fd;
    std::string begun;     // of a line that is not at its end
    bool passing = false;  // over the rest of one that is too long
  };
  void on_listener(int fd);
  void on_connection(int fd);
  void take(Connection& c, std::string_view bytes);
  [[nodiscard]] bool may_send(int fd) const;
  void begins(const wire::PostfixLogLine& l);
  void ends(std::string_view queue_id);

  Config config_;
  sys::Loop& loop_;
  std::vector<sys::Fd> listeners_;
  To to_;
  Stats stats_;
  std::map<int, std::unique_ptr<Connection>> connections_;
  std::unordered_map<std::string, std::string> accounts_;  // by queue id
  std::deque<std::string> order_;                          // queue ids, oldest first; gone ones among them
  std::unordered_map<std::string, std::string> gone_;      // the same of messages that are gone
  std::deque<std::string> gone_order_;
};

}  // namespace postern::observe::mail_log
