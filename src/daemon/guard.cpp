// SPDX-License-Identifier: Apache-2.0
#include "daemon/guard.h"

namespace postern::daemon {

gate::Guard guard_of(const settings::Settings& settings) {
  return {.pass_mark = settings.gate.pass_mark,
          .uplink_interfaces = settings.network.uplink_interfaces,
          .subscriber_interfaces = settings.network.subscriber_interfaces,
          .relay = settings.provider.relay};
}

Status bring_guard(const settings::Settings& settings) {
  if (settings.gate.guard) return gate::load_guard(guard_of(settings));
  const auto there = gate::guard_in_force();
  return there && *there ? gate::remove_guard() : Status{};  // without nft there is none
}

}  // namespace postern::daemon
