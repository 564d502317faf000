// SPDX-License-Identifier: Apache-2.0
// What parses, prints and parses back as the same value; nothing else happens.
#include "base/check.h"
#include "model/subscriber.h"
#include "wire/json_convert.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using postern::wire::Json;
  const auto value = Json::parse({reinterpret_cast<const char*>(data), size}, "fuzz");
  if (!value) {
    PN_CHECK(!value.error().text().empty());
    return 0;
  }
  const auto again = Json::parse(value->dump(), "again");
  PN_CHECK(again && *again == *value);
  PN_CHECK(*Json::parse(value->pretty(), "pretty") == *value);
  if (const auto s = postern::wire::from_json<postern::model::Subscriber>(*value, "body"))
    PN_CHECK(postern::wire::from_json<postern::model::Subscriber>(postern::wire::to_json(*s), "again"));
  return 0;
}
