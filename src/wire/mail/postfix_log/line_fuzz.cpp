// SPDX-License-Identifier: Apache-2.0
// Every view lies inside the line; what a kind needs is there.
#include "base/check.h"
#include "wire/mail/postfix_log/line.h"

using namespace postern::wire;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const PostfixLogLine l = read_postfix_log(bytes);
  for (const std::string_view v : {l.queue_id, l.account, l.recipient})
    PN_CHECK(v.empty() || (v.data() >= bytes.data() && v.data() + v.size() <= bytes.data() + bytes.size()));
  const bool to_one = l.kind == PostfixLogKind::final_word || l.kind == PostfixLogKind::word;
  const bool of_queue = to_one || l.kind == PostfixLogKind::submitted || l.kind == PostfixLogKind::removed;
  PN_CHECK(l.queue_id.empty() != of_queue);
  PN_CHECK(l.kind != PostfixLogKind::submitted || !l.account.empty());
  PN_CHECK(!to_one || !l.recipient.empty());
  return 0;
}
