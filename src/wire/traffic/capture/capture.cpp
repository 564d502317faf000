// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/capture/capture.h"

namespace postern::wire {

Status Capture::push(ByteView chunk) {
  return reader_.push(chunk, [this](const CapturedPacket& packet) { see(packet); });
}

Status Capture::finish() {
  flows_.finish();
  questions_.finish();
  return reader_.finish();
}

void Capture::see(const CapturedPacket& packet) {
  if (!packet.at) {
    ++without_time_;
    return;
  }
  const auto headers = read_headers(packet.link, packet.octets);
  if (!headers) {
    ++no_headers_[static_cast<size_t>(headers.error())];
    return;
  }
  flows_.add(packet.at, *headers);
  questions_.add(packet.at, *headers);
}

}  // namespace postern::wire
