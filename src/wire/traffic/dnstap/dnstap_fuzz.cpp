// SPDX-License-Identifier: Apache-2.0
// A sender's bytes in any cuts: frames and what is in them end in questions or errors, the same however they were cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "wire/traffic/dnstap/dnstap.h"
#include "wire/traffic/dnstap/frames.h"

using postern::Bytes;
using postern::ByteView;

namespace {

struct Told {
  std::vector<postern::model::DnsQuestion> questions;
  Bytes answer;
  bool good = true;
  bool operator==(const Told&) const = default;
};

Told hear(ByteView bytes, size_t cut) {
  Told told;
  postern::wire::Frames frames;
  while (!bytes.empty() && told.good && !frames.over()) {
    const ByteView part = bytes.first(std::min(cut, bytes.size()));
    bytes = bytes.subspan(part.size());
    told.good = frames
                    .take(part, told.answer,
                          [&](ByteView payload) {
                            if (auto got = postern::wire::decode_dnstap(payload); got && got->question)
                              told.questions.push_back(*got->question);
                          })
                    .has_value();
  }
  return told;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const ByteView bytes(reinterpret_cast<const std::byte*>(data) + 1, size - 1);
  PN_CHECK(hear(bytes, bytes.size() + 1) == hear(bytes, size_t{1} + data[0] % 16));
  for (const auto& q : hear(bytes, bytes.size() + 1).questions) PN_CHECK(q.client && q.name.size() <= 4 * 255);
  return 0;
}
