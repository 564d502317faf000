// SPDX-License-Identifier: Apache-2.0
// Lines of a lease file, of both families: what comes out is one that a line can hold, and its names fit an option's
// bound times what a field holds.
#include "base/check.h"
#include "wire/traffic/kea_leases/lease.h"

using namespace postern;
using namespace postern::wire;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  for (const bool v6 : {false, true}) {
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    KeaLeaseLines lines(v6);
    while (!rest.empty()) {
      const size_t end = rest.find('\n');
      const std::string_view line = rest.substr(0, end);
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
      const auto lease = lines.line(line);
      if (!lease || !*lease) continue;
      PN_CHECK((*lease)->prefix.address.family == (v6 ? Family::v6 : Family::v4));
      PN_CHECK((*lease)->at >= Time{} && (*lease)->lifetime.us >= 0);
      for (const Bytes* name : {&(*lease)->circuit, &(*lease)->remote, &(*lease)->client, &(*lease)->hw})
        PN_CHECK(name->size() <= line.size());
    }
  }
  return 0;
}
