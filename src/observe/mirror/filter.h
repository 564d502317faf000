// SPDX-License-Identifier: Apache-2.0
// What of a mirror port comes up from the kernel, as a classic BPF program over Ethernet frames (with up to two tags
// left by the kernel, PPPoE sessions; frames with MPLS labels or IPv6 extension headers pass whole and are told apart
// later):
//   TCP   SYN, FIN and RST of any port; on the mail ports also segments of IP packets of at most kSmallOctets, which
//         commands are and bulk mail is not; segments that begin as SMTP does (220, EHLO, HELO), or as what a proxy is
//         asked and says when it agrees (CONNECT, SOCKS 4 and 5); answers from port 53
//   UDP   answers from port 53
// First fragments are whole packets to it, later ones are dropped. Of each frame kSnapOctets are kept.
#pragma once

#include <linux/filter.h>
#include <vector>

namespace postern::observe::mirror {

inline constexpr unsigned kSnapOctets = 512;
inline constexpr unsigned kSmallOctets = 600;

[[nodiscard]] std::vector<sock_filter> make_filter();

}  // namespace postern::observe::mirror
