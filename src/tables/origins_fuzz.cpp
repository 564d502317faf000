// SPDX-License-Identifier: Apache-2.0
// A table that was taken answers for every address; a place it names is on the globe.
#include <cstdlib>

#include "base/check.h"
#include "tables/origins.h"

using namespace postern;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto origins = tables::Origins::parse(bytes);
  if (!origins) return 0;
  for (const char* text : {"192.0.2.1", "2001:db8::1", "0.0.0.0", "::"}) {
    const model::Place place = origins->find(parse_ip(text).value());
    for (const int16_t km : place.km) PN_CHECK(std::abs(km) <= 6'371);
  }
  return 0;
}
