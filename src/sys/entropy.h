// SPDX-License-Identifier: Apache-2.0
// The only source of randomness (getrandom). For keys and nonces; decide/ never sees any.
#pragma once

#include <cstddef>
#include <span>

namespace postern::sys {

// Fills `out`; the kernel's generator does not fail once seeded, so this waits for the seed and never returns less.
void random_bytes(std::span<std::byte> out);

}  // namespace postern::sys
