// SPDX-License-Identifier: Apache-2.0
#include "fold/outside/nats.h"

namespace postern::fold {

Inside Nats::of(uint8_t protocol, const IpAddress& address, uint16_t port, Time at, const To& to) const {
  if (!is_logged(address)) return by_formula_.of(protocol, address, port);
  const IpAddress inside = log_->behind(protocol, address, port, at, reach_, to);
  return {inside ? Behind::line : Behind::not_known, inside};
}

}  // namespace postern::fold
