// SPDX-License-Identifier: Apache-2.0
// Any bytes in any cuts: the decoy answers within its bounds, and says the same however the bytes were cut.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "edge/decoy/dialogue.h"

using postern::edge::decoy::Dialogue;
using postern::edge::decoy::Play;

namespace {

struct Told {
  std::string out;
  bool open = true;
};

Told talk(Play play, uint16_t port, std::string_view bytes, size_t cut) {
  static const std::set<std::string> kHoney{"anna@isp.example"};
  Dialogue dialogue(play, port, "mx.isp.example", kHoney);
  Told told;
  dialogue.greet(told.out);
  while (!bytes.empty() && told.open) {
    const std::string_view part = bytes.substr(0, cut);
    bytes.remove_prefix(part.size());
    told.open = dialogue.take(part, told.out);
  }
  PN_CHECK(told.out.size() <= 128 + 80 * size_t{postern::edge::decoy::kCommandsMax + 1} * 2);
  return told;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2 || size > 4096) return 0;
  const auto play = static_cast<Play>(data[0] % pn_enum_size(Play{}));
  const uint16_t port = play == Play::worm && data[1] % 2 == 0 ? 23 : 445;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Told whole = talk(play, port, bytes, bytes.size());
  const Told cut = talk(play, port, bytes, 1 + data[1] % 7);
  PN_CHECK(whole.out == cut.out && whole.open == cut.open);
  return 0;
}
