// SPDX-License-Identifier: Apache-2.0
// How a DNS blocklist is asked, and what its answers mean (RFC 5782). Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/fields.h"
#include "base/ip.h"

namespace postern::observe::reputation {

// "7.2.0.192.zen.dnsbl.example" (section 2.1), and nibbles for IPv6 (section 2.4).
[[nodiscard]] std::string name_of(const IpAddress& address, std::string_view zone);

//   clean    not listed, or listed for what it is, not for what it did
//   listed   an answer of 127.0.0.0/8
//   refused  127.255.255.0/24: the list does not answer who asks; no word on the address
//   foreign  an answer that no list gives: somebody else answers for the zone
PN_ENUM(Meaning, clean, listed, refused, foreign)

// Of all addresses in an answer the gravest counts: foreign, refused, listed.
[[nodiscard]] Meaning meaning_of(std::span<const IpAddress> answer, std::span<const Prefix> no_trouble);

}  // namespace postern::observe::reputation
