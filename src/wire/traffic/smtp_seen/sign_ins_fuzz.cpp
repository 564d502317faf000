// SPDX-License-Identifier: Apache-2.0
// A conversation of one connection, any octets in any order: of each segment an octet says who speaks and how long it
// is. Nothing is told after encryption was granted or a mail began, and of one connection nothing is told twice without
// a greeting in between; what is told says where, and the table keeps to its bound.
#include <algorithm>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "wire/traffic/smtp_seen/sign_ins.h"

using namespace postern;
using namespace postern::wire;

namespace {

constexpr uint8_t kOfServer = 0x80;
constexpr uint8_t kElsewhere = 0x40;  // the client's octets are not those that come next

PacketHeaders segment(bool server, ByteView payload, uint32_t said) {
  PacketHeaders p;
  p.source = *parse_ip(server ? "198.51.100.2" : "192.0.2.1");
  p.destination = *parse_ip(server ? "192.0.2.1" : "198.51.100.2");
  p.source_port = server ? 587 : 40'000;
  p.destination_port = server ? 40'000 : 587;
  p.protocol = 6;
  p.tcp_flags = 0x18;
  p.tcp_sequence = said;
  p.tcp_acknowledged = said;
  p.payload = payload;
  return p;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 4096) return 0;
  ByteView left = std::as_bytes(std::span(data, size));
  std::vector<model::Flow> flows;
  SignIns seen([&](const model::Flow& f) { flows.push_back(f); });
  uint32_t said = 7;
  size_t greetings = 0;
  Time now = Time{} + seconds(1'700'000'000);
  while (!left.empty()) {
    const auto head = static_cast<uint8_t>(left.front());
    left = left.subspan(1);
    const ByteView payload = left.first(std::min<size_t>(left.size(), head & 0x3fU));
    left = left.subspan(payload.size());
    now = now + milliseconds(100);
    const std::string_view text(reinterpret_cast<const char*>(payload.data()), payload.size());
    if ((head & kOfServer) != 0) {
      greetings += text.contains("220") ? 1 : 0;
      seen.from_server(now, segment(true, payload, said));
    } else {
      const bool before = (head & kElsewhere) != 0;
      const size_t told = flows.size();
      seen.from_client(now, segment(false, payload, before ? said - 1 : said));
      PN_CHECK(!before || flows.size() == told);
      if (!before) said += static_cast<uint32_t>(payload.size());
    }
    PN_CHECK(seen.talks() <= 1 && flows.size() <= greetings && flows.size() == seen.found());
  }
  for (const model::Flow& f : flows) {
    PN_CHECK(f.sign_in != model::SignIn::none && f.destination_port == 587 && f.begin <= now);
    PN_CHECK(to_string(f.source) == "192.0.2.1");
  }
  return 0;
}
