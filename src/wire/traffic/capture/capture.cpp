// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/capture/capture.h"

namespace postern::wire {

Status Capture::push(ByteView chunk) {
  return reader_.push(chunk, [this](const CapturedPacket& packet) {
    if (packet.at) {
      traffic_.see(packet.at, packet.link, packet.octets);
    } else {
      ++without_time_;
    }
  });
}

Status Capture::finish() {
  traffic_.finish();
  return reader_.finish();
}

}  // namespace postern::wire
