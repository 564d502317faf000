// SPDX-License-Identifier: Apache-2.0
// Changes of a session that is under way: CoA-Request and Disconnect-Request to a NAS, and its answers (RFC 5176).
// Pure; the answer is foreign bytes. A request always carries Event-Timestamp and Message-Authenticator; the latter is
// computed with an authenticator of zeros (RFC 5176 section 3.4), that of an answer with the request's authenticator
// (RFC 3579 section 3.2). A packet that is sent again is the same bytes (RFC 5080 section 2.2.1); a new Event-Timestamp
// makes it another request with another identifier (RFC 5176 section 2.3).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/codec.h"
#include "model/radius_attribute.h"
#include "wire/radius/packet.h"

namespace postern::wire {

PN_ENUM(DynAuthVerb, coa, disconnect)

struct DynAuthRequest {
  DynAuthVerb verb = DynAuthVerb::coa;
  uint8_t id = 0;
  uint32_t timestamp = 0;  // UNIX seconds
  // Identification of NAS and session, then what is to change; neither Event-Timestamp nor Message-Authenticator.
  std::vector<model::RadiusAttribute> attributes;
  bool operator==(const DynAuthRequest&) const = default;
  PN_FIELDS(verb, id, timestamp, attributes)
};

struct DynAuthAnswer {
  uint8_t id = 0;
  DynAuthVerb verb = DynAuthVerb::coa;
  bool ack = false;
  std::optional<uint32_t> error_cause;  // RFC 5176 section 3.5
  std::optional<uint32_t> timestamp;    // Event-Timestamp: the NAS's clock
  bool authenticated_twice = false;     // it had a Message-Authenticator, too
  bool operator==(const DynAuthAnswer&) const = default;
};

// Errc::limit: more attributes than a packet holds.
[[nodiscard]] Result<Bytes> encode_dynauth_request(const DynAuthRequest& request, std::string_view secret);

// Errc::denied: the Response Authenticator or a Message-Authenticator does not fit secret and request. Errc::bad_input:
// no answer to such a request, or signed well and broken.
[[nodiscard]] Result<DynAuthAnswer> decode_dynauth_answer(ByteView datagram, const RadiusAuthenticator& of_request,
                                                          std::string_view secret);

// For tests and probes: what a NAS would do with the request, and its answer.
[[nodiscard]] Result<DynAuthRequest> decode_dynauth_request(ByteView datagram, std::string_view secret);
[[nodiscard]] Bytes encode_dynauth_answer(const DynAuthAnswer& answer, const RadiusAuthenticator& of_request,
                                          std::string_view secret);

// What a NAS means by an Error-Cause, and what is left to do.
//   done    it is so, or there is nothing to do it to
//   again   it may go later: the same request, after a pause
//   other   not this way: the next method
//   gone    the NAS has no such session: no method will find it
PN_ENUM(CauseNext, done, again, other, gone)
struct ErrorCause {
  uint32_t number = 0;
  std::string_view name;
  std::string_view meaning;  // a clause for people
  CauseNext next = CauseNext::other;
};
// Unknown numbers, and a NAK without one (0), are `other`.
[[nodiscard]] ErrorCause error_cause(uint32_t number);

}  // namespace postern::wire
