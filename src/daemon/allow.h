// SPDX-License-Identifier: Apache-2.0
// The garden's allow-list in the act role: settings in, GardenAllow to the gate out.
#pragma once

#include <functional>
#include <memory>

#include "act/allow_list/allow_list.h"
#include "daemon/bus/message.h"
#include "settings/settings.h"
#include "sys/resolver/resolver.h"

namespace postern::daemon {

class Allow {
 public:
  using Send = std::function<void(GardenAllow)>;

  Allow(const settings::Garden& garden, sys::Loop& loop, Send send);
  Allow(const Allow&) = delete;
  Allow& operator=(const Allow&) = delete;
  // The gate came up and has lost what it knew.
  void resend() { send_({list_->prefixes()}); }
  void report(RoleReport& report) const;

 private:
  Send send_;
  std::unique_ptr<sys::Resolver> resolver_;
  std::unique_ptr<act::allow_list::AllowList> list_;
};

}  // namespace postern::daemon
