// SPDX-License-Identifier: Apache-2.0
// What receivers answer to the relay, from Postfix's log: sums, alarms, and the age of the queue.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "daemon/bus/message.h"
#include "fold/reputation/queue_age.h"
#include "fold/reputation/receivers.h"
#include "settings/settings.h"
#include "wire/mail/postfix_log/line.h"

namespace postern::daemon {

class ReceiverWatch {
 public:
  explicit ReceiverWatch(const settings::Reputation& settings)
      : receivers_(settings.refused_percent), queue_age_(settings.queue_age) {}

  void tried(const wire::PostfixLogLine& line, Time now);
  void removed(std::string_view queue_id) { queue_.removed(queue_id); }
  void report(RoleReport& report, Time now);

 private:
  void tell_cold(const std::string& domain, bool cold);

  fold::Receivers receivers_;
  fold::QueueAge queue_;
  Duration queue_age_;
  std::set<std::string> cold_;
};

}  // namespace postern::daemon
