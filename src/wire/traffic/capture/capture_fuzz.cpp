// SPDX-License-Identifier: Apache-2.0
// The same file in one piece and octet by octet gives the same flows and questions; the tables keep to their bounds.
#include <vector>

#include "base/check.h"
#include "wire/traffic/capture/capture.h"

using namespace postern;
using namespace postern::wire;

namespace {
struct Seen {
  std::vector<model::Flow> flows;
  std::vector<model::DnsQuestion> questions;
  bool operator==(const Seen&) const = default;
};

Seen read(ByteView file, size_t chunk, bool beginnings) {
  Seen seen;
  Capture capture(
      {{.flows_max = 8}, {.questions_max = 8}, beginnings}, [&](const model::Flow& f) { seen.flows.push_back(f); },
      [&](const model::DnsQuestion& q) { seen.questions.push_back(q); });
  for (size_t at = 0; at < file.size(); at += chunk)
    if (!capture.push(file.subspan(at, std::min(chunk, file.size() - at)))) break;
  (void)capture.finish();
  return seen;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 4096) return 0;
  const ByteView file = std::as_bytes(std::span(data, size));
  for (const bool beginnings : {false, true})
    PN_CHECK(read(file, file.size() + 1, beginnings) == read(file, 1, beginnings));
  return 0;
}
