// SPDX-License-Identifier: Apache-2.0
// What exporters and captures say of traffic, decoded: one direction of one flow, and one question to the DNS. Raw
// material for fold/, never seen by decide/.
#pragma once

#include <cstdint>
#include <string>

#include "base/fields.h"
#include "base/ip.h"
#include "base/time.h"

namespace postern::model {

// What a client gave a mail server to sign in with while nothing was encrypted (RFC 4954): `password` by PLAIN or
// LOGIN, `token` by XOAUTH2 or OAUTHBEARER. Whose it was and what it was is kept nowhere.
PN_ENUM(SignIn, none, password, token)

// One unidirectional flow record (NetFlow v5/v9, IPFIX RFC 7011, an sFlow sample, packets of a capture summed up).
struct Flow {
  Time begin;  // first packet, by the exporter's clock corrected to ours
  Time end;    // last packet
  IpAddress source;
  IpAddress destination;
  uint16_t source_port = 0;
  uint16_t destination_port = 0;  // of ICMP: type * 256 + code
  uint8_t protocol = 0;           // IANA: 6 TCP, 17 UDP
  uint8_t tcp_flags = 0;          // all seen, or'ed (FIN 1, SYN 2, RST 4, PSH 8, ACK 16)
  bool flags_known = false;       // the exporter says them
  uint64_t packets = 0;           // as exported; of a sampled flow multiply by `sampling`
  uint64_t bytes = 0;
  uint32_t sampling = 1;          // 1 in this many packets was looked at; 1 = all of them
  bool smtp = false;              // its source greeted a mail server in it, whatever the port
  SignIn sign_in = SignIn::none;  // by its source
  bool operator==(const Flow&) const = default;
  PN_FIELDS(begin, end, source, destination, source_port, destination_port, protocol, tcp_flags, flags_known, packets,
            bytes, sampling, smtp, sign_in)
};

// One question a client asked a resolver, with the answer's code where it was seen. Only MX questions and names that
// look like mail servers are kept by live inputs.
struct DnsQuestion {
  Time at;
  IpAddress client;
  uint16_t type = 0;  // IANA: 1 A, 15 MX, 28 AAAA
  std::string name;   // lower case, without the last dot
  bool answered = false;
  uint8_t rcode = 0;  // when answered: 0 NOERROR, 3 NXDOMAIN
  bool operator==(const DnsQuestion&) const = default;
  PN_FIELDS(at, client, type, name, answered, rcode)
};

}  // namespace postern::model
