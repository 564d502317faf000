// SPDX-License-Identifier: Apache-2.0
// Frames do not depend on how the bytes are cut; the content of each is read as every command there is.
#include <algorithm>
#include <string>
#include <vector>

#include "base/check.h"
#include "tests/support/pieces.h"
#include "wire/milter/frame.h"

using namespace postern;
using namespace postern::wire;

namespace {
void inside(std::string_view part, std::string_view of) {
  PN_CHECK(part.empty() || (part.data() >= of.data() && part.data() + part.size() <= of.data() + of.size()));
  PN_CHECK(!part.contains('\0'));
}

void read_as_everything(std::string_view content) {
  (void)decode_milter_negotiation(content);
  if (const auto c = decode_milter_connect(content)) inside(c->host, content);
  if (const auto h = decode_milter_helo(content)) inside(*h, content);
  if (const auto a = decode_milter_address(content)) inside(a->address, content);
  if (const auto m = decode_milter_macros(content))
    for (const std::string_view v :
         {m->queue_id, m->sasl_method, m->sasl_username, m->encryption_protocol, m->server_port, m->rcpt_mailer})
      inside(v, content);
}

std::vector<std::string> frames_of(std::string_view stream, size_t chunk) {
  std::vector<std::string> out;
  testing::feed(stream, chunk, [&](std::string_view& unread, bool& broken) {
    const auto head = milter_head(unread);
    const auto taken = take_milter_frame(unread);
    PN_CHECK(head.has_value() == taken.has_value());
    if (taken && *taken) PN_CHECK((*head)->content == (*taken)->content.size());
    broken = !taken;
    if (broken) out.push_back(taken.error().text());
    if (broken || !*taken) return false;
    read_as_everything((*taken)->content);
    out.push_back(std::string(to_string((*taken)->command)).append((*taken)->content));
    return true;
  });
  return out;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read_as_everything(bytes);
  const auto whole = frames_of(bytes, size);
  PN_CHECK(whole == frames_of(bytes, 1));
  PN_CHECK(whole == frames_of(bytes, 1 + size / 3));
  std::string out;
  append_milter_reply(out, {.code = 450, .status = "4.7.1", .text = bytes});
  PN_CHECK(std::count(out.begin() + 4, out.end(), '\0') == 1 && out.ends_with('\0'));
  return 0;
}
