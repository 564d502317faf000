// SPDX-License-Identifier: Apache-2.0
// What a list that was taken names, it finds; and writes its entries so that they can be read again.
#include "base/check.h"
#include "tables/c2_list.h"

using namespace postern;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto list = tables::C2List::parse({reinterpret_cast<const char*>(data), size});
  if (!list) return 0;
  std::string again;
  for (uint32_t n = 0; n < list->size(); ++n) again += list->entry(n) + "\n";
  const auto second = tables::C2List::parse(again);
  PN_CHECK(second && second->size() == list->size());
  for (const char* text : {"192.0.2.1", "2001:db8::1", "0.0.0.0", "::"}) {
    const IpAddress server = parse_ip(text).value();
    const auto number = list->find(server, 443);
    PN_CHECK(number == second->find(server, 443));
    PN_CHECK(!number || (*number < list->size() && list->peers().may_have(server)));
  }
  return 0;
}
