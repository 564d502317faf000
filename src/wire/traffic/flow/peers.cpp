// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/flow/peers.h"

#include "base/check.h"

namespace postern::wire {

void Peers::add(const Prefix& prefix) {
  const bool v4 = prefix.address.family == Family::v4;
  PN_CHECK(prefix.length >= (v4 ? kLengthV4 : kLengthV6));
  bits_.resize(kBits / 64);
  const size_t bit = bit_of(number_of(octets_of(prefix.address), (v4 ? kLengthV4 : kLengthV6) / 8));
  bits_[bit / 64] |= uint64_t{1} << bit % 64;
}

}  // namespace postern::wire
