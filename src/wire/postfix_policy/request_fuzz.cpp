// SPDX-License-Identifier: Apache-2.0
// Requests do not depend on how the bytes are cut; every view lies inside them and holds neither NUL nor newline.
#include <algorithm>
#include <string>
#include <vector>

#include "base/check.h"
#include "tests/support/pieces.h"
#include "wire/postfix_policy/request.h"

using namespace postern;
using namespace postern::wire;

namespace {
std::vector<std::string> texts_of(const PolicyRequest& r) {
  std::vector<std::string> out{std::string(to_string(r.state)), to_string(r.client), std::to_string(r.server_port),
                               std::to_string(r.recipient_count), std::to_string(r.size)};
  for (const std::string_view v : {r.instance, r.queue_id, r.sender, r.recipient, r.sasl_method, r.sasl_username,
                                   r.encryption_protocol, r.policy_context}) {
    PN_CHECK(!v.contains('\n') && !v.contains('\0'));
    out.emplace_back(v);
  }
  return out;
}

std::vector<std::string> requests_of(std::string_view stream, size_t chunk) {
  std::vector<std::string> out;
  PolicyReader reader;
  testing::feed(stream, chunk, [&](std::string_view& unread, bool& broken) {
    const auto taken = reader.take(unread);
    broken = !taken;
    if (broken) out.push_back(taken.error().text());
    if (broken || !*taken) return false;
    for (std::string& text : texts_of(**taken)) out.push_back(std::move(text));
    return true;
  });
  return out;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = requests_of(bytes, size);
  PN_CHECK(whole == requests_of(bytes, 1));
  PN_CHECK(whole == requests_of(bytes, 1 + size / 3));
  std::string out;
  append_policy_reply(out, {.code = 550, .status = "5.7.1", .text = bytes});
  PN_CHECK(out.find('\n') == out.size() - 2 && out.ends_with("\n\n"));
  return 0;
}
