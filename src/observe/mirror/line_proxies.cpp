// SPDX-License-Identifier: Apache-2.0
#include "observe/mirror/line_proxies.h"

#include "sys/log.h"

namespace postern::observe::mirror {

void LineProxies::see(const wire::Proxied& p) {
  constexpr uint8_t kTcp = 6;
  const Prefix there = Prefix::host(p.through.client);
  const fold::Inside inside =
      nats_.of(kTcp, p.through.server, p.through.port, p.at, {{&there, 1}, p.through.client_port});
  if (inside.kind == fold::Behind::not_known) return;
  const uint32_t line = line_of_(inside.address);
  if (line == 0 || line_of_(p.through.client) != 0) return;
  const fold::News news = told_.see(line, p.at);
  if (news == fold::News::full)
    sys::log(sys::Level::warning, "mirror", "PROXIES_FULL", "more lines are proxies than can be told in one day");
  if (news != fold::News::fresh) return;
  emit_({.sequence = 0, .at = p.at, .body = model::ProxyUse{inside.address, p.through.client, p.port}});
}

}  // namespace postern::observe::mirror
