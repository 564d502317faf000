// SPDX-License-Identifier: Apache-2.0
// What a case is about, as its owner is told: from what the evidence was on. Within this room only.
#pragma once

#include <cstdint>

#include "tell/letter/letter.h"

namespace postern::tell::letter {

//   mail     handed directly to strangers' mail servers (port 25)
//   sign_in  sent through accounts: 465, 587, 2525
//   worm     services that strangers' devices are broken into by: everything else
enum class Trouble : uint8_t { mail, sign_in, worm };
[[nodiscard]] Trouble trouble_of(const Facts& facts);
// Addresses that nobody uses, among the evidence.
[[nodiscard]] size_t decoys_touched(const Facts& facts);
// When it was last seen to go on after a notice; 0 = that is not what the evidence is.
[[nodiscard]] Time went_on_at(const Facts& facts);
// "TCP 23, TCP 445": what the evidence was on.
[[nodiscard]] std::string services_of(const Facts& facts);

}  // namespace postern::tell::letter
