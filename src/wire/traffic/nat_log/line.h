// SPDX-License-Identifier: Apache-2.0
// One line of the log of a Linux NAT, a datagram each: a connection that begins or ends, as ulogd2 writes it from its
// input NFCT. There is no other specification than that program's PRINTFLOW and JSON plugins.
//
//   <29>Nov 28 07:36:49 nat1 ulogd[7]: [NEW] ORIG: SRC=100.64.0.2 DST=192.0.2.25 PROTO=TCP SPT=40000 DPT=25 PKTS=0
//   BYTES=0 , REPLY: SRC=192.0.2.25 DST=203.0.113.1 PROTO=TCP SPT=25 DPT=58915 PKTS=0 BYTES=0
//   {"ct.event": 1, "src_ip": "100.64.0.2", "orig.l4.sport": 40000, "reply.ip.daddr.str": "203.0.113.1", ...}
//
// The first with a header of RFC 3164, of RFC 5424, or of rsyslog's forward format (RFC 3339 time in that of RFC 3164);
// by SYSLOG, or by LOGEMU with a header around its own. Of syslog only what the program ulogd says itself is looked at:
// others say what strangers typed. JSON comes alone (output JSON, mode udp) or behind such a header.
//
// Who holds a port is said as of now, so a line has to come while it is news: kLineLate either way. RFC 3164 has no
// zone and no year; zones differ by quarters of an hour, so within one the clock is compared. Pure; foreign bytes.
#pragma once

#include <string_view>

#include "base/fields.h"
#include "base/time.h"
#include "model/nat.h"

namespace postern::wire {

inline constexpr size_t kNatLineMax = 4'096;
inline constexpr Duration kLineLate = seconds(10);

//   connection    one begins or ends, and a NAT gave it an address
//   other         said by another program, or another event
//   untranslated  it keeps its own address
//   portless      neither TCP nor UDP
//   no_time       it does not say when
//   late          when is too far from now: a queue on its way, or a clock that is wrong
//   too_long      kNatLineMax
//   broken        it begins like one, and is not one
PN_ENUM(NatLineIs, connection, other, untranslated, portless, no_time, late, too_long, broken)

struct NatLine {
  NatLineIs is = NatLineIs::other;
  model::NatBlock block;  // connection; without exporter
};

[[nodiscard]] NatLine read_nat_line(std::string_view datagram, Time now);

}  // namespace postern::wire
