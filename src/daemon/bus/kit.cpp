// SPDX-License-Identifier: Apache-2.0
#include "daemon/bus/kit.h"

#include <fmt/format.h>

namespace postern::daemon {

std::string settings_digest(std::string_view text) {
  uint64_t h = 0xcbf2'9ce4'8422'2325;  // FNV-1a
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100'0000'01b3;
  return fmt::format("{:016x}", h);
}

sys::Fd take_fd(Kit& kit, const std::string& name) {
  const auto it = kit.fds.find(name);
  if (it == kit.fds.end()) return {};
  sys::Fd fd(it->second);
  kit.fds.erase(it);
  return fd;
}

std::vector<sys::Fd> take_fds(Kit& kit, const std::string& prefix) {
  std::vector<sys::Fd> out;
  for (size_t i = 0;; ++i) {
    sys::Fd fd = take_fd(kit, fmt::format("{}:{}", prefix, i));
    if (!fd) return out;
    out.push_back(std::move(fd));
  }
}

fold::Outside outside_of(const settings::Settings& s) {
  std::vector<fold::PortBlocks> nats;
  for (const auto& n : s.who.nats) nats.push_back({n.outside, n.inside, n.skip_ends, n.first_port, n.ports});
  std::vector<fold::MapRule> maps;
  for (const auto& m : s.who.maps) maps.push_back({m.outside, m.inside, m.ea_bits, m.psid_offset});
  return {std::move(nats), std::move(maps)};
}

fold::Nats nats_of(const settings::Settings& s, const fold::NatLog& log) {
  return {outside_of(s), &log, s.who.clock_skew * 2};
}

}  // namespace postern::daemon
