// SPDX-License-Identifier: Apache-2.0
// Signing in at a mail server while nothing is encrypted: AUTH (RFC 4954) in a conversation on a mail port that the
// server began with 220. Told is that it happened, once for each connection, as a flow of the client
// (model::Flow::sign_in), at the time it gave away what it signs in with: the initial response of PLAIN (RFC 4616), or
// the answer to the last prompt of PLAIN or LOGIN; the same of XOAUTH2 and OAUTHBEARER (RFC 7628). Mechanisms that
// prove a password without showing it say nothing here, nor does an AUTH that the server refuses before that.
//
// Neither names nor passwords are read: of a line its verb, its mechanism and whether something follows, of an answer
// its first octet (a `*` takes the AUTH back). Kept of a conversation: addresses, ports, one number and where it
// stands, for kWithin from its greeting. The client's next octet is the one that is waited for, so that what looks like
// a command within a mail is none; from MAIL, a STARTTLS that is granted or anything unknown on the conversation is
// nothing to it.
//
// Both directions must be seen. Streams are not put together: a command that does not begin a segment, or follow
// another in it, is missed. Bounded: kTalksMax, of which the oldest gives way, counted. Pure; foreign bytes in.
#pragma once

#include <functional>
#include <string_view>

#include "model/flow.h"
#include "wire/traffic/packet/connection.h"

namespace postern::wire {

class SignIns {
 public:
  static constexpr Duration kWithin = seconds(60);
  static constexpr size_t kTalksMax = 8'192;
  using Emit = std::function<void(const model::Flow&)>;

  explicit SignIns(Emit emit) : emit_(std::move(emit)) {}

  // A packet of a mail port.
  void from_client(Time at, const PacketHeaders& packet);
  void from_server(Time at, const PacketHeaders& packet);
  [[nodiscard]] size_t talks() const { return talks_.size(); }
  [[nodiscard]] uint64_t found() const { return found_; }
  [[nodiscard]] uint64_t forgotten_early() const { return talks_.forgotten_early(); }

 private:
  enum class Next : uint8_t { command, prompt, answer, encryption };  // prompt and encryption: the server speaks
  struct Talk {
    Time at;
    uint32_t expects = 0;  // of the client
    Next next = Next::command;
    uint8_t answers = 0;  // until all is given away
    model::SignIn gives = model::SignIn::none;
  };
  // What is to be done with the conversation.
  enum class Then : uint8_t { go_on, forget, tell };
  [[nodiscard]] static Then on_commands(Talk& talk, std::string_view said);
  [[nodiscard]] static Then on_command(Talk& talk, std::string_view line);
  [[nodiscard]] static Then on_auth(Talk& talk, std::string_view arguments);
  [[nodiscard]] static Then on_answer(Talk& talk, char first);
  void tell(Time at, const PacketHeaders& packet, model::SignIn gave);

  Emit emit_;
  Lately<Talk> talks_{kWithin, kTalksMax};
  uint64_t found_ = 0;
};

}  // namespace postern::wire
