// SPDX-License-Identifier: Apache-2.0
// One dnstap payload (dnstap.proto, protocol buffers wire format) as a question of a client and its answer's code. Only
// CLIENT_RESPONSE is read: it has both. Of its DNS message the question's type is looked at first; what is neither MX
// nor A or AAAA is left undecoded. Pure; foreign bytes in; nothing is kept of it but what comes out.
#pragma once

#include <optional>

#include "base/codec.h"
#include "base/result.h"
#include "model/flow.h"

namespace postern::wire {

struct Dnstap {
  std::optional<model::DnsQuestion> question;  // of a type that is wanted
  bool response = false;                       // a CLIENT_RESPONSE, of whatever type
};

[[nodiscard]] Result<Dnstap> decode_dnstap(ByteView payload);
// As a resolver sends it, for tests and probes.
[[nodiscard]] Bytes encode_dnstap(const model::DnsQuestion& question);

}  // namespace postern::wire
