// SPDX-License-Identifier: Apache-2.0
// MilterTalk: Postfix's milter events (wire/milter) for one session of an SMTP client, answered from the Judge: the
// same identity, limits and sentences as the policy server's. Judged are each recipient and the end of a message.
//
// What is asked for: the client's address and port, MAIL, RCPT (also those the server refused itself: they count as not
// existing), DATA and the end; of macros {daemon_port}, {auth_authen}, {tls_version}, {rcpt_mailer}. Never headers.
// Pieces of the body only where somebody's limit is one of size, and then their octets are counted and none is kept: a
// client need not say how large its message is (RFC 1870). What the server can leave unanswered it is asked to, so that
// a message costs one round trip a recipient and one at its end.
//
// A message lives in its session: who asks on this way has no `instance`, so each listener of Postfix must ask either
// so or as a policy client (postern relay check). When Postern goes away within a message, Postfix does for the rest of
// the session what milter_default_action says (examples/relay: accept); what was let pass until then stays counted,
// and nothing is counted as not existing for it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "edge/relay/judge.h"
#include "edge/relay/talk.h"
#include "wire/milter/frame.h"

namespace postern::edge::relay {

class MilterTalk final : public Talk {
 public:
  // `with_size`: somebody's mail is limited by its size.
  MilterTalk(Judge& judge, TalkStats& stats, bool with_size) : judge_(judge), stats_(stats), with_size_(with_size) {}
  [[nodiscard]] Result<bool> take(std::string_view& bytes, std::string& out, Time now) override;

 private:
  [[nodiscard]] Result<bool> see(const wire::MilterFrame& frame, std::string& out, Time now);
  [[nodiscard]] Status negotiate(std::string_view content, std::string& out);
  [[nodiscard]] Status note_macros(std::string_view content);
  [[nodiscard]] Status begin(std::string_view content, Time now);
  [[nodiscard]] Status recipient(std::string_view content, std::string& out, Time now);
  [[nodiscard]] Status end(std::string& out, Time now);
  void abandon(Time now);
  void answer(const Answer& answer, std::string& out, Time now);
  void carry_on(wire::MilterCommand command, std::string& out) const;
  [[nodiscard]] Ask ask() const;

  Judge& judge_;
  TalkStats& stats_;
  bool with_size_ = false;
  bool negotiated_ = false;
  uint32_t protocol_ = 0;  // what was agreed
  // Of the frame that is passed over.
  wire::MilterCommand passing_ = wire::MilterCommand::negotiate;
  bool is_passing_ = false;
  uint32_t left_ = 0;
  // Of the client.
  IpAddress client_;
  uint16_t client_port_ = 0;
  uint16_t port_ = 0;
  std::string account_;
  bool tls_ = false;
  // Of the message.
  bool in_message_ = false;
  bool refused_by_server_ = false;  // the recipient that comes next
  uint64_t promised_ = 0;
  uint64_t octets_ = 0;  // of the body
  uint32_t accepted_ = 0;
  Message message_;
};

}  // namespace postern::edge::relay
