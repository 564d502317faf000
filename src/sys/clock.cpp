// SPDX-License-Identifier: Apache-2.0
#include "sys/clock.h"

#include <ctime>

namespace postern::sys {
namespace {
int64_t read_us(clockid_t id) {
  timespec t{};
  ::clock_gettime(id, &t);
  return int64_t{t.tv_sec} * 1'000'000 + t.tv_nsec / 1'000;
}
}  // namespace

Time now() { return {read_us(CLOCK_REALTIME)}; }
Duration monotonic() { return {read_us(CLOCK_BOOTTIME)}; }

}  // namespace postern::sys
