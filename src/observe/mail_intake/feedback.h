// SPDX-License-Identifier: Apache-2.0
// What a mail to the report address or to a trap says of this network. Pure.
//
// A report counts when our own relay says who sent it: in an Authentication-Results field of our authserv-id (RFC 8601
// section 5), at the top of the header, where a DKIM signature or SPF passes for a domain that the operator listed.
// What it is about: Source-IP, Source-Port and Arrival-Date for what a line handed to the receiver itself; for what
// went through our relay, the Received that the relay wrote into it: who signed in, or whose queue id it was, or from
// where. Below the first field that a foreign server could have written nothing is looked at. Of the mail itself
// nothing is kept.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fold/outside/outside.h"
#include "model/observation.h"
#include "wire/mail/heard_mail.h"

namespace postern::observe::mail_intake {

struct Trusted {
  std::vector<std::string> reporters;    // domains, lower case as all names here
  std::string authserv_id;               // empty = nobody is proven
  std::vector<std::string> received_by;  // our mail servers, as they call themselves
  std::vector<Prefix> relay;             // their addresses
  std::vector<Prefix> network;           // of the lines
  fold::Outside outside;
  // Of an outside address of a NAT that logs: who had the port then, or nobody that is known ({}); nullopt = of no such
  // NAT. Null: there are none.
  std::function<std::optional<IpAddress>(const IpAddress& outside, uint16_t port, Time at)> logged_behind = nullptr;
  // Who sent the message of that queue id through the relay; empty = not known (any more).
  std::function<std::string(std::string_view queue_id)> account_of = nullptr;
};

//   unproven      no field of ours says who sent it
//   unlisted      it is proven whose it is, and the operator listed somebody else
//   no_complaint  of a type that accuses nobody: not-spam, opt-out, authentication failures
//   not_whole     no report in it, or one that cannot be read
//   no_time       when the mail was there is not said, and addresses change hands
//   not_ours      about an address of somebody else, or a mail of ours that does not say whose
//   shared        about an address that lines share, without the port, or nobody knows who had it then
//   again         of a report that was heard before (said by the room, not here)
PN_ENUM(Fate, taken, unproven, unlisted, no_complaint, not_whole, no_time, not_ours, shared, again)

struct Word {
  Fate fate = Fate::unproven;
  std::string who;              // the reporter, once it is proven
  model::ObservationBody body;  // taken: Complaint or TrapHit
  uint64_t mark = 0;            // the same report has the same; 0 = none
};

[[nodiscard]] Word word_of_report(const wire::HeardMail& mail, std::string_view message, const Trusted& trusted);
// `trap`: lower case. The time is the relay's, and `now` where it says none.
[[nodiscard]] Word word_of_trap(std::string_view trap, std::string_view message, const Trusted& trusted, Time now);

}  // namespace postern::observe::mail_intake
